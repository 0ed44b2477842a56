// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
)

// finish begins no more tasks.
func (w *worker) finish() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping {
		return
	}
	w.stopping = true
	time.AfterFunc(w.options.Patience, func() { close(w.impatient) })
	for _, task := range w.waiting {
		delete(w.known, task.ID())
		task.end(nil)
	}
	w.waiting = nil
	w.endIfIdle()
}

// endIfIdle ends a stopping worker that has nothing more to do or say. Called with the lock held.
func (w *worker) endIfIdle() {
	if w.stopping && w.running == 0 && len(w.unsettled) == 0 {
		select {
		case <-w.idle:
		default:
			close(w.idle)
		}
	}
}

// take gets a task.
func (w *worker) take(leased *queuesv1.LeasedTask) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.stopping {
		return
	}
	task := &Task{leased: leased, worker: w}
	task.ctx, task.end = context.WithCancelCause(w.tasks)
	w.known[task.ID()] = task
	w.waiting = append(w.waiting, task)
	w.begin()
}

// begin begins as many tasks as may be done at the same time. Called with the lock held.
func (w *worker) begin() {
	for w.running < w.options.Concurrency && len(w.waiting) > 0 {
		task := w.waiting[0]
		w.waiting = w.waiting[1:]
		if w.known[task.ID()] != task { // it was lost meanwhile
			w.sayNow(credits(1))
			continue
		}
		w.running++
		w.sayNow(&queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Started_{
			Started: &queuesv1.WorkRequest_Started{TaskIds: []string{task.ID()}},
		}})
		go w.do(task)
	}
}

// do does a task.
func (w *worker) do(task *Task) {
	outcome := task.failed("the handler ended its goroutine")
	// Deferred, because the handler may do so.
	defer func() { w.did(task, outcome) }()
	outcome = w.outcome(task)
}

// did says how a task ended.
func (w *worker) did(task *Task, outcome *queuesv1.WorkRequest) {
	task.end(nil)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running--
	if w.known[task.ID()] == task {
		delete(w.known, task.ID())
		w.unsettled[task.ID()] = outcome
		w.sayNow(outcome)
	} else { // it was lost: nobody wants to know
		w.sayNow(credits(1))
		w.endIfIdle()
	}
	w.begin()
}

func (w *worker) outcome(task *Task) (outcome *queuesv1.WorkRequest) {
	defer func() {
		if cause := recover(); cause != nil {
			outcome = task.failed(fmt.Sprintf("panic: %s\n%s", textOf(cause), debug.Stack()))
		}
	}()
	handler := w.options.Handlers[task.Kind()]
	if handler == nil {
		return task.failed(fmt.Sprintf("no handler for %q", task.Kind()))
	}
	result, err := handler(task.ctx, task)
	switch {
	case err != nil:
		return task.failedWith(err)
	case len(result) > longestResult:
		return task.failedWith(
			Dead(fmt.Errorf("a result of %d bytes, more than %d", len(result), longestResult)))
	default:
		return task.done(result)
	}
}

// end ends the context of a task because of what the server said.
func (w *worker) end(taskID, token string, cause error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	task := w.known[taskID]
	if task == nil || task.leased.GetToken() != token {
		return
	}
	task.end(cause)
	if cause == ErrTaskLost {
		delete(w.known, taskID)
	}
}

// settled notes what became of something that was said about a task.
func (w *worker) settled(outcome *queuesv1.Outcome) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.unsettled[outcome.GetTaskId()] == nil || outcome.GetExpireTime() != nil {
		return // about progress
	}
	delete(w.unsettled, outcome.GetTaskId())
	if !w.stopping {
		w.sayNow(credits(1))
	}
	w.endIfIdle()
}
