// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"time"

	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Locks gives one caller at a time, or readers together, the right to work on something.
//
// There are two ways to have a lock. [Locks.Acquire] asks for it with single calls, and this
// process renews it. [Locks.Hold] keeps a call open: the server renews the lock for as long as the
// call lives, gives it back at once when this process is gone, and reports the position in the
// queue. Both return a [Lock]; both compete for the same locks.
//
// A name is 1 to 512 bytes without control characters. A context that ends ends the wait: it leaves
// the queue, and a lock granted at that very moment is given back. It does not end the lock.
//
// Acquire, AcquireAll and Hold stand in the place of the RPCs they drive, which remain at
// LocksClient. The other RPCs are methods of this type.
type Locks struct {
	locksv1.LocksClient
	core *clientCore
}

// LockOptions say how to acquire a lock.
type LockOptions struct {
	// Lease is how long the lock stays held when this process can no longer renew it: 100 ms to
	// 24 h, 10 s by default; fractions of a millisecond are dropped.
	Lease time.Duration
	// Wait is how long to wait while somebody else holds the lock: 0, the default (do not wait), to
	// 24 h.
	Wait time.Duration
	// Label is what others see while the lock is held, for example a host name: at most
	// 256 bytes, no control characters. It is not a credential.
	Label string
	// Shared is whether to hold it together with others that want it shared, as a reader.
	Shared bool
}

// HoldOptions say how to hold a lock.
type HoldOptions struct {
	// Lease is how long the lock stays held when nothing renews it any more, for example because
	// the server died: 100 ms to 24 h, 10 s by default. It is also the time there is to reach
	// another server.
	Lease time.Duration
	// Label is what others see while the lock is held.
	Label string
	// Shared is whether to hold it together with others that want it shared, as a reader.
	Shared bool
	// OnWaiting is called with the position in the queue, 1 being the next to be served, whenever it
	// is known to have changed: one call at a time, in order, until the wait ends. It must not block.
	OnWaiting func(position int64)
}

// Lock is a lock that was granted to this process.
type Lock struct{ *LeaseHandle }

// TryAcquire takes the lock if it is free; a lease of 0 is one of 10 s. It fails with [ErrBusy]
// when somebody else holds it.
func (l *Locks) TryAcquire(ctx context.Context, name string, lease time.Duration) (*Lock, error) {
	return l.Acquire(ctx, name, LockOptions{Lease: lease})
}

// Acquire takes the lock, waiting for it as long as the options, and ctx, say. It fails with
//   - [ErrBusy], as a [*BusyError], when somebody else held it all the time,
//   - [ErrInvalidRequest] when the name or an option is not allowed,
//   - [ErrNotHeld] when it was granted but its lease had run out when the answer arrived,
//   - [ReasonLockTooManyWaiters] when too many wait already,
//   - [ErrUnavailable] when no server, or no Redis, could be reached.
func (l *Locks) Acquire(ctx context.Context, name string, options LockOptions) (*Lock, error) {
	held, err := acquireOne(ctx, l.core, l.calls(name, options),
		func(ctx context.Context, id string) (*locksv1.AcquireResponse, error) {
			return l.LocksClient.Acquire(ctx, &locksv1.AcquireRequest{
				Name:      name,
				Lease:     durationpb.New(leaseOf(options.Lease)),
				Wait:      durationpb.New(options.Wait),
				Label:     options.Label,
				Mode:      modeOf(options.Shared),
				RequestId: id,
			})
		})
	if err != nil {
		return nil, err
	}
	return &Lock{held}, nil
}

// Do takes the lock as [Locks.Acquire] does and works while it is held. The context of the work
// ends when the lock is lost; its [context.Cause] is then a [*LostError]. Do returns what the work
// returns, joined with the loss of the lock or the failure to give it back if there was one.
func (l *Locks) Do(
	ctx context.Context, name string, options LockOptions,
	work func(ctx context.Context, lock *Lock) error,
) error {
	lock, err := l.Acquire(ctx, name, options)
	if err != nil {
		return err
	}
	return lock.during(ctx, func(ctx context.Context) error { return work(ctx, lock) })
}

// Hold takes the lock, waiting for it until ctx ends, and holds it with a call that stays open. When
// a server drains, dies or loses its connection, the lock is taken over through another one, or the
// same one, and is not lost as long as that takes less than the lease. A caller that was still
// waiting then joins the end of the queue. Servers that cannot be reached are waited for.
func (l *Locks) Hold(ctx context.Context, name string, options HoldOptions) (*Lock, error) {
	held, err := l.core.hold(ctx, l.calls(name, LockOptions{
		Lease: options.Lease, Label: options.Label, Shared: options.Shared,
	}), options.OnWaiting)
	if err != nil {
		return nil, err
	}
	return &Lock{held}, nil
}

// calls are the RPCs that keep a lock.
func (l *Locks) calls(name string, options LockOptions) *leaseCalls {
	lease := leaseOf(options.Lease)
	return &leaseCalls{
		name: name, lease: lease,
		renew: func(ctx context.Context, token string) (*timestamppb.Timestamp, error) {
			answer, err := l.Renew(ctx, &locksv1.RenewRequest{
				Name: name, Token: token, Lease: durationpb.New(lease),
			})
			return answer.GetExpireTime(), err
		},
		release: func(ctx context.Context, token, requestID string) error {
			_, err := l.Release(ctx, &locksv1.ReleaseRequest{
				Name: name, Token: token, AcquireRequestId: requestID,
			})
			return err
		},
		hold: func(ctx context.Context, token string) (func() (holdResponse, error), error) {
			return holdStream(l.LocksClient.Hold(ctx, &locksv1.HoldRequest{
				Name: name, Lease: durationpb.New(lease), Label: options.Label,
				Mode: modeOf(options.Shared), Token: token,
			}))
		},
	}
}

func modeOf(shared bool) locksv1.Mode {
	if shared {
		return locksv1.Mode_MODE_SHARED
	}
	return locksv1.Mode_MODE_EXCLUSIVE
}
