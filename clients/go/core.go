// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/connectivity"
)

// clientCore is what all helpers of a client share: the connections, the settings, and what is open
// and ends with the client.
type clientCore struct {
	connections *connections
	address     string // as the caller wrote it
	namespace   string
	deadline    time.Duration
	logger      *slog.Logger    // nil for slog.Default
	token       *tokenSource    // nil for none
	running     context.Context // ends with the client
	stop        context.CancelFunc
	closed      atomic.Bool
	ended       chan struct{}

	mu      sync.Mutex
	closing bool
	open    map[closer]struct{}
}

// closer is something that is open on a client and is ended with it, at the latest.
type closer interface {
	// close ends it, and returns when that is done or ctx ends.
	close(ctx context.Context)
}

// close ends everything that is open, then the connections.
func (c *clientCore) close() error {
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
	return c.connections.close()
}

// watchConnection logs when the connection is lost and when it is back, one line each.
func (c *clientCore) watchConnection(conn *grpc.ClientConn) {
	lost := false
	for state := conn.GetState(); ; state = conn.GetState() {
		switch {
		case state == connectivity.TransientFailure && !lost:
			lost = true
			c.log().Warn("quoin: no connection; trying again until there is one", "address", c.address)
		case state == connectivity.Ready && lost:
			lost = false
			c.log().Info("quoin: connected again", "address", c.address)
		}
		if !conn.WaitForStateChange(c.running, state) {
			return
		}
	}
}

// opened notes what is to be closed with the client; it fails when the client closes already.
func (c *clientCore) opened(one closer) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return ErrClosed
	}
	c.open[one] = struct{}{}
	return nil
}

func (c *clientCore) forget(one closer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.open, one)
}

// bound is a context that ends with the client, too; then its cause is ErrClosed.
func (c *clientCore) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	bound, cancel := context.WithCancelCause(ctx)
	unbind := context.AfterFunc(c.running, func() { cancel(ErrClosed) })
	return bound, func() {
		unbind()
		cancel(nil)
	}
}

// job is work in the background that the end of the client waits for.
type job struct {
	stop func() // asks it to end sooner; may be nil
	done chan struct{}
}

// begin notes a job; it is over when end is called.
func (c *clientCore) begin(stop func()) (end func(), err error) {
	j := &job{stop, make(chan struct{})}
	if err := c.opened(j); err != nil {
		return nil, err
	}
	return func() {
		close(j.done)
		c.forget(j)
	}, nil
}

func (j *job) close(ctx context.Context) {
	if j.stop != nil {
		j.stop()
	}
	select {
	case <-j.done:
	case <-ctx.Done():
	}
}
