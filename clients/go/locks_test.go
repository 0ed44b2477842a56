// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
)

func TestABusyLockTellsWhoHoldsIt(t *testing.T) {
	locks := client(t).Locks
	lock := value[*quoin.Lock](t)(locks.Acquire(limited(t), "report", quoin.LockOptions{Lease: lease, Label: "first"}))

	_, err := locks.TryAcquire(limited(t), "report", lease)

	var busy *quoin.BusyError
	if !errors.Is(err, quoin.ErrBusy) || !errors.As(err, &busy) {
		t.Fatalf("fails with %v", err)
	}
	equal(t, "holder", busy.Label, "first")
	equal(t, "position", busy.Position, 1)
	equal(t, "whether there is a time to wait", busy.RetryAfter > 0, true)
	must(t, lock.Release(limited(t)))
	next := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
	equal(t, "whether the fence rises", next.Fence() > lock.Fence(), true)
}

func TestALockIsRenewedAsLongAsItIsNotReleased(t *testing.T) {
	t.Parallel()
	locks := client(t).Locks
	lock := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", 6*time.Second))
	first := lock.ExpireTime()

	eventually(t, "it is renewed", func() bool {
		return lock.ExpireTime().Sub(first) > 1500*time.Millisecond
	})
	equal(t, "whether it is held", lock.Held(), true)
	state := value[*locksv1.GetResponse](t)(locks.Get(limited(t), &locksv1.GetRequest{Name: "report"}))
	equal(t, "fence", state.GetFence(), lock.Fence())
}

func TestOnlyOneAtATimeDoesItsWork(t *testing.T) {
	locks := client(t).Locks
	var inside, most, done atomic.Int32
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			err := locks.Do(limited(t), "report", quoin.LockOptions{Wait: time.Minute},
				func(context.Context, *quoin.Lock) error {
					if now := inside.Add(1); now > most.Load() {
						most.Store(now)
					}
					done.Add(1)
					inside.Add(-1)
					return nil
				})
			if err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	equal(t, "at the same time", most.Load(), 1)
	equal(t, "done", done.Load(), 8)
}

func TestTheErrorOfTheWorkIsReturnedAndTheLockIsFree(t *testing.T) {
	locks := client(t).Locks
	broken := errors.New("broken")
	err := locks.Do(limited(t), "report", quoin.LockOptions{}, func(context.Context, *quoin.Lock) error {
		return broken
	})
	equal(t, "error", err, broken)
	func() {
		defer func() { _ = recover() }()
		_ = locks.Do(limited(t), "report", quoin.LockOptions{}, func(context.Context, *quoin.Lock) error {
			panic("at the disco")
		})
	}()
	value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
}

func TestTheContextOfTheWorkEndsWhenTheLockIsRevoked(t *testing.T) {
	t.Parallel()
	locks := client(t).Locks
	err := locks.Do(limited(t), "report", quoin.LockOptions{Lease: 6 * time.Second},
		func(ctx context.Context, lock *quoin.Lock) error {
			answer := value[*locksv1.RevokeResponse](t)(
				locks.Revoke(limited(t), &locksv1.RevokeRequest{Name: "report", Explanation: "it hangs", Actor: "ops", Fence: lock.Fence()}))
			equal(t, "whether it was held", answer.GetRevoked(), true)
			comes(t, "the end of the work", ctx.Done())
			return context.Cause(ctx)
		})
	var loss *quoin.LostError
	if !errors.As(err, &loss) {
		t.Fatalf("fails with %v", err)
	}
	equal(t, "reason", loss.Reason, quoin.LostRevoked)
	equal(t, "explanation", loss.Explanation, "it hangs")
	equal(t, "actor", loss.Actor, "ops")
}

func TestWhoWaitsIsServedWhenTheLockIsFree(t *testing.T) {
	locks := client(t).Locks
	first := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
	served := make(chan *quoin.Lock)
	go func() {
		next, err := locks.Acquire(limited(t), "report", quoin.LockOptions{Lease: lease, Wait: time.Minute})
		if err != nil {
			t.Error(err)
		}
		served <- next
	}()
	eventually(t, "it stands in line", func() bool {
		return value[*locksv1.GetResponse](t)(locks.Get(limited(t), &locksv1.GetRequest{Name: "report"})).GetWaiterCount() == 1
	})
	must(t, first.Release(limited(t)))
	equal(t, "whether it is held", comes(t, "the lock", served).Held(), true)
}

func TestAGrantThatHadToBeWaitedForIsKept(t *testing.T) {
	t.Parallel()
	locks := client(t).Locks
	first := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
	time.AfterFunc(2100*time.Millisecond, func() { _ = first.Release(context.Background()) })
	options := quoin.LockOptions{Lease: 6 * time.Second, Wait: time.Minute}
	next := value[*quoin.Lock](t)(locks.Acquire(limited(t), "report", options))
	granted := next.ExpireTime()
	eventually(t, "it is renewed", func() bool { return next.ExpireTime().After(granted) })
	equal(t, "whether it is held", next.Held(), true)
}

func TestWhoGivesUpLeavesTheLine(t *testing.T) {
	locks := client(t).Locks
	first := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
	impatient, cancel := context.WithCancelCause(limited(t))
	ended := make(chan error, 2)
	go func() {
		_, err := locks.Acquire(impatient, "report", quoin.LockOptions{Wait: time.Minute})
		ended <- err
	}()
	go func() {
		_, err := locks.Hold(impatient, "report", quoin.HoldOptions{})
		ended <- err
	}()
	waiters := func() int64 {
		return value[*locksv1.GetResponse](t)(locks.Get(limited(t), &locksv1.GetRequest{Name: "report"})).GetWaiterCount()
	}
	eventually(t, "they stand in line", func() bool { return waiters() == 2 })
	cancel(errors.New("enough"))
	for range 2 {
		if err := comes(t, "the end of the wait", ended); err == nil {
			t.Error("the wait ended without an error")
		}
	}
	eventually(t, "nobody stands in line", func() bool { return waiters() == 0 })
	must(t, first.Release(limited(t)))
	value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
}

func TestAReleaseGoesOnWhenItsContextHasEnded(t *testing.T) {
	locks := client(t).Locks
	lock := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "report", lease))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lock.Release(ended); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("fails with %v", err)
	}
	value[*quoin.Lock](t)(locks.Acquire(limited(t), "report", quoin.LockOptions{Wait: time.Minute}))
}

func TestReadersHoldALockTogether(t *testing.T) {
	locks := client(t).Locks
	reader := quoin.LockOptions{Lease: lease, Shared: true}
	first := value[*quoin.Lock](t)(locks.Acquire(limited(t), "prices", reader))
	value[*quoin.Lock](t)(locks.Acquire(limited(t), "prices", reader))
	value[*quoin.Lock](t)(locks.Hold(limited(t), "prices", quoin.HoldOptions{Shared: true}))

	equal(t, "readers", value[*locksv1.GetResponse](t)(locks.Get(limited(t), &locksv1.GetRequest{Name: "prices"})).GetReaderCount(), 3)
	if _, err := locks.TryAcquire(limited(t), "prices", lease); !errors.Is(err, quoin.ErrBusy) {
		t.Errorf("a writer gets %v", err)
	}
	must(t, first.Release(limited(t)))
}

func TestSeveralLocksAreTakenTogetherOrNotAtAll(t *testing.T) {
	locks := client(t).Locks
	names := []string{"account/7", "account/3"}
	set := value[*quoin.LockSet](t)(locks.AcquireAll(limited(t), names, quoin.LockOptions{Lease: lease}))
	equal(t, "held", set.Held(), true)
	equal(t, "first", set.Locks()[0].Name(), "account/7")
	equal(t, "by name", set.Get("account/3"), set.Locks()[1])

	_, err := locks.AcquireAll(limited(t), []string{"account/1", "account/3"}, quoin.LockOptions{})
	var busy *quoin.BusyError
	if !errors.As(err, &busy) || busy.Name != "account/3" {
		t.Errorf("fails with %v", err)
	}
	count := 0
	for page, err := range quoin.Pages(limited(t), locks.List, &locksv1.ListRequest{Prefix: "account/"}) {
		must(t, err)
		count += len(page.GetLocks())
	}
	equal(t, "listed", count, 2)
	must(t, set.Release(limited(t)))
	must(t, locks.DoAll(limited(t), names, quoin.LockOptions{}, func(_ context.Context, set *quoin.LockSet) error {
		if !set.Held() {
			return fmt.Errorf("not held")
		}
		return nil
	}))
	value[*quoin.LockSet](t)(locks.AcquireAll(limited(t), names, quoin.LockOptions{}))
}

func TestAWatchTellsWhatHappens(t *testing.T) {
	client := client(t)
	locks := client.Locks
	states := make(chan *locksv1.WatchResponse, 100)
	go func() {
		request := &locksv1.WatchRequest{Name: "report"}
		for state, err := range quoin.Stream(limited(t), client, locks.Watch, request) {
			if err != nil {
				return
			}
			states <- state
		}
	}()
	equal(t, "held at first", comes(t, "the present state", states).GetHeld(), false)
	lock := value[*quoin.Lock](t)(locks.Acquire(limited(t), "report", quoin.LockOptions{Label: "me"}))
	for state := comes(t, "the grant", states); state.GetFence() != lock.Fence() || !state.GetHeld(); {
		state = comes(t, "the grant", states)
	}
	must(t, lock.Release(limited(t)))
	for comes(t, "the release", states).GetHeld() {
	}
}

func TestAWatchOfWhatIsNoNameFails(t *testing.T) {
	client := client(t)
	for _, err := range quoin.Stream(limited(t), client, client.Locks.Watch, &locksv1.WatchRequest{}) {
		if !errors.Is(err, quoin.ErrInvalidRequest) {
			t.Fatalf("fails with %v", err)
		}
		return
	}
	t.Error("ends without an error")
}
