// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// workProtocol is what a service brings to its workers: which of its messages say what. Q is what a
// worker sends, R what it receives.
type workProtocol[Q, R any] struct {
	name    string // for the log
	connect func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Q, R], error)

	// open is the first message of a call: for how many items there is room, and those it has.
	open    func(credits int, held []*workItem) *Q
	credits func(count int) *Q
	started func(*workItem) *Q
	failed  func(item *workItem, text string) *Q
	// carryOut does the work and returns how it ended.
	carryOut func(*workItem) *Q
	news     func(*R) workNews
}

// workItem is an item of work that a worker has.
type workItem struct {
	id, token string
	task      any // what the service makes of it
	ctx       context.Context
	end       context.CancelCauseFunc
}

// workNews is what a server says.
type workNews struct {
	items   []*workItem // delivered: without a context yet
	settled []string    // ids of items of which it knows how they ended
	ends    []workEnd
}

// workEnd says that the work on an item is in vain.
type workEnd struct {
	id, token string
	cause     error
	lost      bool // somebody else may have it
}

// worker carries out items of work; how it talks to servers is in workercall.go.
type worker[Q, R any] struct {
	workProtocol[Q, R]
	core        *clientCore
	concurrency int
	patience    time.Duration
	working     context.Context // of all items, without what ends a single one
	idle        chan struct{}   // closed when it is stopping and has nothing more to do or say
	impatient   chan struct{}   // closed when it has been stopping for too long
	log         streamLog

	mu       sync.Mutex
	call     *workerCall[Q, R]
	stopping bool
	running  int
	known    map[string]*workItem // by id: those being carried out, and those waiting
	waiting  []*workItem          // some may be lost by now
	// How items ended that the server has not confirmed, by id. It is sent again on every new call:
	// sending it twice does no harm.
	unsettled map[string]*Q
}

// work carries out items until ctx ends, or the client, or further calls are in vain.
func (w *worker[Q, R]) work(ctx context.Context) error {
	w.idle, w.impatient = make(chan struct{}), make(chan struct{})
	w.log = streamLog{core: w.core, stream: w.name}
	w.known, w.unsettled = map[string]*workItem{}, map[string]*Q{}
	working, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	w.working = working
	end, err := w.core.begin(w.finish)
	if err != nil {
		return err
	}
	defer end()
	unbind := context.AfterFunc(ctx, w.finish)
	defer unbind()
	if err = w.run(); err == nil && ctx.Err() == nil {
		return ErrClosed
	}
	return err
}

// run makes one call after the other until the worker has stopped, or calls are in vain.
func (w *worker[Q, R]) run() error {
	ctx, cancel := w.core.bound(w.working)
	defer cancel()
	var pause pauses
	for {
		err := w.talk(ctx, &pause)
		select {
		case <-w.idle:
			return nil
		case <-w.impatient:
			return w.abandoned()
		case <-ctx.Done():
			return context.Cause(ctx)
		default:
		}
		if inVain(err) {
			return err
		}
		w.log.broken(err)
		select {
		case <-w.idle:
		case <-w.impatient:
		case <-pause.after():
		}
	}
}

// inVain tells whether another call would fail like this, too.
func inVain(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unimplemented:
		return true
	case codes.Unauthenticated:
		return !isOfCallback(err)
	default:
		return errors.Is(err, ErrClosed)
	}
}

func (w *worker[Q, R]) abandoned() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Errorf("quoin: %d tasks are still being carried out and go to other workers, too", w.running)
}

// finish begins nothing more.
func (w *worker[Q, R]) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping {
		return
	}
	w.stopping = true
	time.AfterFunc(w.patience, func() { close(w.impatient) })
	for _, item := range w.waiting {
		delete(w.known, item.id)
		item.end(nil)
	}
	w.waiting = nil
	w.endIfIdle()
}

// endIfIdle ends a stopping worker that has nothing more to do or say. Called with the lock held.
func (w *worker[Q, R]) endIfIdle() {
	if w.stopping && w.running == 0 && len(w.unsettled) == 0 {
		select {
		case <-w.idle:
		default:
			close(w.idle)
		}
	}
}

// hear takes what the server says.
func (w *worker[Q, R]) hear(news workNews) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, item := range news.items {
		if !w.stopping {
			item.ctx, item.end = context.WithCancelCause(w.working)
			w.known[item.id] = item
			w.waiting = append(w.waiting, item)
		}
	}
	w.begin()
	for _, id := range news.settled {
		if w.unsettled[id] != nil {
			delete(w.unsettled, id)
			if !w.stopping {
				w.send(w.credits(1))
			}
		}
	}
	for _, end := range news.ends {
		item := w.known[end.id]
		if item == nil || item.token != end.token {
			continue
		}
		item.end(end.cause)
		if end.lost {
			delete(w.known, end.id)
		}
	}
	w.endIfIdle()
}

// begin begins as many items as may be carried out at the same time. Called with the lock held.
func (w *worker[Q, R]) begin() {
	for w.running < w.concurrency && len(w.waiting) > 0 {
		item := w.waiting[0]
		w.waiting = w.waiting[1:]
		if w.known[item.id] != item { // it was lost meanwhile
			w.send(w.credits(1))
			continue
		}
		w.running++
		w.send(w.started(item))
		go w.do(item)
	}
}

// do carries out an item.
func (w *worker[Q, R]) do(item *workItem) {
	outcome := w.failed(item, "the handler ended its goroutine")
	// Deferred, because the handler may do so.
	defer func() { w.did(item, outcome) }()
	defer func() {
		if cause := recover(); cause != nil {
			outcome = w.failed(item, fmt.Sprintf("panic: %s\n%s", textOf(cause), debug.Stack()))
		}
	}()
	outcome = w.carryOut(item)
}

// did says how an item ended.
func (w *worker[Q, R]) did(item *workItem, outcome *Q) {
	item.end(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	if w.known[item.id] == item {
		delete(w.known, item.id)
		w.unsettled[item.id] = outcome
		w.send(outcome)
	} else { // it was lost: nobody wants to know
		w.send(w.credits(1))
		w.endIfIdle()
	}
	w.begin()
}
