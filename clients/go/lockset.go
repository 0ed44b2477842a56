// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"sync"
	"time"

	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// LockSet is several locks that were granted together. Each can be lost, and released, by itself.
type LockSet struct{ locks []*Lock }

// AcquireAll takes several locks or none, in an order that is the same for all callers, so that
// they never wait for each other in a circle: 1 to 16 names, none twice. The wait of the options is
// for all of them together. It fails as [Locks.Acquire] does; a [*BusyError] names the lock that
// could not be had.
func (l *Locks) AcquireAll(ctx context.Context, names []string, options LockOptions) (*LockSet, error) {
	sent := time.Now()
	calls := make([]*leaseCalls, len(names))
	for i, name := range names {
		calls[i] = l.calls(name, options)
	}
	var set *LockSet
	err := acquire(ctx, l.core, calls,
		func(ctx context.Context, id string) (*locksv1.AcquireAllResponse, error) {
			return l.LocksClient.AcquireAll(ctx, &locksv1.AcquireAllRequest{
				Names:     names,
				Lease:     durationpb.New(leaseOf(options.Lease)),
				Wait:      durationpb.New(options.Wait),
				Label:     options.Label,
				Mode:      modeOf(options.Shared),
				RequestId: id,
			})
		},
		func(ctx context.Context, answer *locksv1.AcquireAllResponse) (err error) {
			if !answer.GetAcquired() {
				return busy(answer.GetBusyName(), answer)
			}
			set, err = l.keepAll(ctx, answer, options, sent)
			return err
		})
	if err != nil {
		return nil, err
	}
	return set, nil
}

// keepAll keeps all or none: when one cannot be kept, the others are given back.
func (l *Locks) keepAll(
	ctx context.Context, answer *locksv1.AcquireAllResponse, options LockOptions, sent time.Time,
) (*LockSet, error) {
	grants := answer.GetGrants()
	all := make([]*LeaseHandle, len(grants))
	failures := make([]error, len(grants))
	var kept sync.WaitGroup
	for i, one := range grants {
		kept.Add(1)
		go func() {
			defer kept.Done()
			granted := grant{one.GetToken(), one.GetFence(), answer.GetExpireTime().AsTime()}
			all[i], failures[i] = l.core.keep(ctx, l.calls(one.GetName(), options), granted, sent)
		}()
	}
	kept.Wait()
	set := &LockSet{}
	for _, held := range all {
		if held != nil {
			set.locks = append(set.locks, &Lock{held})
		}
	}
	for _, err := range failures {
		if err != nil {
			go set.Release(context.Background())
			return nil, err
		}
	}
	return set, nil
}

// DoAll takes several locks as [Locks.AcquireAll] does and works while they are held, as [Locks.Do]
// does with one: the context of the work ends when any of them is lost.
func (l *Locks) DoAll(
	ctx context.Context, names []string, options LockOptions,
	work func(ctx context.Context, locks *LockSet) error,
) error {
	set, err := l.AcquireAll(ctx, names, options)
	if err != nil {
		return err
	}
	step := func(ctx context.Context) error { return work(ctx, set) }
	for _, lock := range set.locks {
		inner := step
		step = func(ctx context.Context) error { return lock.during(ctx, inner) }
	}
	return step(ctx)
}

// Locks in the order of the names asked for.
func (s *LockSet) Locks() []*Lock { return s.locks }

// Get is the lock of a name, nil when there is none.
func (s *LockSet) Get(name string) *Lock {
	for _, lock := range s.locks {
		if lock.Name() == name {
			return lock
		}
	}
	return nil
}

// Held tells whether all of them are held.
func (s *LockSet) Held() bool {
	for _, lock := range s.locks {
		if !lock.Held() {
			return false
		}
	}
	return true
}

// Release gives all of them back, as [Lock.Release] does; it tries each even when another cannot be
// given back.
func (s *LockSet) Release(ctx context.Context) error {
	failures := make([]error, len(s.locks))
	var all sync.WaitGroup
	for i, lock := range s.locks {
		all.Add(1)
		go func() {
			defer all.Done()
			failures[i] = lock.Release(ctx)
		}()
	}
	all.Wait()
	return errors.Join(failures...)
}
