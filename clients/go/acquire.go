// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// remembered is how long servers know the ids of requests.
const remembered = 10 * time.Minute

// acquisition is a response that says whether something was granted.
type acquisition interface {
	granting
	refusal
	GetAcquired() bool
}

// acquireOne makes a call that acquires one lease, and keeps what it was granted.
func acquireOne[R acquisition](
	ctx context.Context, c *clientCore, calls *leaseCalls,
	call func(ctx context.Context, requestID string) (R, error),
) (held *LeaseHandle, err error) {
	sent := time.Now()
	err = acquire(ctx, c, []*leaseCalls{calls}, call, func(ctx context.Context, answer R) (err error) {
		if !answer.GetAcquired() {
			return busy(calls.name, answer)
		}
		held, err = c.keep(ctx, calls, grantOf(answer), sent)
		return err
	})
	if err != nil {
		return nil, err
	}
	return held, nil
}

// refusal is a response that says why something was not granted.
type refusal interface {
	GetRetryAfter() *durationpb.Duration
	GetPosition() int64
}

func busy(name string, answer refusal) *BusyError {
	busy := &BusyError{
		Name: name, RetryAfter: answer.GetRetryAfter().AsDuration(), Position: answer.GetPosition(),
	}
	if labelled, ok := answer.(interface{ GetLabel() string }); ok {
		busy.Label = labelled.GetLabel()
	}
	return busy
}

// acquire makes a call that acquires something. One that ends without its outcome reaching the
// program, because it was cancelled, took too long, or met nobody in its last attempt, may have been
// granted all the same, now or later: it is given back by the id of its request, again and again
// until that is answered. calls are those of everything that is asked for; keep keeps what was
// granted.
func acquire[R any](
	ctx context.Context, c *clientCore, calls []*leaseCalls,
	call func(ctx context.Context, requestID string) (R, error),
	keep func(ctx context.Context, answer R) error,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	end, err := c.begin(func() { cancel(ErrClosed) })
	if err != nil {
		return err
	}
	id := newID()
	answer, err := call(ctx, id)
	open := isOpen(err)
	if err == nil {
		err = keep(ctx, answer)
		// The end of the client has not waited for what could not be kept because of it.
		open = errors.Is(err, ErrClosed) || err != nil && context.Cause(ctx) == ErrClosed
	}
	if !open {
		end()
		return err
	}
	go func() {
		defer end()
		var all sync.WaitGroup
		for _, one := range calls {
			all.Add(1)
			go func() {
				defer all.Done()
				c.giveBackRequest(one, id)
			}()
		}
		all.Wait()
	}()
	if context.Cause(ctx) == ErrClosed {
		err = ErrClosed
	}
	return err
}

// isOpen tells whether nobody knows if a call that failed was, or will be, carried out.
func isOpen(err error) bool {
	if err == nil {
		return false
	}
	switch status.Code(err) {
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable, codes.Internal, codes.Unknown,
		codes.Aborted:
		return true
	default:
		return false
	}
}

// giveBackRequest gives back what a request was, or will be, granted. It is repeated until it is
// answered, for as long as that could be held.
func (c *clientCore) giveBackRequest(calls *leaseCalls, id string) {
	limit := min(max(calls.lease, c.deadline), remembered)
	ctx, cancel := context.WithTimeout(c.running, limit)
	defer cancel()
	var pause pauses
	for {
		attempt, done := context.WithTimeout(ctx, c.deadline)
		err := calls.release(attempt, "", id)
		done()
		if !isOpen(err) || errors.Is(err, ErrClosed) || !pause.sleep(ctx) {
			return
		}
	}
}
