// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// remembered is how long servers know the ids of requests.
const remembered = 10 * time.Minute

// acquisition is a call that acquires something, until its outcome is known to the program or what it
// was granted has been given back.
type acquisition struct {
	cancel context.CancelCauseFunc
	background
}

func (a *acquisition) close(ctx context.Context) {
	a.cancel(ErrClosed)
	a.background.close(ctx)
}

// acquire makes a call that acquires something. One that ends without its outcome reaching the
// program, because it was cancelled, took too long, or met nobody in its last attempt, may have been
// granted all the same, now or later: it is given back by the id of its request, again and again
// until that is answered. calls are those of everything that is asked for; keep keeps what was
// granted.
func acquire[R any](
	ctx context.Context, c *Client, calls []leaseCalls,
	call func(ctx context.Context, requestID string) (*R, error),
	keep func(ctx context.Context, answer *R) error,
) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	job := &acquisition{cancel: cancel, background: background{done: make(chan struct{})}}
	if err := c.opened(job); err != nil {
		return err
	}
	end := func() {
		close(job.done)
		c.forget(job)
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
func (c *Client) giveBackRequest(calls leaseCalls, id string) {
	limit := min(max(calls.lease(), c.deadline), remembered)
	ctx, cancel := context.WithTimeout(c.running, limit)
	defer cancel()
	var pause pauses
	for {
		attempt, done := context.WithTimeout(ctx, c.deadline)
		err := calls.releaseRequest(attempt, id)
		done()
		if !isOpen(err) || errors.Is(err, ErrClosed) || !pause.sleep(ctx) {
			return
		}
	}
}
