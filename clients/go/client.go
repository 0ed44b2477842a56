// SPDX-License-Identifier: Apache-2.0

// Package quoin is the Go client of Quoin, one gRPC server for what teams otherwise build by hand
// on Redis: locks, semaphores, queues, chat, logs, configuration, counters, stats and more.
//
// A [Client] is made with [Dial], once per process and namespace. It has a field for every service:
// the generated client, whose methods are the RPCs. Where a program has to keep state over time (a
// lease to renew, a stream to resume, tasks to carry out, values to collect) the field is a helper
// that embeds the generated client and adds to it:
//
//	client.Locks.Get(ctx, &locksv1.GetRequest{Name: "report"})   // an RPC
//	client.Locks.Acquire(ctx, "report", quoin.LockOptions{})     // a helper
//
// A helper that drives one RPC has its name and stands in its place; the RPC itself remains at the
// embedded client, for example client.Locks.LocksClient.Acquire. [Stream] and [Pages] serve the
// streams and lists of all services.
//
// Failures of calls are of type [*Error]; see there for how to tell them apart.
package quoin

import (
	"cmp"
	"context"
	"fmt"

	"google.golang.org/grpc"
)

// Client is a connection to the servers of Quoin, for one namespace. It connects when it is first
// used, and is safe for use by several goroutines. Close it at the end.
type Client struct {
	Services
	core *clientCore
}

// Dial makes a client of the servers at an address: host:port, or several such separated by commas,
// which share the calls; the port is 7400 when left out, and "" is localhost:7400. All addresses
// of a host are used. A gRPC target such as dns:///quoin:7400 or unix:/run/quoin works as well.
//
// Dial does not wait for a connection: whether a server can be reached shows in the first call.
func Dial(address string, options ...Option) (*Client, error) {
	target, err := targetOf(address)
	if err != nil {
		return nil, err
	}
	s := defaults()
	for _, option := range options {
		option(&s)
	}
	if s.token != nil && s.token.ask == nil && !isToken(s.token.fixed) {
		return nil, fmt.Errorf("quoin: %w", errNoToken)
	}
	c := &clientCore{
		address:   cmp.Or(address, defaultHost),
		namespace: s.namespace,
		deadline:  s.deadline,
		logger:    s.logger,
		token:     s.token,
		ended:     make(chan struct{}),
		open:      map[closer]struct{}{},
	}
	c.running, c.stop = context.WithCancel(context.Background())
	c.connections, err = connect(target, s.transport(), s.dialOptions(c))
	if err != nil {
		c.stop()
		return nil, err
	}
	go c.watchConnection(c.connections.first())
	return &Client{newServices(c), c}, nil
}

// Conn is the connection, for stubs that are generated elsewhere. Calls over it, as those of all
// fields, carry the namespace, get the default deadline when their context has none, carry a request
// id where the request has room for one, are repeated where that is safe, and fail with [*Error].
// When the server takes no more calls over one connection, a further one is opened. They end with
// the client.
func (c *Client) Conn() grpc.ClientConnInterface { return c.core.connections }

// Close gives back all that is held, stops workers and recorders once they have sent what they have,
// all within the client's deadline, and then ends the connection and every call that is still open.
// What could not be given back ends with its lease. Closing again does nothing.
func (c *Client) Close() error { return c.core.close() }
