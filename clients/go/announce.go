// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"sync"

	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
)

// ErrReplaced: somebody else announced an instance of the same name.
var ErrReplaced = errors.New("quoin: somebody else announced this instance")

// Announcement is an instance of a service that is known as long as this is open, whichever server
// has the call. It is announced again when a server goes away; within its lease nobody sees a
// difference.
type Announcement struct {
	core    *clientCore
	stub    configv1.ConfigClient
	running context.Context // ends with the announcement
	stop    context.CancelFunc

	mu      sync.Mutex
	request *configv1.AnnounceRequest
	call    *announceCall
	err     error
	over    bool
}

// announceCall is an announcement as it was last made.
type announceCall struct {
	cancel context.CancelFunc
	known  chan struct{} // closed when the instance is known, or never will be
	ended  chan struct{}
}

// Announce makes an instance of a service known, under a name of its own when the request has none. It
// fails with [ErrClosed] when the client is closed; [Announcement.Ready] says whether the instance is
// known.
func (c *Config) Announce(request *configv1.AnnounceRequest) (*Announcement, error) {
	a := &Announcement{core: c.core, stub: c.ConfigClient}
	a.running, a.stop = context.WithCancel(c.core.running)
	a.request = with(request, func(named *configv1.AnnounceRequest) {
		if named.Instance == "" {
			named.Instance = newID()
		}
	})
	if err := c.core.opened(a); err != nil {
		a.stop()
		return nil, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.announce()
	return a, nil
}

// Instance is the name of the instance.
func (a *Announcement) Instance() string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.request.GetInstance()
}

// Ready waits until the instance is known as it was last announced. It fails when it cannot be, and
// with [ErrReplaced] when somebody else has announced an instance of the same name.
func (a *Announcement) Ready(ctx context.Context) error {
	a.mu.Lock()
	known := a.call.known
	a.mu.Unlock()
	select {
	case <-known:
		return a.Err()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Err is why the instance is not announced any more, and nil while it is.
func (a *Announcement) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Drain says that the instance is about to go; it stays known until it is closed.
func (a *Announcement) Drain() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over || a.request.GetDraining() {
		return
	}
	a.request = with(a.request, func(draining *configv1.AnnounceRequest) { draining.Draining = true })
	a.announce()
}

// Close takes the instance away.
func (a *Announcement) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), a.core.deadline)
	defer cancel()
	a.close(ctx)
	return nil
}

func (a *Announcement) close(ctx context.Context) {
	a.mu.Lock()
	a.over = true
	call := a.call
	a.mu.Unlock()
	a.stop()
	select {
	case <-call.ended:
	case <-ctx.Done():
	}
	a.core.forget(a)
}

// announce makes a new call, which takes the instance over from the one before; that ends only
// then. Called with the lock held.
func (a *Announcement) announce() {
	ctx, cancel := context.WithCancel(a.running)
	before, request := a.call, a.request
	call := &announceCall{cancel, make(chan struct{}), make(chan struct{})}
	a.call = call
	go func() {
		defer close(call.ended)
		responses := &resumableStream[*configv1.AnnounceRequest, configv1.AnnounceResponse]{
			core: a.core, open: a.stub.Announce, request: request,
		}
		for message, err := range responses.all(ctx) {
			switch {
			case err != nil:
				a.end(call, err)
				return
			case message.GetAnnounced() != nil:
				if before != nil {
					before.cancel()
				}
				call.tell()
			case message.GetReplaced() != nil:
				a.end(call, ErrReplaced)
				return
			}
		}
	}()
}

// end notes why a call ended, unless it was for a newer one.
func (a *Announcement) end(call *announceCall, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.call == call && a.err == nil {
		a.err = err
		a.over = true
		a.stop()
		a.core.forget(a)
	}
	call.tell()
}

// tell is called by the goroutine of the call only.
func (c *announceCall) tell() {
	select {
	case <-c.known:
	default:
		close(c.known)
	}
}
