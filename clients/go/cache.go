// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// cache is the latest state of what a stream watches, kept up to date in the background. While Quoin
// cannot be reached it keeps what it last knew: Stale says so, AsOf since when. Reading never blocks.
// Close it, or the client, when it is not needed any more.
type cache[V, C any] struct {
	cancel context.CancelFunc
	core   *clientCore
	ready  chan struct{} // closed when everything is known, or nothing ever will be

	mu        sync.RWMutex
	known     V // never changed, only replaced
	asOf      time.Time
	stale     bool
	whole     bool
	err       error
	listeners []func(C)
}

// startCache keeps the state that a stream tells. apply is the state after a response, and what
// changed by it.
func startCache[Q proto.Message, R, V, C any](
	stream *resumableStream[Q, R], apply func(response *R, before V) (now V, changes []C),
) *cache[V, C] {
	c := &cache[V, C]{core: stream.core, ready: make(chan struct{}), stale: true}
	stream.onConnection = func(_ error, connected bool) {
		if !connected {
			c.broken()
		}
	}
	ctx, cancel := context.WithCancel(stream.core.running)
	c.cancel = cancel
	go func() {
		for response, err := range stream.all(ctx) {
			if err != nil {
				c.failed(err)
				return
			}
			now, changes := apply(response, c.value())
			c.know(any(response).(proto.Message), now, changes)
		}
	}()
	return c
}

// Ready waits until everything is known. It fails when ctx or the watch ends before, and with
// [ErrInvalidRequest] when there can be no such thing.
func (c *cache[V, C]) Ready(ctx context.Context) error {
	select {
	case <-c.ready:
		c.mu.RLock()
		defer c.mu.RUnlock()
		if c.whole {
			return nil
		}
		return c.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// AsOf is when what is known was last known to be current, by the clock of Redis; the zero time before
// anything is known.
func (c *cache[V, C]) AsOf() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.asOf
}

// Stale reports whether there may be changes that cannot be seen now.
func (c *cache[V, C]) Stale() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.stale
}

// Close ends the watch; what is known stays.
func (c *cache[V, C]) Close() error {
	c.cancel()
	return nil
}

func (c *cache[V, C]) value() V {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.known
}

func (c *cache[V, C]) listen(listener func(C)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.listeners = append(c.listeners, listener)
}

// know takes over what a response says, and tells the listeners.
func (c *cache[V, C]) know(response proto.Message, now V, changes []C) {
	c.mu.Lock()
	c.known = now
	name, event := eventOf(response)
	if dated, ok := event.(interface{ GetAsOf() *timestamppb.Timestamp }); ok {
		unsure, may := event.(interface{ GetStale() bool })
		c.asOf, c.stale = dated.GetAsOf().AsTime(), may && unsure.GetStale()
	}
	if name == "snapshot" && !c.whole {
		c.whole = true
		close(c.ready)
	}
	listeners := c.listeners
	c.mu.Unlock()
	for _, change := range changes {
		for _, listener := range listeners {
			c.core.call("OnChange", func() { listener(change) })
		}
	}
}

func (c *cache[V, C]) broken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale = true
}

func (c *cache[V, C]) failed(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stale, c.err = true, err
	if !c.whole {
		close(c.ready)
	}
}
