// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
)

func TestAHeldLockIsRenewedByTheServerAndFreedWhenItIsReleased(t *testing.T) {
	t.Parallel()
	locks := client(t).Locks
	lock := value[*quoin.Lock](t)(locks.Hold(limited(t), "leader", quoin.HoldOptions{Lease: 6 * time.Second}))
	first := lock.ExpireTime()
	eventually(t, "it is renewed", func() bool { return lock.ExpireTime().Sub(first) > 1500*time.Millisecond })
	equal(t, "whether it is held", lock.Held(), true)

	must(t, lock.Release(limited(t)))

	value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "leader", lease))
	equal(t, "what was lost", lock.Err(), nil)
}

func TestAHoldTellsItsPlaceInLine(t *testing.T) {
	locks := client(t).Locks
	first := value[*quoin.Lock](t)(locks.TryAcquire(limited(t), "leader", lease))
	var position atomic.Int64
	served := make(chan *quoin.Lock)
	go func() {
		lock, err := locks.Hold(limited(t), "leader", quoin.HoldOptions{OnWaiting: position.Store})
		if err != nil {
			t.Error(err)
		}
		served <- lock
	}()
	eventually(t, "the place is told", func() bool { return position.Load() == 1 })
	must(t, first.Release(limited(t)))
	equal(t, "whether it is held", comes(t, "the lock", served).Held(), true)
}

func TestAHeldLockIsLostWhenItIsRevoked(t *testing.T) {
	t.Parallel()
	locks := client(t).Locks
	lock := value[*quoin.Lock](t)(locks.Hold(limited(t), "leader", quoin.HoldOptions{Lease: 6 * time.Second}))
	value[*locksv1.RevokeResponse](t)(locks.Revoke(limited(t), &locksv1.RevokeRequest{Name: "leader", Explanation: "it hangs", Actor: "ops"}))

	comes(t, "the loss", lock.Lost())

	var loss *quoin.LostError
	if err := lock.Err(); !errors.As(err, &loss) || loss.Reason != quoin.LostRevoked || loss.Explanation != "it hangs" || loss.Actor != "ops" {
		t.Errorf("the loss is %v", err)
	}
}
