// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// work runs a worker until stop is called, which returns what Work returned.
func work(t *testing.T, client *quoin.Client, options quoin.WorkerOptions) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- client.Queues.Work(ctx, options) }()
	t.Cleanup(cancel)
	return func() error {
		cancel()
		return comes(t, "the end of the worker", ended)
	}
}

func handlers(handler quoin.Handler) map[string]quoin.Handler {
	return map[string]quoin.Handler{"job": handler}
}

func TestATaskIsDoneAndItsResultIsTold(t *testing.T) {
	client := client(t)
	stop := work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"},
		Handlers: handlers(func(_ context.Context, task *quoin.Task) ([]byte, error) {
			task.Progress("half")
			return []byte(fmt.Sprintf("%s %s %d", task.Kind(), task.Payload(), task.Attempt())), nil
		}),
	})
	id := enqueue(t, client, quoin.NewTask("job", "hello"))

	end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", id))

	equal(t, "state", end.GetState(), queuesv1.TaskState_TASK_STATE_DONE)
	equal(t, "result", string(end.GetResult()), "job hello 1")
	must(t, stop())
}

func TestAHandlerSaysHowAFailedTaskGoesOn(t *testing.T) {
	client := client(t)
	work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"},
		Handlers: handlers(func(_ context.Context, task *quoin.Task) ([]byte, error) {
			switch {
			case string(task.Payload()) == "wrong":
				return nil, quoin.Dead(errors.New("no such seller"))
			case string(task.Payload()) == "panic" && task.Attempt() == 1:
				panic("ouch")
			case string(task.Payload()) == "long":
				return make([]byte, 70_000), nil
			case task.Attempt() == 1:
				return nil, quoin.RetryAfter(10*time.Millisecond, errors.New(strings.Repeat("ä", 2000)))
			}
			return nil, nil
		}),
	})
	for payload, want := range map[string]queuesv1.TaskState{
		"wrong": queuesv1.TaskState_TASK_STATE_DEAD,
		"long":  queuesv1.TaskState_TASK_STATE_DEAD,
		"busy":  queuesv1.TaskState_TASK_STATE_DONE,
		"panic": queuesv1.TaskState_TASK_STATE_DONE,
	} {
		id := enqueue(t, client, quoin.NewTask("job", payload))
		end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", id))
		equal(t, payload, end.GetState(), want)
		equal(t, "whether the failure is known", len(end.GetErrors()) > 0 && end.GetErrors()[0].GetError() != "", true)
	}
}

func TestWhatAHandlerSaysOfAFailedTaskReadsWell(t *testing.T) {
	client := client(t)
	const refusal = "quoin: a task is tried again after 0 to 7 days, not after "
	ways := map[string]struct {
		err      error
		attempts int
		text     string
	}{
		"dead":      {quoin.Dead(nil), 1, "rejected"},
		"typed":     {quoin.Dead((*quoin.Error)(nil)), 1, "*quoin.Error, whose text cannot be made"},
		"again":     {quoin.RetryAfter(0, nil), 2, "to be tried again"},
		"too late":  {quoin.RetryAfter(7*24*time.Hour+1, errors.New("busy")), 2, refusal + "168h0m0.000000001s\nbusy"},
		"never":     {quoin.RetryAfter(math.MaxInt64, nil), 2, refusal + "2562047h47m16.854775807s"},
		"too early": {quoin.RetryAfter(-1, nil), 2, refusal + "-1ns"},
	}
	work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"},
		Handlers: handlers(func(_ context.Context, task *quoin.Task) ([]byte, error) {
			return nil, ways[string(task.Payload())].err
		}),
	})
	for name, want := range ways {
		task := quoin.NewTask("job", name)
		task.MaxAttempts = 2
		task.Backoff = &queuesv1.Backoff{Initial: durationpb.New(time.Millisecond)}
		id := enqueue(t, client, task)
		end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", id))
		equal(t, name+": state", end.GetState(), queuesv1.TaskState_TASK_STATE_DEAD)
		equal(t, name+": attempts", len(end.GetErrors()), want.attempts)
		equal(t, name+": text", end.GetErrors()[0].GetError(), want.text)
	}
}

func TestAllTasksOfABatchAreDoneAndNotTooManyAtOnce(t *testing.T) {
	client := client(t)
	var tasks []*queuesv1.NewTask
	for i := range 200 {
		tasks = append(tasks, quoin.NewTask("job", fmt.Sprint(i)))
	}
	batch := &queuesv1.EnqueueBatchRequest{Queue: "many", NewTasks: tasks}
	kept := value[*queuesv1.EnqueueBatchResponse](t)(client.Queues.EnqueueBatch(limited(t), batch))
	equal(t, "tasks", len(kept.GetResults()), 200)
	var inside, most, done atomic.Int32
	stop := work(t, client, quoin.WorkerOptions{
		Queues: []string{"many"}, Concurrency: 4,
		Handlers: handlers(func(context.Context, *quoin.Task) ([]byte, error) {
			now := inside.Add(1)
			for before := most.Load(); now > before && !most.CompareAndSwap(before, now); before = most.Load() {
			}
			inside.Add(-1)
			done.Add(1)
			return nil, nil
		}),
	})
	eventually(t, "all are done", func() bool { return done.Load() == 200 })
	equal(t, "whether too many were done at once", most.Load() <= 4, true)
	must(t, stop())
	stats := value[*queuesv1.GetStatsResponse](t)(client.Queues.GetStats(limited(t), &queuesv1.GetStatsRequest{Queue: "many"}))
	equal(t, "finished", stats.GetFinishedCount(), 200)
}

func TestAWorkerThatStopsEndsWhatItDoesAndGivesBackTheRest(t *testing.T) {
	client := client(t)
	began, goOn := make(chan string, 10), make(chan struct{})
	stop := work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"}, Concurrency: 1,
		Handlers: handlers(func(_ context.Context, task *quoin.Task) ([]byte, error) {
			began <- task.ID()
			<-goOn
			return nil, nil
		}),
	})
	var ids []string
	for range 2 {
		ids = append(ids, enqueue(t, client, quoin.NewTask("job", "")))
	}
	equal(t, "begun", comes(t, "the first task", began), ids[0])
	eventually(t, "the second is fetched ahead", func() bool {
		return value[*queuesv1.GetStatsResponse](t)(client.Queues.GetStats(limited(t), &queuesv1.GetStatsRequest{Queue: "mail"})).GetLeasedCount() == 2
	})
	time.AfterFunc(100*time.Millisecond, func() { close(goOn) })

	must(t, stop())

	first := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", ids[0]))
	equal(t, "state", first.GetState(), queuesv1.TaskState_TASK_STATE_DONE)
	eventually(t, "the second is given back, unbegun", func() bool {
		second := value[*queuesv1.GetResponse](t)(client.Queues.Get(limited(t), &queuesv1.GetRequest{Queue: "mail", TaskId: ids[1]})).GetStatus()
		return second.GetState() == queuesv1.TaskState_TASK_STATE_READY && second.GetAttempts() == 0
	})
}

func TestAWorkerWithoutPatienceLeavesItsTasksToOthers(t *testing.T) {
	client := client(t)
	began, ended := make(chan struct{}, 10), make(chan struct{}, 10)
	stop := work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"}, Patience: 50 * time.Millisecond,
		Handlers: handlers(func(ctx context.Context, _ *quoin.Task) ([]byte, error) {
			began <- struct{}{}
			<-ctx.Done()
			ended <- struct{}{}
			return nil, ctx.Err()
		}),
	})
	id := enqueue(t, client, quoin.NewTask("job", ""))
	comes(t, "the task", began)
	if err := stop(); err == nil {
		t.Error("nothing is said about the task that was left")
	}
	comes(t, "the end of the handler", ended)
	eventually(t, "others can have it", func() bool {
		state := value[*queuesv1.GetResponse](t)(client.Queues.Get(limited(t), &queuesv1.GetRequest{Queue: "mail", TaskId: id})).GetStatus().GetState()
		return state != queuesv1.TaskState_TASK_STATE_LEASED
	})
}

func TestATaskThatIsCancelledIsToldToItsHandler(t *testing.T) {
	client := client(t)
	began, causes := make(chan struct{}, 10), make(chan error, 10)
	work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"},
		Handlers: handlers(func(ctx context.Context, _ *quoin.Task) ([]byte, error) {
			began <- struct{}{}
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return nil, ctx.Err()
		}),
	})
	id := enqueue(t, client, quoin.NewTask("job", ""))
	comes(t, "the task", began)
	value[*queuesv1.CancelResponse](t)(client.Queues.Cancel(limited(t), &queuesv1.CancelRequest{Queue: "mail", TaskId: id}))
	equal(t, "cause", comes(t, "the cause", causes), quoin.ErrTaskCancelled)
	end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", id))
	equal(t, "state", end.GetState(), queuesv1.TaskState_TASK_STATE_CANCELLED)
}

func TestAWorkerThatMakesNoSenseEnds(t *testing.T) {
	client := client(t)
	if err := client.Queues.Work(limited(t), quoin.WorkerOptions{Queues: []string{"mail"}}); err == nil {
		t.Error("a worker without handlers works")
	}
	none := handlers(func(context.Context, *quoin.Task) ([]byte, error) { return nil, nil })
	err := client.Queues.Work(limited(t), quoin.WorkerOptions{Handlers: none})
	equal(t, "invalid", errors.Is(err, quoin.ErrInvalidRequest), true)
	_, err = client.Queues.Wait(limited(t), "mail", "none")
	equal(t, "not found", errors.Is(err, quoin.ReasonTaskNotFound), true)
}

func TestTheEndOfTheClientIsTheEndOfItsWorkers(t *testing.T) {
	client := client(t)
	ended := make(chan error, 1)
	none := handlers(func(context.Context, *quoin.Task) ([]byte, error) { return nil, nil })
	began := make(chan struct{})
	go func() {
		close(began)
		ended <- client.Queues.Work(context.Background(), quoin.WorkerOptions{Queues: []string{"mail"}, Handlers: none})
	}()
	comes(t, "the worker", began)
	must(t, client.Close())
	equal(t, "error", comes(t, "the end of the worker", ended), quoin.ErrClosed)
}
