// SPDX-License-Identifier: Apache-2.0

// Package quoin is the Go client of Quoin, one gRPC server for what teams otherwise build by hand
// on Redis: locks, semaphores, queues, chat, logs, configuration, counters and stats.
//
// A [Client] is made with [Dial], once per process and namespace. Its fields are the services that
// have helpers; the generated stubs of every service are there, too, and share its connection.
//
// Failures of calls are of type [*Error]; see there for how to tell them apart.
package quoin

import (
	"cmp"
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	adminv1 "github.com/quoin-dev/quoin/clients/go/admin/v1"
	errorsv1 "github.com/quoin-dev/quoin/clients/go/errors/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
)

// Client is a connection to the servers of Quoin, for one namespace. It connects when it is first
// used, and is safe for use by several goroutines. Close it at the end.
type Client struct {
	// Locks gives one caller at a time, or readers together, the right to work on something.
	Locks *Locks
	// Semaphores lets at most so many work on something at the same time.
	Semaphores *Semaphores
	// Queues keeps work for later and hands it to workers.
	Queues *Queues
	// Logs shows what happens now.
	Logs *Logs
	// Config has configuration, maintenance and discovery.
	Config *Config
	// Counters counts what happens, as time series.
	Counters *Counters
	// Stats has figures of measured values.
	Stats *Stats

	conn      *grpc.ClientConn
	address   string // as the caller wrote it
	namespace string
	deadline  time.Duration
	logger    *slog.Logger    // nil for slog.Default
	running   context.Context // ends with the client
	stop      context.CancelFunc
	closed    atomic.Bool
	ended     chan struct{}

	mu      sync.Mutex
	closing bool
	open    map[closer]struct{}
}

// closer is something that is open on a client and is ended with it, at the latest.
type closer interface {
	// close ends it, and returns when that is done or ctx ends.
	close(ctx context.Context)
}

// Dial makes a client of the servers at an address: host:port, or several such separated by commas,
// which share the calls; the port is 7400 when left out, and "" is localhost:7400. All addresses
// of a host are used. A gRPC target such as dns:///quoin:7400 or unix:/run/quoin goes as well.
//
// Dial does not wait for a connection: that a server cannot be reached shows when it is called.
func Dial(address string, options ...Option) (*Client, error) {
	target, err := targetOf(address)
	if err != nil {
		return nil, err
	}
	s := defaults()
	for _, option := range options {
		option(&s)
	}
	c := &Client{
		address:   cmp.Or(address, defaultHost),
		namespace: s.namespace,
		deadline:  s.deadline,
		logger:    s.logger,
		ended:     make(chan struct{}),
		open:      map[closer]struct{}{},
	}
	c.running, c.stop = context.WithCancel(context.Background())
	c.conn, err = grpc.NewClient(target, s.dialOptions(c)...)
	if err != nil {
		c.stop()
		return nil, err
	}
	go c.watchConnection()
	c.Locks = newLocks(c)
	c.Semaphores = newSemaphores(c)
	c.Queues = newQueues(c)
	c.Logs = newLogs(c)
	c.Config = newConfig(c)
	c.Counters = newCounters(c)
	c.Stats = newStats(c)
	return c, nil
}

// Conn is the connection, for generated stubs. Calls over it carry the namespace, get the default
// deadline when their context has none, carry a request id where the request has room for one, are
// repeated where that is safe, and fail with [*Error]. It ends with the client.
func (c *Client) Conn() grpc.ClientConnInterface { return c.conn }

// Admin is the generated stub of the service that lists the namespaces.
func (c *Client) Admin() adminv1.AdminClient { return adminv1.NewAdminClient(c.conn) }

// Errors is the generated stub of the service that lists all reasons.
func (c *Client) Errors() errorsv1.ErrorsClient { return errorsv1.NewErrorsClient(c.conn) }

// Close gives back all that is held, stops workers and recorders after they have said what they
// have to say, all within the client's deadline, and then ends the connection and every call that
// is still open. What could not be given back ends with its lease. Closing again does nothing.
func (c *Client) Close() error {
	c.mu.Lock()
	if c.closing {
		c.mu.Unlock()
		<-c.ended
		return nil
	}
	c.closing = true
	open := make([]closer, 0, len(c.open))
	for one := range c.open {
		open = append(open, one)
	}
	c.mu.Unlock()
	defer close(c.ended)

	ctx, cancel := context.WithTimeout(context.Background(), c.deadline)
	defer cancel()
	var all sync.WaitGroup
	for _, one := range open {
		all.Add(1)
		go func() {
			defer all.Done()
			one.close(ctx)
		}()
	}
	all.Wait()
	c.closed.Store(true)
	c.stop()
	return c.conn.Close()
}

// watchConnection logs when the connection is lost and when it is back, one line each.
func (c *Client) watchConnection() {
	lost := false
	for state := c.conn.GetState(); ; state = c.conn.GetState() {
		switch {
		case state == connectivity.TransientFailure && !lost:
			lost = true
			c.log().Warn("quoin: no connection; trying again until there is one", "address", c.address)
		case state == connectivity.Ready && lost:
			lost = false
			c.log().Info("quoin: connected again", "address", c.address)
		}
		if !c.conn.WaitForStateChange(c.running, state) {
			return
		}
	}
}

// opened notes what is to be closed with the client; it fails when the client closes already.
func (c *Client) opened(one closer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	c.open[one] = struct{}{}
	return nil
}

func (c *Client) forget(one closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, one)
}

// bound is a context that ends with the client, too; then its cause is ErrClosed.
func (c *Client) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	bound, cancel := context.WithCancelCause(ctx)
	unbind := context.AfterFunc(c.running, func() { cancel(ErrClosed) })
	return bound, func() {
		unbind()
		cancel(nil)
	}
}
