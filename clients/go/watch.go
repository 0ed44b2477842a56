// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"
	"sync"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

// watch follows a stream in the background until it is closed, and knows how old what it told is.
type watch struct {
	client *Client
	cancel context.CancelFunc
	ready  chan struct{} // closed when everything was told, or nothing ever will be

	mu    sync.Mutex
	asOf  time.Time
	stale bool
	whole bool
	err   error
}

// begin takes the messages of a stream until the watch is closed.
func begin[R any](w *watch, messages func(ctx context.Context) iter.Seq2[*R, error], take func(*R)) {
	ctx, cancel := context.WithCancel(w.client.running)
	w.cancel = cancel
	w.ready = make(chan struct{})
	w.stale = true
	go func() {
		for message, err := range messages(ctx) {
			if err != nil {
				w.failed(err)
				return
			}
			take(message)
		}
	}()
}

// Ready waits until everything is known. It fails when ctx or the watch ends before, and with
// [ErrInvalidRequest] when there can be no such thing.
func (w *watch) Ready(ctx context.Context) error {
	select {
	case <-w.ready:
		w.mu.Lock()
		defer w.mu.Unlock()
		if w.whole {
			return nil
		}
		return w.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// AsOf is when what is known was last seen to be so, by the clock of Redis; the zero time before
// anything is known.
func (w *watch) AsOf() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.asOf
}

// Stale tells whether there may be changes that cannot be seen now.
func (w *watch) Stale() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stale
}

// Close ends the watch; what is known stays.
func (w *watch) Close() error {
	w.cancel()
	return nil
}

func (w *watch) told(asOf *timestamppb.Timestamp, stale bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asOf, w.stale = asOf.AsTime(), stale
}

// complete notes that everything is known.
func (w *watch) complete() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.whole {
		w.whole = true
		close(w.ready)
	}
}

func (w *watch) broken(error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stale = true
}

func (w *watch) failed(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stale, w.err = true, err
	if !w.whole {
		close(w.ready)
	}
}
