// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	semaphoresv1 "github.com/quoin-dev/quoin/clients/go/semaphores/v1"
)

func TestPermitsAreLimited(t *testing.T) {
	semaphores := client(t).Semaphores
	if _, err := semaphores.TryAcquire(limited(t), "api", lease); !errors.Is(err, quoin.ReasonSemaphoreNotFound) ||
		!errors.Is(err, quoin.ErrNotFound) {
		t.Errorf("without a limit: %v", err)
	}
	value[*semaphoresv1.ConfigureResponse](t)(semaphores.Configure(limited(t), &semaphoresv1.ConfigureRequest{Name: "api", Limit: 3}))
	two := value[*quoin.Permits](t)(semaphores.Acquire(limited(t), "api", quoin.PermitOptions{Permits: 2}))
	equal(t, "count", two.Count(), 2)
	one := value[*quoin.Permits](t)(semaphores.TryAcquire(limited(t), "api", lease))
	equal(t, "count", one.Count(), 1)

	permits, err := semaphores.TryAcquire(limited(t), "api", lease)
	equal(t, "busy", errors.Is(err, quoin.ErrBusy), true)
	equal(t, "permits", permits, nil)
	_, err = semaphores.Acquire(limited(t), "api", quoin.PermitOptions{Permits: 4})
	equal(t, "too many", errors.Is(err, quoin.ReasonSemaphoreLimitExceeded), true)

	must(t, two.Release(limited(t)))
	must(t, one.Release(limited(t)))
	value[*semaphoresv1.DeleteResponse](t)(semaphores.Delete(limited(t), &semaphoresv1.DeleteRequest{Name: "api"}))
}

func TestPermitsAreHeldByAStreamAndWaitedFor(t *testing.T) {
	semaphores := client(t).Semaphores
	options := quoin.PermitOptions{Limit: 1, Lease: lease, Wait: time.Minute, Label: "stream"}
	held := value[*quoin.Permits](t)(semaphores.Hold(limited(t), "api", options))
	state := func() *semaphoresv1.GetResponse {
		return value[*semaphoresv1.GetResponse](t)(semaphores.Get(limited(t), &semaphoresv1.GetRequest{Name: "api"}))
	}
	equal(t, "holder", state().GetHolders()[0].GetLabel(), "stream")
	done := make(chan error)
	go func() {
		done <- semaphores.Do(limited(t), "api", options, func(context.Context, *quoin.Permits) error { return nil })
	}()
	eventually(t, "it stands in line", func() bool { return state().GetWaiterCount() == 1 })
	must(t, held.Release(limited(t)))
	must(t, comes(t, "the end of the work", done))
	for page, err := range quoin.Pages(limited(t), semaphores.List, &semaphoresv1.ListRequest{}) {
		must(t, err)
		for _, one := range page.GetSemaphores() {
			equal(t, "name", one.GetName(), "api")
		}
	}
}

func TestPermitsThatAreRevokedAreLost(t *testing.T) {
	t.Parallel()
	semaphores := client(t).Semaphores
	options := quoin.PermitOptions{Limit: 2, Lease: 6 * time.Second}
	renewed := value[*quoin.Permits](t)(semaphores.Acquire(limited(t), "api", options))
	held := value[*quoin.Permits](t)(semaphores.Hold(limited(t), "api", options))
	state := value[*semaphoresv1.GetResponse](t)(semaphores.Get(limited(t), &semaphoresv1.GetRequest{Name: "api"}))
	for _, holder := range state.GetHolders() {
		revoke := &semaphoresv1.RevokeRequest{Name: "api", Id: holder.GetId(), Explanation: "maintenance", Actor: "ops"}
		equal(t, "permits", value[*semaphoresv1.RevokeResponse](t)(semaphores.Revoke(limited(t), revoke)).GetPermits(), 1)
	}
	for _, permits := range []*quoin.Permits{renewed, held} {
		comes(t, "the loss", permits.Lost())
		var loss *quoin.LostError
		if !errors.As(permits.Err(), &loss) || loss.Reason != quoin.LostRevoked || loss.Explanation != "maintenance" || loss.Actor != "ops" {
			t.Errorf("the loss is %v", permits.Err())
		}
	}
}
