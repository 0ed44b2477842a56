// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// WorkerOptions say how a worker works.
type WorkerOptions struct {
	// Queues it works for: 1 to 16. The first one that has tasks is served first, unless there are
	// Weights.
	Queues []string
	// Handlers do the tasks, by kind: 1 to 256.
	Handlers map[string]Handler
	// Concurrency is how many tasks it does at the same time: 1 to 500, 10 by default. As many more
	// are fetched ahead.
	Concurrency int
	// Lease is how long a task stays with it when its server dies: 3 s to 1 h, 30 s by default.
	Lease time.Duration
	// Weights make the queues peers, served by lot in proportion: one of 1 to 100 for each.
	Weights []int32
	// Patience is how long stopping waits for the tasks being done; 30 s by default.
	Patience time.Duration
}

// worker does tasks: what it has is in workertasks.go, what it says in workcall.go.
type worker struct {
	queues  *Queues
	options WorkerOptions
	tasks   context.Context // of the handlers, without what ends a single one
	stop    context.CancelFunc
	idle    chan struct{} // closed when it is stopping and has nothing more to do or say

	impatient chan struct{} // closed when it has been stopping for too long
	log       streamLog

	mu       sync.Mutex
	call     *workCall
	stopping bool
	running  int
	known    map[string]*Task // by id: those being done, and those to be done
	waiting  []*Task          // to be done; some may be lost by now
	// How tasks ended that the server has not answered, by task. It is said again on every new
	// call: saying it twice does no harm.
	unsettled map[string]*queuesv1.WorkRequest
}

// Work does tasks until ctx ends. Then it begins no more, waits for those being done and says how
// they ended, and returns nil; tasks that take longer than the options have patience for, and those
// not begun, go to other workers. A call that breaks is opened again at whatever server; tasks that
// are being done are taken along.
//
// Work returns an error when the options are not allowed, when its patience ends, and [ErrClosed]
// when the client is closed.
func (q *Queues) Work(ctx context.Context, options WorkerOptions) error {
	if len(options.Handlers) == 0 {
		return errors.New("quoin: a worker needs a handler")
	}
	if options.Concurrency == 0 {
		options.Concurrency = 10
	}
	if options.Lease == 0 {
		options.Lease = 30 * time.Second
	}
	if options.Patience == 0 {
		options.Patience = 30 * time.Second
	}
	// The caller may change its own.
	options.Queues, options.Handlers = slices.Clone(options.Queues), maps.Clone(options.Handlers)
	options.Weights = slices.Clone(options.Weights)
	w := &worker{
		queues: q, options: options,
		idle: make(chan struct{}), impatient: make(chan struct{}),
		log:   streamLog{core: q.core, stream: "work of " + strings.Join(options.Queues, ", ")},
		known: map[string]*Task{}, unsettled: map[string]*queuesv1.WorkRequest{},
	}
	w.tasks, w.stop = context.WithCancel(context.WithoutCancel(ctx))
	defer w.stop()
	end, err := q.core.begin(w.finish)
	if err != nil {
		return err
	}
	defer end()

	unbind := context.AfterFunc(ctx, w.finish)
	defer unbind()
	err = w.run()
	if err == nil && ctx.Err() == nil {
		return ErrClosed
	}
	return err
}

// run carries out one call after the other until the worker has stopped, or makes no sense.
func (w *worker) run() error {
	ctx, cancel := w.queues.core.bound(w.tasks)
	defer cancel()
	var pause pauses
	for {
		err := w.converse(ctx, &pause)
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
	case codes.InvalidArgument, codes.PermissionDenied, codes.Unauthenticated, codes.Unimplemented:
		return true
	default:
		return errors.Is(err, ErrClosed)
	}
}

func (w *worker) abandoned() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return fmt.Errorf("quoin: %d tasks are still being done and go to other workers, too", w.running)
}
