// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"
	"time"

	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// Locks: one caller at a time, or readers together, has the right to work on something.
//
// There are two ways to have a lock. [Locks.Acquire] asks for it with single calls, and this
// process renews it. [Locks.Hold] keeps a call open: the server renews the lock for as long as the
// call lives, gives it back at once when this process is gone, and tells the place in line. Both
// give a [Lock]; both get the same locks.
//
// A name is 1 to 512 bytes without control characters. A context that ends ends the wait: it leaves
// the line, and a lock won at that very moment is given back. It does not end the lock.
type Locks struct {
	client *Client
	stub   locksv1.LocksClient
}

// LockOptions say how to acquire a lock.
type LockOptions struct {
	// Lease is how long the lock stays held when this process can no longer renew it: 100 ms to
	// 24 h, 10 s by default; fractions of a millisecond are dropped.
	Lease time.Duration
	// Wait is how long to stand in line while somebody else holds the lock: 0, the default (do not
	// wait), to 24 h.
	Wait time.Duration
	// Holder is a label that others see while the lock is held, for example a host name: at most
	// 256 bytes, no control characters. It is not a credential.
	Holder string
	// Shared is whether to hold it together with others that want it shared, as a reader.
	Shared bool
}

// HoldOptions say how to hold a lock.
type HoldOptions struct {
	// Lease is how long the lock stays held when nothing renews it any more, for example because
	// the server died: 100 ms to 24 h, 10 s by default. It is also the time there is to reach
	// another server.
	Lease time.Duration
	// Holder is a label that others see while the lock is held.
	Holder string
	// Shared is whether to hold it together with others that want it shared, as a reader.
	Shared bool
	// OnWaiting is told the place in line, 1 being the next to be served, every time it is known to
	// have changed: one call at a time, in order, until the wait ends. It must not block.
	OnWaiting func(position int64)
}

// Lock is a lock that was granted to this process. It is renewed in the background until it is
// released or lost; what is never released is renewed for as long as its client is open.
type Lock struct{ *holding }

func newLocks(c *Client) *Locks { return &Locks{c, locksv1.NewLocksClient(c.conn)} }

// Stub is the generated client of the service.
func (l *Locks) Stub() locksv1.LocksClient { return l.stub }

// TryAcquire takes the lock if it is free; a lease of 0 is one of 10 s. It fails with [ErrBusy]
// when somebody else holds it.
func (l *Locks) TryAcquire(ctx context.Context, name string, lease time.Duration) (*Lock, error) {
	return l.Acquire(ctx, name, LockOptions{Lease: lease})
}

// Acquire takes the lock, standing in line for it as long as the options, and ctx, say. It fails
// with
//   - [ErrBusy], as a [*BusyError], when somebody else held it all the time,
//   - [ErrInvalidRequest] when the name or an option is not allowed,
//   - [ErrNotHeld] when it was granted but its lease had run out when the answer arrived,
//   - [ReasonLockLineFull] when too many wait already,
//   - [ErrUnavailable] when no server, or no Redis, could be reached.
func (l *Locks) Acquire(ctx context.Context, name string, options LockOptions) (*Lock, error) {
	sent := time.Now()
	calls := l.calls(name, options)
	var held *holding
	err := acquire(ctx, l.client, []leaseCalls{calls},
		func(ctx context.Context, id string) (*locksv1.AcquireResponse, error) {
			return l.stub.Acquire(ctx, &locksv1.AcquireRequest{
				Name:      name,
				Lease:     durationpb.New(leaseOf(options.Lease)),
				Wait:      durationpb.New(options.Wait),
				Holder:    options.Holder,
				Mode:      modeOf(options.Shared),
				RequestId: id,
			})
		},
		func(ctx context.Context, answer *locksv1.AcquireResponse) (err error) {
			if !answer.GetAcquired() {
				return &BusyError{
					name, answer.GetHolder(), answer.GetRetryAfter().AsDuration(), answer.GetPosition(),
				}
			}
			granted := grant{answer.GetToken(), answer.GetFence(), answer.GetExpireTime().AsTime()}
			held, err = l.client.keep(ctx, calls, granted, sent)
			return err
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

// Hold takes the lock, standing in line for it until ctx ends, and holds it with a call that stays
// open. A server that drains, dies or loses its connection is replaced by another one, or by
// itself, without losing the lock as long as that takes less than the lease. Who was still waiting
// then joins the end of the line. Servers that cannot be reached are waited for.
func (l *Locks) Hold(ctx context.Context, name string, options HoldOptions) (*Lock, error) {
	calls := l.calls(name, LockOptions{
		Lease: options.Lease, Holder: options.Holder, Shared: options.Shared,
	})
	held, err := l.client.hold(ctx, calls, options.OnWaiting)
	if err != nil {
		return nil, err
	}
	return &Lock{held}, nil
}

// Get tells who holds a lock and who waits for it.
func (l *Locks) Get(ctx context.Context, name string) (*locksv1.GetResponse, error) {
	return l.stub.Get(ctx, &locksv1.GetRequest{Name: name})
}

// List finds the locks that are held or waited for, by the beginning of their names; "" for all.
// They come in no order, and one may come twice. There is no index: the server looks through all
// keys of Redis, a page at a time. For people and tools.
func (l *Locks) List(ctx context.Context, prefix string) iter.Seq2[*locksv1.ListResponse_Lock, error] {
	return pages(func(token string) ([]*locksv1.ListResponse_Lock, string, error) {
		page, err := l.stub.List(ctx, &locksv1.ListRequest{Prefix: prefix, PageToken: token})
		return page.GetLocks(), page.GetNextPageToken(), err
	})
}

// Watch tells the present state of a lock, then every change, until the loop or ctx ends. After
// trouble the present state is told again; a slow loop is told the newest only. It ends by itself,
// with an error, only when the name is not allowed or the client is closed.
func (l *Locks) Watch(ctx context.Context, name string) iter.Seq2[*locksv1.WatchResponse, error] {
	return follow(ctx, l.client, locksv1.Locks_Watch_FullMethodName, nil,
		func(ctx context.Context) (grpc.ServerStreamingClient[locksv1.WatchResponse], error) {
			return l.stub.Watch(ctx, &locksv1.WatchRequest{Name: name})
		})
}

// ForceRelease takes a lock from whoever holds it, from all readers if it is shared. Who held it is
// told at its next renewal, with the explanation: at most 512 bytes, no control characters. With
// the fence that Get showed nothing happens when there was another grant since; 0 is for any. The
// answer says whether anybody held it.
func (l *Locks) ForceRelease(
	ctx context.Context, name, explanation string, fence int64,
) (*locksv1.ForceReleaseResponse, error) {
	return l.stub.ForceRelease(ctx, &locksv1.ForceReleaseRequest{
		Name: name, Explanation: explanation, Fence: fence,
	})
}

func (l *Locks) calls(name string, options LockOptions) *lockCalls {
	return &lockCalls{l.stub, name, options}
}

func modeOf(shared bool) locksv1.Mode {
	if shared {
		return locksv1.Mode_MODE_SHARED
	}
	return locksv1.Mode_MODE_EXCLUSIVE
}
