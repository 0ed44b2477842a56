// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"
	"time"

	semaphoresv1 "github.com/quoin-dev/quoin/clients/go/semaphores/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Semaphores: at most so many callers use something at the same time.
//
// As with [Locks] there are two ways to have permits: [Semaphores.Acquire] asks for them with
// single calls, and this process renews them; [Semaphores.Hold] keeps a call open, and the server
// renews them and gives them back at once when this process is gone. Who waits is served in the
// order of arrival; one who wants many is not overtaken by those behind it.
//
// A name is 1 to 512 bytes without control characters. A context that ends ends the wait: it leaves
// the line, and permits won at that very moment are given back. It does not end the permits.
type Semaphores struct {
	client *Client
	stub   semaphoresv1.SemaphoresClient
}

// PermitOptions say how to get permits of a semaphore.
type PermitOptions struct {
	// Permits is how many: 1, the default, to 1,000,000.
	Permits int32
	// Lease is how long they stay held when nothing renews them any more: 100 ms to 24 h, 10 s by
	// default; fractions of a millisecond are dropped.
	Lease time.Duration
	// Wait is how long Acquire stands in line while there are not enough: 0, the default (do not
	// wait), to 24 h. Hold waits as long as its context lives.
	Wait time.Duration
	// Holder is a label that others see while they are held: at most 256 bytes, no control
	// characters. It is not a credential.
	Holder string
	// Limit of the semaphore in case nobody has configured it: 1 to 1,000,000; 0 for none.
	Limit int32
	// OnWaiting is told the place in line by Hold, 1 being the next to be served, every time it is
	// known to have changed: one call at a time, in order, until the wait ends. It must not block.
	OnWaiting func(position int64)
}

// Permits are permits of a semaphore that were granted to this process. They are renewed in the
// background until they are released or lost; what is never released is renewed for as long as its
// client is open.
type Permits struct {
	*holding
	count int32
}

// Count is how many they are.
func (p *Permits) Count() int32 { return p.count }

func newSemaphores(c *Client) *Semaphores {
	return &Semaphores{c, semaphoresv1.NewSemaphoresClient(c.conn)}
}

// Stub is the generated client of the service.
func (s *Semaphores) Stub() semaphoresv1.SemaphoresClient { return s.stub }

// Configure sets the limit: how many permits may be in use at the same time, 1 to 1,000,000.
// Lowering it takes nothing from who holds permits.
func (s *Semaphores) Configure(ctx context.Context, name string, limit int32) error {
	_, err := s.stub.Configure(ctx, &semaphoresv1.ConfigureRequest{Name: name, Limit: limit})
	return err
}

// TryAcquire takes one permit if one is free; a lease of 0 is one of 10 s. It fails with [ErrBusy]
// when none is free or others wait for it, and with [ReasonSemaphoreNotFound] when nobody
// configured the semaphore.
func (s *Semaphores) TryAcquire(
	ctx context.Context, name string, lease time.Duration,
) (*Permits, error) {
	return s.Acquire(ctx, name, PermitOptions{Lease: lease})
}

// Acquire takes permits, standing in line for them as long as the options, and ctx, say. It fails
// with
//   - [ErrBusy], as a [*BusyError], when there were not enough all the time,
//   - [ErrInvalidRequest] when the name or an option is not allowed,
//   - [ErrNotHeld] when they were granted but their lease had run out when the answer arrived,
//   - [ReasonSemaphoreNotFound] when nobody configured the semaphore and the options say no limit,
//   - [ReasonSemaphoreLimitExceeded] when there can never be enough,
//   - [ReasonSemaphoreLineFull] when too many wait already,
//   - [ErrUnavailable] when no server, or no Redis, could be reached.
func (s *Semaphores) Acquire(
	ctx context.Context, name string, options PermitOptions,
) (*Permits, error) {
	sent := time.Now()
	calls := &permitCalls{s.stub, name, options}
	var held *holding
	err := acquire(ctx, s.client, []leaseCalls{calls},
		func(ctx context.Context, id string) (*semaphoresv1.AcquireResponse, error) {
			return s.stub.Acquire(ctx, &semaphoresv1.AcquireRequest{
				Name:      name,
				Permits:   options.Permits,
				Lease:     durationpb.New(leaseOf(options.Lease)),
				Wait:      durationpb.New(options.Wait),
				Holder:    options.Holder,
				Limit:     options.Limit,
				RequestId: id,
			})
		},
		func(ctx context.Context, answer *semaphoresv1.AcquireResponse) (err error) {
			if !answer.GetAcquired() {
				return &BusyError{
					Name: name, RetryAfter: answer.GetRetryAfter().AsDuration(),
					Position: answer.GetPosition(),
				}
			}
			granted := grant{answer.GetToken(), answer.GetFence(), answer.GetExpireTime().AsTime()}
			held, err = s.client.keep(ctx, calls, granted, sent)
			return err
		})
	if err != nil {
		return nil, err
	}
	return permits(held, options), nil
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

// Hold takes permits, standing in line for them until ctx ends, and holds them with a call that
// stays open. A server that drains, dies or loses its connection is replaced by another one, or by
// itself, without losing them as long as that takes less than the lease. Who was still waiting then
// joins the end of the line. Servers that cannot be reached are waited for.
func (s *Semaphores) Hold(
	ctx context.Context, name string, options PermitOptions,
) (*Permits, error) {
	held, err := s.client.hold(ctx, &permitCalls{s.stub, name, options}, options.OnWaiting)
	return permits(held, options), err
}

// Get tells about a semaphore, how many wait, and the first 100 of its holders.
func (s *Semaphores) Get(ctx context.Context, name string) (*semaphoresv1.GetResponse, error) {
	return s.stub.Get(ctx, &semaphoresv1.GetRequest{Name: name})
}

// List finds the semaphores whose names begin with a prefix; "" for all. They come in no order, and
// one may come twice. There is no index: the server looks through all keys of Redis, a page at a
// time. For people and tools.
func (s *Semaphores) List(
	ctx context.Context, prefix string,
) iter.Seq2[*semaphoresv1.ListResponse_Semaphore, error] {
	return pages(func(token string) ([]*semaphoresv1.ListResponse_Semaphore, string, error) {
		page, err := s.stub.List(ctx, &semaphoresv1.ListRequest{Prefix: prefix, PageToken: token})
		return page.GetSemaphores(), page.GetNextPageToken(), err
	})
}

// Revoke takes the permits of a holder away, which is told the reason: at most 256 bytes, no
// control characters. The id is the one that Get shows. It returns how many permits there were, and
// fails with [ErrNotHeld] when there is no such holder.
func (s *Semaphores) Revoke(ctx context.Context, name, id, reason string) (int32, error) {
	answer, err := s.stub.Revoke(ctx, &semaphoresv1.RevokeRequest{Name: name, Id: id, Reason: reason})
	return answer.GetPermits(), err
}

// Delete forgets a semaphore. It fails with [ReasonSemaphoreInUse] when somebody holds permits of
// it or waits for them.
func (s *Semaphores) Delete(ctx context.Context, name string) error {
	_, err := s.stub.Delete(ctx, &semaphoresv1.DeleteRequest{Name: name})
	return err
}

func permits(held *holding, options PermitOptions) *Permits {
	if held == nil {
		return nil
	}
	return &Permits{held, max(options.Permits, 1)}
}
