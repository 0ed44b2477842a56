// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	semaphoresv1 "github.com/quoin-dev/quoin/clients/go/semaphores/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

const abandonedTimes = 300

// abandon makes calls whose context ends a moment after each began, some by their deadline.
func abandon(t *testing.T, call func(ctx context.Context, name string) error) (names []string) {
	t.Helper()
	for i := range abandonedTimes {
		name := fmt.Sprint("lock ", i)
		names = append(names, name)
		ctx, cancel := context.WithCancel(t.Context())
		moment := rand.N(5 * time.Millisecond)
		if i%3 == 0 {
			ctx, cancel = context.WithTimeout(t.Context(), moment)
		} else {
			time.AfterFunc(moment, cancel)
		}
		_ = call(ctx, name)
		cancel()
	}
	return names
}

func free(t *testing.T, client *quoin.Client, names ...string) {
	t.Helper()
	for _, name := range names {
		eventually(t, name+" is free", func() bool {
			return !value[*locksv1.GetResponse](t)(client.Locks.Get(limited(t), &locksv1.GetRequest{Name: name})).GetHeld()
		})
	}
}

func TestAnAcquireWhoseContextEndsHoldsNothing(t *testing.T) {
	t.Parallel()
	client := client(t)
	free(t, client, abandon(t, func(ctx context.Context, name string) error {
		lock, err := client.Locks.TryAcquire(ctx, name, time.Hour)
		if err == nil {
			err = lock.Release(t.Context())
		}
		return err
	})...)
}

func TestAWaitWhoseContextEndsHoldsNothing(t *testing.T) {
	t.Parallel()
	client := client(t)
	lock := value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", time.Hour))
	waits := quoin.LockOptions{Lease: time.Hour, Wait: 20 * time.Second}
	abandon(t, func(ctx context.Context, _ string) error {
		released := lock
		go func() {
			time.Sleep(rand.N(5 * time.Millisecond))
			_ = released.Release(context.Background())
		}()
		if got, err := client.Locks.Acquire(ctx, "report", waits); err == nil {
			lock = got
		} else {
			lock = value[*quoin.Lock](t)(client.Locks.Acquire(limited(t), "report", waits))
		}
		return nil
	})
}

func TestAnAcquireOfSeveralWhoseContextEndsHoldsNothing(t *testing.T) {
	t.Parallel()
	client := client(t)
	for _, name := range abandon(t, func(ctx context.Context, name string) error {
		set, err := client.Locks.AcquireAll(ctx, []string{name + "a", name + "b"}, quoin.LockOptions{Lease: time.Hour})
		if err == nil {
			err = set.Release(t.Context())
		}
		return err
	}) {
		free(t, client, name+"a", name+"b")
	}
}

func TestPermitsWhoseContextEndsAreFree(t *testing.T) {
	t.Parallel()
	client := client(t)
	value[*semaphoresv1.ConfigureResponse](t)(client.Semaphores.Configure(limited(t), &semaphoresv1.ConfigureRequest{Name: "pool", Limit: 1000}))
	abandon(t, func(ctx context.Context, _ string) error {
		permits, err := client.Semaphores.Acquire(ctx, "pool", quoin.PermitOptions{Lease: time.Hour})
		if err == nil {
			err = permits.Release(t.Context())
		}
		return err
	})
	eventually(t, "all are free", func() bool {
		state, err := client.Semaphores.Get(limited(t), &semaphoresv1.GetRequest{Name: "pool"})
		return value[*semaphoresv1.GetResponse](t)(state, err).GetInUse() == 0
	})
}

func TestTasksOfALeaseWhoseContextEndsAreLeasedAgainAsBefore(t *testing.T) {
	t.Parallel()
	const leases, tasks = 60, 100
	client := client(t)
	batch := &queuesv1.EnqueueBatchRequest{Queue: "work"}
	for range tasks {
		batch.NewTasks = append(batch.NewTasks, quoin.NewTask("job", "work"))
	}
	value[*queuesv1.EnqueueBatchResponse](t)(client.Queues.EnqueueBatch(limited(t), batch))
	done := 0
	for i := range leases {
		ctx, cancel := context.WithCancel(t.Context())
		moment := rand.N(60 * time.Millisecond)
		if i%2 == 0 {
			moment = rand.N(3 * time.Millisecond)
		}
		if i%3 == 0 {
			ctx, cancel = context.WithTimeout(t.Context(), moment)
		} else {
			time.AfterFunc(moment, cancel)
		}
		request := &queuesv1.LeaseRequest{Queues: []string{"work", "more"}, Lease: durationpb.New(time.Hour)}
		if i%4 == 0 {
			request.Wait = durationpb.New(time.Minute)
		}
		leased, err := client.Queues.Lease(ctx, request)
		cancel()
		if err != nil {
			continue
		}
		for _, task := range leased.GetTasks() {
			done++
			value[*queuesv1.AckResponse](t)(client.Queues.Ack(limited(t), &queuesv1.AckRequest{Done: []*queuesv1.Done{
				{Queue: "work", TaskId: task.GetTaskId(), Token: task.GetToken()},
			}}))
		}
	}
	eventually(t, "all are back", func() bool {
		stats, err := client.Queues.GetStats(limited(t), &queuesv1.GetStatsRequest{Queue: "work"})
		return value[*queuesv1.GetStatsResponse](t)(stats, err).GetReadyCount() == int64(tasks-done)
	})
	rest := value[*queuesv1.LeaseResponse](t)(
		client.Queues.Lease(limited(t), &queuesv1.LeaseRequest{Queues: []string{"work"}, MaxItems: tasks}))
	equal(t, "tasks", len(rest.GetTasks()), tasks-done)
	for _, task := range rest.GetTasks() {
		equal(t, "attempt", task.GetAttempt(), 1)
	}
}

func TestAnAcquireThatTheEndOfItsClientCutsOffHoldsNothing(t *testing.T) {
	t.Parallel()
	namespace := quoin.WithNamespace(freshName())
	other := client(t, namespace)
	for i := range abandonedTimes / 10 {
		name := fmt.Sprint("lock ", i)
		brief := client(t, namespace)
		value[*locksv1.GetResponse](t)(brief.Locks.Get(limited(t), &locksv1.GetRequest{Name: name}))
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_, _ = brief.Locks.TryAcquire(context.Background(), name, time.Hour)
		}()
		time.Sleep(rand.N(5 * time.Millisecond))
		must(t, brief.Close())
		comes(t, "the end of the call", ended)
		equal(t, name, value[*locksv1.GetResponse](t)(other.Locks.Get(limited(t), &locksv1.GetRequest{Name: name})).GetHeld(), false)
	}
}
