// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"time"

	semaphoresv1 "github.com/quoin-dev/quoin/clients/go/semaphores/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Semaphores lets at most so many callers use something at the same time.
//
// As with [Locks] there are two ways to have permits: [Semaphores.Acquire] asks for them with
// single calls, and this process renews them; [Semaphores.Hold] keeps a call open, and the server
// renews them and gives them back at once when this process is gone. Waiters are served in the order
// of arrival; one that wants many is not overtaken by those behind it.
//
// A name is 1 to 512 bytes without control characters. A context that ends ends the wait: it leaves
// the queue, and permits granted at that very moment are given back. It does not end the permits.
//
// Acquire and Hold stand in the place of the RPCs they drive, which remain at SemaphoresClient. The
// other RPCs are methods of this type.
type Semaphores struct {
	semaphoresv1.SemaphoresClient
	core *clientCore
}

// PermitOptions say how to get permits of a semaphore.
type PermitOptions struct {
	// Permits is how many: 1, the default, to 1,000,000.
	Permits int32
	// Lease is how long they stay held when nothing renews them any more: 100 ms to 24 h, 10 s by
	// default; fractions of a millisecond are dropped.
	Lease time.Duration
	// Wait is how long Acquire waits while there are not enough: 0, the default (do not
	// wait), to 24 h. Hold waits as long as its context lives.
	Wait time.Duration
	// Label is what others see while they are held: at most 256 bytes, no control
	// characters. It is not a credential.
	Label string
	// Limit of the semaphore in case nobody has configured it: 1 to 1,000,000; 0 for none.
	Limit int32
	// OnWaiting is called by Hold with the position in the queue, 1 being the next to be served,
	// whenever it is known to have changed: one call at a time, in order, until the wait ends. It
	// must not block.
	OnWaiting func(position int64)
}

// Permits are permits of a semaphore that were granted to this process.
type Permits struct {
	*LeaseHandle
	count int32
}

// Count is how many they are.
func (p *Permits) Count() int32 { return p.count }

// TryAcquire takes one permit if one is free; a lease of 0 is one of 10 s. It fails with [ErrBusy]
// when none is free or others wait for it, and with [ReasonSemaphoreNotFound] when nobody
// configured the semaphore.
func (s *Semaphores) TryAcquire(
	ctx context.Context, name string, lease time.Duration,
) (*Permits, error) {
	return s.Acquire(ctx, name, PermitOptions{Lease: lease})
}

// Acquire takes permits, waiting for them as long as the options, and ctx, say. It fails with
//   - [ErrBusy], as a [*BusyError], when there were not enough all the time,
//   - [ErrInvalidRequest] when the name or an option is not allowed,
//   - [ErrNotHeld] when they were granted but their lease had run out when the answer arrived,
//   - [ReasonSemaphoreNotFound] when nobody configured the semaphore and the options say no limit,
//   - [ReasonSemaphoreLimitExceeded] when there can never be enough,
//   - [ReasonSemaphoreTooManyWaiters] when too many wait already,
//   - [ErrUnavailable] when no server, or no Redis, could be reached.
func (s *Semaphores) Acquire(
	ctx context.Context, name string, options PermitOptions,
) (*Permits, error) {
	held, err := acquireOne(ctx, s.core, s.calls(name, options),
		func(ctx context.Context, id string) (*semaphoresv1.AcquireResponse, error) {
			return s.SemaphoresClient.Acquire(ctx, &semaphoresv1.AcquireRequest{
				Name:      name,
				Permits:   options.Permits,
				Lease:     durationpb.New(leaseOf(options.Lease)),
				Wait:      durationpb.New(options.Wait),
				Label:     options.Label,
				Limit:     options.Limit,
				RequestId: id,
			})
		})
	return permits(held, options), err
}

// Do takes permits as [Semaphores.Acquire] does and works while they are held. The context of the
// work ends when they are lost; its [context.Cause] is then a [*LostError]. Do returns what the
// work returns, joined with the loss of the permits or the failure to give them back if there was
// one.
func (s *Semaphores) Do(
	ctx context.Context, name string, options PermitOptions,
	work func(ctx context.Context, permits *Permits) error,
) error {
	permits, err := s.Acquire(ctx, name, options)
	if err != nil {
		return err
	}
	return permits.during(ctx, func(ctx context.Context) error { return work(ctx, permits) })
}

// Hold takes permits, waiting for them until ctx ends, and holds them with a call that stays open.
// When a server drains, dies or loses its connection, they are taken over through another one, or
// the same one, and are not lost as long as that takes less than the lease. A caller that was still
// waiting then joins the end of the queue. Servers that cannot be reached are waited for.
func (s *Semaphores) Hold(
	ctx context.Context, name string, options PermitOptions,
) (*Permits, error) {
	held, err := s.core.hold(ctx, s.calls(name, options), options.OnWaiting)
	return permits(held, options), err
}

// calls are the RPCs that keep permits.
func (s *Semaphores) calls(name string, options PermitOptions) *leaseCalls {
	lease := leaseOf(options.Lease)
	return &leaseCalls{
		name: name, lease: lease,
		renew: func(ctx context.Context, token string) (*timestamppb.Timestamp, error) {
			answer, err := s.Renew(ctx, &semaphoresv1.RenewRequest{
				Name: name, Token: token, Lease: durationpb.New(lease),
			})
			return answer.GetExpireTime(), err
		},
		release: func(ctx context.Context, token, requestID string) error {
			_, err := s.Release(ctx, &semaphoresv1.ReleaseRequest{
				Name: name, Token: token, AcquireRequestId: requestID,
			})
			return err
		},
		hold: func(ctx context.Context, token string) (func() (holdResponse, error), error) {
			return holdStream(s.SemaphoresClient.Hold(ctx, &semaphoresv1.HoldRequest{
				Name: name, Lease: durationpb.New(lease), Label: options.Label,
				Permits: options.Permits, Limit: options.Limit, Token: token,
			}))
		},
	}
}

func permits(held *LeaseHandle, options PermitOptions) *Permits {
	if held == nil {
		return nil
	}
	return &Permits{held, max(options.Permits, 1)}
}
