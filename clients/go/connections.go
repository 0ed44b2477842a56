// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"encoding/binary"
	"errors"
	"math"
	"net"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
)

const (
	mostConnections = 64
	// callsAtFirst is how many calls a connection gets before its server has said how many it takes.
	callsAtFirst = 100
)

// connections is what all calls go over: one connection to the servers, and further ones while the
// servers take no more calls over those there are. Without them gRPC would hold calls back, among
// them the renewals of what a thousand open streams hold.
type connections struct {
	target  string
	options []grpc.DialOption
	limit   atomic.Int64 // how many calls servers take over one connection

	mu     sync.Mutex
	all    []*connection
	closed bool
}

// connection is a connection and how many calls are under way over it.
type connection struct {
	*grpc.ClientConn
	calls int64
}

func connect(
	target string, transport credentials.TransportCredentials, options []grpc.DialOption,
) (*connections, error) {
	c := &connections{target: target}
	c.limit.Store(callsAtFirst)
	c.options = append(options, grpc.WithTransportCredentials(limitReading{transport, &c.limit}))
	conn, err := grpc.NewClient(target, c.options...)
	c.all = []*connection{{ClientConn: conn}}
	return c, err
}

func (c *connections) first() *grpc.ClientConn { return c.all[0].ClientConn }

// Invoke makes a unary call.
func (c *connections) Invoke(
	ctx context.Context, method string, request, reply any, options ...grpc.CallOption,
) error {
	conn := c.take()
	defer c.giveBack(conn)
	return conn.Invoke(ctx, method, request, reply, options...)
}

// NewStream opens a stream.
func (c *connections) NewStream(
	ctx context.Context, description *grpc.StreamDesc, method string, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	conn := c.take()
	over := sync.OnceFunc(func() { c.giveBack(conn) })
	options = append(options[:len(options):len(options)], grpc.OnFinish(func(error) { over() }))
	stream, err := conn.NewStream(ctx, description, method, options...)
	if err != nil {
		over()
	}
	return stream, err
}

// take is the connection for a call: the first one that has room, or the emptiest one.
func (c *connections) take() *connection {
	c.mu.Lock()
	defer c.mu.Unlock()
	taken, limit := c.all[0], c.limit.Load()
	for _, conn := range c.all {
		if conn.calls < limit {
			taken = conn
			break
		}
		if conn.calls < taken.calls {
			taken = conn
		}
	}
	if taken.calls >= limit && len(c.all) < mostConnections && !c.closed {
		if conn, err := grpc.NewClient(c.target, c.options...); err == nil {
			taken = &connection{ClientConn: conn}
			c.all = append(c.all, taken)
		}
	}
	taken.calls++
	return taken
}

func (c *connections) giveBack(conn *connection) {
	c.mu.Lock()
	defer c.mu.Unlock()
	conn.calls--
}

func (c *connections) close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	var failures []error
	for _, conn := range c.all {
		failures = append(failures, conn.Close())
	}
	return errors.Join(failures...)
}

// limitReading finds out how many calls a server takes over a connection, which gRPC does not tell:
// it is in the first frame that the server sends, after the handshake of TLS if there is one.
type limitReading struct {
	credentials.TransportCredentials
	limit *atomic.Int64
}

func (l limitReading) Clone() credentials.TransportCredentials {
	return limitReading{l.TransportCredentials.Clone(), l.limit}
}

func (l limitReading) ClientHandshake(
	ctx context.Context, authority string, raw net.Conn,
) (net.Conn, credentials.AuthInfo, error) {
	conn, info, err := l.TransportCredentials.ClientHandshake(ctx, authority, raw)
	if err == nil {
		conn = &settingsReading{Conn: conn, limit: l.limit}
	}
	return conn, info, err
}

// settingsReading looks at the SETTINGS frame of HTTP/2 with which every server begins.
type settingsReading struct {
	net.Conn
	limit *atomic.Int64
	frame []byte // what was read of it; used by the one goroutine that reads
	known bool
}

const (
	frameHeader = 9
	// mostCallsSetting is SETTINGS_MAX_CONCURRENT_STREAMS.
	mostCallsSetting = 3
)

func (s *settingsReading) Read(into []byte) (int, error) {
	count, err := s.Conn.Read(into)
	if !s.known {
		s.look(into[:count])
	}
	return count, err
}

func (s *settingsReading) look(read []byte) {
	s.frame = append(s.frame, read...)
	if len(s.frame) < frameHeader {
		return
	}
	end := frameHeader + int(s.frame[0])<<16 + int(s.frame[1])<<8 + int(s.frame[2])
	if len(s.frame) < end {
		return
	}
	limit := int64(math.MaxInt64)
	for at := frameHeader; at+6 <= end; at += 6 {
		if binary.BigEndian.Uint16(s.frame[at:]) == mostCallsSetting {
			limit = max(1, int64(binary.BigEndian.Uint32(s.frame[at+2:])))
		}
	}
	s.limit.Store(limit)
	s.known, s.frame = true, nil
}
