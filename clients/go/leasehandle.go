// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"sync"
	"time"
)

// LeaseHandle is what was granted to this process, until it is released or lost. It is renewed in the
// background; what is never released is renewed for as long as its client is open.
type LeaseHandle struct {
	core    *clientCore
	calls   *leaseCalls
	granted grant
	stop    context.CancelFunc // ends the renewals
	lost    chan struct{}

	mu         sync.Mutex
	expire     time.Time // by the clock of Redis
	end        time.Time // by the monotonic clock
	alarm      *time.Timer
	over       bool
	loss       *LostError
	released   chan struct{} // nil until Release
	releaseErr error
}

// newLeaseHandle fails, and gives the grant back, when the client closes already.
func newLeaseHandle(
	c *clientCore, calls *leaseCalls, granted grant, end time.Time, stop context.CancelFunc,
) (*LeaseHandle, error) {
	h := &LeaseHandle{
		core: c, calls: calls, granted: granted, stop: stop,
		lost: make(chan struct{}), expire: granted.expire, end: end,
	}
	if err := c.opened(h); err != nil {
		stop()
		c.giveBackLater(calls, granted.token)
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.alarm = time.AfterFunc(time.Until(end), h.expired)
	return h, nil
}

// Name under which it was asked for.
func (h *LeaseHandle) Name() string { return h.calls.name }

// Token proves the ownership to the server.
func (h *LeaseHandle) Token() string { return h.granted.token }

// Fence is the number of this grant, greater than that of every earlier grant under this name. Pass
// it to what is protected, and have that refuse any fence smaller than the greatest it has seen:
// being told of a loss is no protection against it, because a process can be stopped for longer
// than its lease and go on without knowing.
func (h *LeaseHandle) Fence() int64 { return h.granted.fence }

// ExpireTime is when the lease ends unless it is renewed again, by the clock of Redis as last heard.
func (h *LeaseHandle) ExpireTime() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.expire
}

// Held tells whether it is held: neither released nor lost, and the lease still runs by the
// monotonic clock of this process. The lease is counted from before its renewal was asked for, so
// it ends here no later than it ends for others.
func (h *LeaseHandle) Held() bool { return h.left() > 0 }

// Lost is closed when it is lost; never when it was released before that.
func (h *LeaseHandle) Lost() <-chan struct{} { return h.lost }

// Err is a [*LostError] once it is lost, and nil before.
func (h *LeaseHandle) Err() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.loss == nil {
		return nil
	}
	return h.loss
}

// Context is a context for the work: it ends when parent does, when cancel is called, or when this
// is lost, and then [context.Cause] is the [*LostError]. Call cancel when the work is done.
func (h *LeaseHandle) Context(parent context.Context) (ctx context.Context, cancel context.CancelFunc) {
	ctx, end := context.WithCancelCause(parent)
	go func() {
		select {
		case <-h.lost:
			end(h.Err())
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil) }
}

// Release gives it back: no renewal and no loss follows. Releasing again, or what was lost, does
// nothing. It is tried for as long as a call may take, also when ctx ends before or meanwhile:
// then Release returns the error of ctx and goes on in the background. When it fails, what was held
// ends with its lease.
func (h *LeaseHandle) Release(ctx context.Context) error {
	h.mu.Lock()
	if h.released == nil {
		h.released = make(chan struct{})
		held := !h.over
		h.over = true
		h.alarm.Stop()
		h.stop()
		if held {
			go h.giveBack()
		} else {
			close(h.released)
		}
	}
	h.mu.Unlock()
	select {
	case <-h.released:
		return h.releaseErr
	default:
	}
	select {
	case <-h.released:
		return h.releaseErr
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (h *LeaseHandle) giveBack() {
	// Ending a stream gives back, too. The call tells when, and works without a stream.
	h.releaseErr = h.core.giveBack(h.calls, h.granted.token)
	h.core.forget(h)
	close(h.released)
}

func (h *LeaseHandle) close(ctx context.Context) { _ = h.Release(ctx) }

// left is how long the lease still runs; not positive when it does not.
func (h *LeaseHandle) left() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over {
		return 0
	}
	return time.Until(h.end)
}

// renewed notes a new end of the lease; one that has run out stays lost.
func (h *LeaseHandle) renewed(expire, end time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.over || time.Until(h.end) <= 0 {
		return
	}
	h.expire = expire
	if end.After(h.end) {
		h.end = end
		h.alarm.Reset(time.Until(end))
	}
}

// lose ends it and tells everybody.
func (h *LeaseHandle) lose(loss *LostError) {
	h.mu.Lock()
	if h.over {
		h.mu.Unlock()
		return
	}
	h.over = true
	h.loss = loss
	h.alarm.Stop()
	h.mu.Unlock()
	h.stop()
	h.core.forget(h)
	close(h.lost)
}

func (h *LeaseHandle) expired() {
	h.mu.Lock()
	left := time.Until(h.end)
	if !h.over && left > 0 {
		h.alarm.Reset(left)
	}
	over := h.over
	h.mu.Unlock()
	if !over && left <= 0 {
		h.lose(&LostError{Name: h.calls.name, Reason: LostExpired})
	}
}

// during works while it is held, and releases it.
func (h *LeaseHandle) during(ctx context.Context, work func(context.Context) error) (err error) {
	working, cancel := h.Context(ctx)
	defer func() {
		cancel()
		released := h.Release(context.WithoutCancel(ctx))
		err = join(join(err, h.Err()), released)
	}()
	return work(working)
}
