// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"time"

	"google.golang.org/protobuf/types/known/timestamppb"
)

const defaultLease = 10 * time.Second

// leaseCalls is what a service brings to the leases it grants: the RPCs that keep one and give it
// back.
type leaseCalls struct {
	// name of the resource.
	name string
	// lease in whole milliseconds.
	lease time.Duration
	// renew makes the lease begin anew and returns its end by the clock of Redis.
	renew func(ctx context.Context, token string) (*timestamppb.Timestamp, error)
	// release gives back the grant of a token or, when that is "", what a request was, or will be,
	// granted.
	release func(ctx context.Context, token, requestID string) error
	// hold opens a stream that holds it, and returns what reads its next response. The token is
	// that of the grant to go on with, "" to ask for a new one.
	hold func(ctx context.Context, token string) (func() (holdResponse, error), error)
}

// grant is what a server says when it grants something.
type grant struct {
	token  string
	fence  int64
	expire time.Time // by the clock of Redis
}

// granting is a message that grants something.
type granting interface {
	GetToken() string
	GetFence() int64
	GetExpireTime() *timestamppb.Timestamp
}

func grantOf(message granting) grant {
	return grant{message.GetToken(), message.GetFence(), message.GetExpireTime().AsTime()}
}

// leaseOf is the lease as it is asked for: Redis counts in whole milliseconds.
func leaseOf(lease time.Duration) time.Duration {
	if lease == 0 {
		return defaultLease
	}
	return lease.Truncate(time.Millisecond)
}

// leaseEnd is when a lease that was asked for at a moment ends here, by the monotonic clock of this
// process: no later than in Redis, which counts from when it gets the request.
func leaseEnd(sent time.Time, lease time.Duration) time.Time {
	return sent.Add(lease - time.Millisecond)
}

// keep keeps a grant and renews it after every third of its lease by calls of its own. One that was
// asked for long ago, because it had to be waited for, is renewed first: nobody knows how much of
// its lease is left.
func (c *clientCore) keep(
	ctx context.Context, calls *leaseCalls, granted grant, sent time.Time,
) (*LeaseHandle, error) {
	if time.Since(sent) >= calls.lease/3 {
		sent = time.Now()
		expire, err := calls.renew(ctx, granted.token)
		if err != nil {
			c.giveBackLater(calls, granted.token)
			return nil, err
		}
		granted.expire = expire.AsTime()
	}
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	held, err := newLeaseHandle(c, calls, granted, leaseEnd(sent, calls.lease), stop)
	if err != nil {
		return nil, err
	}
	go held.renewUntil(running, sent)
	return held, nil
}

// renewUntil renews until it is lost or ctx ends.
func (h *LeaseHandle) renewUntil(ctx context.Context, sent time.Time) {
	lease := h.calls.lease
	pause := lease/3 - time.Since(sent)
	for sleep(ctx, max(pause, 0)) {
		left := h.left()
		if left <= 0 {
			return
		}
		sent := time.Now()
		limited, cancel := context.WithTimeout(ctx, min(lease/3, left))
		expire, err := h.calls.renew(limited, h.granted.token)
		cancel()
		switch {
		case err == nil:
			h.renewed(expire.AsTime(), leaseEnd(sent, lease))
			pause = lease/3 - time.Since(sent)
		case errors.Is(err, ErrNotHeld):
			h.lose(lostBy(h.calls, err))
			return
		default:
			pause = pauseWithin(lease)
		}
	}
}

// giveBack gives a grant back. It is repeated while no server can be reached, within the default
// deadline; not holding it then means that it is free of us, which is all that is wanted.
func (c *clientCore) giveBack(calls *leaseCalls, token string) error {
	ctx, cancel := context.WithTimeout(context.Background(), c.deadline)
	defer cancel()
	for {
		err := calls.release(ctx, token, "")
		if err == nil || errors.Is(err, ErrNotHeld) {
			return nil
		}
		if !errors.Is(err, ErrUnavailable) || !sleep(ctx, pauseWithin(c.deadline)) {
			return err
		}
	}
}

// giveBackLater gives back in the background a grant that nobody wants any more.
func (c *clientCore) giveBackLater(calls *leaseCalls, token string) {
	end, err := c.begin(nil)
	go func() {
		_ = c.giveBack(calls, token) // its lease ends by itself
		if err == nil {
			end()
		}
	}()
}
