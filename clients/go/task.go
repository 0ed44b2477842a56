// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	longestError    = 2048
	longestResult   = 64 * 1024
	longestProgress = 256
	longestRetry    = 7 * 24 * time.Hour
)

// Why the context of a handler ended, by [context.Cause].
var (
	// ErrTaskLost: the lease of the task is lost; another worker may have it.
	ErrTaskLost = errors.New("quoin: the lease of the task is lost")
	// ErrTaskCancelled: somebody cancelled the task.
	ErrTaskCancelled = errors.New("quoin: the task was cancelled")
)

// Handler does the tasks of one kind, and returns the result, of at most 64 KiB, for who waits for
// it. A task may be delivered more than once: when its worker dies, or loses its lease, after the
// work but before that is known. Doing it again must do no harm.
//
// An error means that the attempt failed: the task is tried again after its backoff, if it may be.
// [RetryAfter] and [Dead] say more. A panic is such an error, too, with the beginning of its stack,
// and so is a handler that ends its goroutine.
// The context ends when the task is lost or cancelled, and when the worker runs out of patience.
type Handler func(ctx context.Context, task *Task) ([]byte, error)

// Task is a task that a worker has.
type Task struct {
	leased *queuesv1.LeasedTask
	offer  func(*queuesv1.WorkRequest) // sends what need not arrive
}

// Queue it came from.
func (t *Task) Queue() string { return t.leased.GetQueue() }

// ID is the same for every delivery of the task: what makes doing it twice harmless.
func (t *Task) ID() string { return t.leased.GetTaskId() }

// Kind is what is to be done.
func (t *Task) Kind() string { return t.leased.GetKind() }

// Payload is what there is to know; a task that was given as a text has the text's bytes.
func (t *Task) Payload() []byte {
	if text, given := t.leased.GetContent().(*queuesv1.LeasedTask_PayloadText); given {
		return []byte(text.PayloadText)
	}
	return t.leased.GetPayload()
}

// Attempt is which attempt this is, 1 being the first.
func (t *Task) Attempt() int { return int(t.leased.GetAttempt()) }

// Fence is greater than that of every earlier delivery: pass it to what the work changes.
func (t *Task) Fence() int64 { return t.leased.GetFence() }

// FairnessKey is for whom the work is; often "".
func (t *Task) FairnessKey() string { return t.leased.GetFairnessKey() }

// EnqueueTime is when it was added, by the clock of Redis.
func (t *Task) EnqueueTime() time.Time { return t.leased.GetEnqueueTime().AsTime() }

// Progress says how far the work is, for who waits. At most 256 bytes of the text are told.
func (t *Task) Progress(text string) {
	progress := t.held()
	progress.ProgressText = cut(text, longestProgress)
	t.offer(&queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Progress{Progress: progress}})
}

func (t *Task) held() *queuesv1.Progress {
	return &queuesv1.Progress{
		Queue: t.Queue(), TaskId: t.ID(), Token: t.leased.GetToken(),
	}
}

// outcomeError is an error of a handler that says how the task goes on.
type outcomeError struct {
	cause      error // may be nil
	dead       bool
	retryAfter time.Duration
}

func (e *outcomeError) Error() string {
	switch {
	case e.cause != nil:
		return textOf(e.cause)
	case e.dead:
		return "rejected"
	default:
		return "to be tried again"
	}
}

func (e *outcomeError) Unwrap() error { return e.cause }

// Dead is an error for a [Handler]: trying again is in vain, the task becomes a dead letter. The cause
// may be nil.
func Dead(cause error) error { return &outcomeError{cause: cause, dead: true} }

// RetryAfter is an error for a [Handler]: the task is tried again after that time, 0 to 7 days,
// instead of its backoff, if it may be. The cause may be nil.
//
// With any other time it is an error like others, which says so: the task is tried again after its
// backoff.
func RetryAfter(pause time.Duration, cause error) error {
	if pause < 0 || pause > longestRetry {
		refusal := fmt.Errorf("quoin: a task is tried again after 0 to 7 days, not after %v", pause)
		return errors.Join(refusal, cause)
	}
	return &outcomeError{cause: cause, retryAfter: pause}
}

// done says that a task is done. The result is copied: it is sent later, and perhaps again.
func (t *Task) done(result []byte) *queuesv1.WorkRequest {
	return &queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Ack{Ack: &queuesv1.Done{
		Queue: t.Queue(), TaskId: t.ID(), Token: t.leased.GetToken(),
		Answer: &queuesv1.Done_Result{Result: bytes.Clone(result)},
	}}}
}

// failed says that a task failed.
func (t *Task) failed(text string) *queuesv1.WorkRequest {
	return &queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Nack{Nack: &queuesv1.Failed{
		Queue: t.Queue(), TaskId: t.ID(), Token: t.leased.GetToken(),
		Error: cut(text, longestError),
	}}}
}

// failedWith says that a task failed, and how it goes on.
func (t *Task) failedWith(cause error) *queuesv1.WorkRequest {
	request := t.failed(textOf(cause))
	failed := request.GetNack()
	if outcome := (*outcomeError)(nil); errors.As(cause, &outcome) {
		failed.Dead = outcome.dead
		if !outcome.dead {
			failed.RetryAfter = durationpb.New(outcome.retryAfter)
		}
	}
	return request
}

// cut is the beginning of a text, as valid UTF-8 and cut between two characters.
func cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
