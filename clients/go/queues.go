// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/grpc"
)

// Queues: work for later, done by workers in any language.
//
// [Queues.Enqueue] returns when the task is kept: from then on it is delivered until it is done,
// cancelled, or has failed as often as it may. It may be delivered more than once. [Queues.Work]
// does tasks.
type Queues struct {
	client *Client
	stub   queuesv1.QueuesClient
}

func newQueues(c *Client) *Queues { return &Queues{c, queuesv1.NewQueuesClient(c.conn)} }

// Stub is the generated client of the service.
func (q *Queues) Stub() queuesv1.QueuesClient { return q.stub }

// Schedules is the generated client of the service that adds tasks again and again.
func (q *Queues) Schedules() queuesv1.SchedulesClient {
	return queuesv1.NewSchedulesClient(q.client.conn)
}

// NewTask is a task of a kind, which is what its worker's handler goes by, with a payload of at
// most 512 KiB. Its other fields can be set as well: priority, delay, backoff and more.
func NewTask[P ~string | ~[]byte](kind string, payload P) *queuesv1.NewTask {
	return &queuesv1.NewTask{Kind: kind, Content: &queuesv1.NewTask_Payload{Payload: []byte(payload)}}
}

// Enqueue adds a task, once, and returns its id; that of the task that is there when its dedup key
// is known. It fails with [ErrInvalidRequest] when the queue's name or the task is not allowed, with
// [ReasonQueueFull] when the queue holds as many tasks as it may, and with [ErrUnavailable] when no
// server, or no Redis, could be reached.
func (q *Queues) Enqueue(ctx context.Context, queue string, task *queuesv1.NewTask) (string, error) {
	answer, err := q.stub.Enqueue(ctx, &queuesv1.EnqueueRequest{Queue: queue, Task: task})
	return answer.GetTaskId(), err
}

// EnqueueBatch adds tasks to one queue, all of them or none, in their order, and returns their ids:
// 1 to 1,000, as many as fit into 4 MiB.
func (q *Queues) EnqueueBatch(
	ctx context.Context, queue string, tasks []*queuesv1.NewTask,
) ([]string, error) {
	answer, err := q.stub.EnqueueBatch(ctx, &queuesv1.EnqueueBatchRequest{
		Queue: queue, NewTasks: tasks,
	})
	if err != nil {
		return nil, err
	}
	ids := make([]string, 0, len(tasks))
	for _, result := range answer.GetResults() {
		ids = append(ids, result.GetTaskId())
	}
	return ids, nil
}

// Get tells about a task. It fails with [ReasonTaskNotFound] when it is not, or no longer, known.
func (q *Queues) Get(ctx context.Context, queue, taskID string) (*queuesv1.TaskStatus, error) {
	answer, err := q.stub.Get(ctx, &queuesv1.GetRequest{Queue: queue, TaskId: taskID})
	return answer.GetStatus(), err
}

// Wait waits until a task is done, dead or cancelled, whatever becomes of servers, and tells how it
// ended. It fails with [ReasonTaskNotFound] when the task is not, or no longer, known.
func (q *Queues) Wait(ctx context.Context, queue, taskID string) (*queuesv1.TaskStatus, error) {
	states := follow(ctx, q.client, queuesv1.Queues_Wait_FullMethodName, nil,
		func(ctx context.Context) (grpc.ServerStreamingClient[queuesv1.WaitResponse], error) {
			return q.stub.Wait(ctx, &queuesv1.WaitRequest{Queue: queue, TaskId: taskID})
		})
	for state, err := range states {
		if err != nil {
			return nil, err
		}
		switch state.GetStatus().GetState() {
		case queuesv1.TaskState_TASK_STATE_DONE, queuesv1.TaskState_TASK_STATE_DEAD,
			queuesv1.TaskState_TASK_STATE_CANCELLED:
			return state.GetStatus(), nil
		}
	}
	return nil, context.Cause(ctx)
}

// Cancel cancels a task that waits, or asks its worker to stop. It returns the state of the task
// now: cancelled, leased while its worker has it, or how it had ended.
func (q *Queues) Cancel(ctx context.Context, queue, taskID string) (queuesv1.TaskState, error) {
	answer, err := q.stub.Cancel(ctx, &queuesv1.CancelRequest{Queue: queue, TaskId: taskID})
	return answer.GetState(), err
}

// Stats tells how much work a queue has and how fast it comes and goes.
func (q *Queues) Stats(ctx context.Context, queue string) (*queuesv1.StatsResponse, error) {
	return q.stub.Stats(ctx, &queuesv1.StatsRequest{Queue: queue})
}
