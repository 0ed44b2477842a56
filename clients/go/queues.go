// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
)

// Queues keeps work for later, done by workers in any language.
//
// The RPC Enqueue returns when the task is kept: from then on it is delivered until it is done,
// cancelled, or has failed as often as it may. It may be delivered more than once. [Queues.Work]
// carries out tasks.
//
// Work and Wait stand in the place of the RPCs they drive, which remain at QueuesClient. The other
// RPCs are methods of this type.
type Queues struct {
	queuesv1.QueuesClient
	core *clientCore
}

// NewTask is a task of a kind, by which its worker finds the handler, with a payload of at most
// 512 KiB. Its other fields can be set as well: priority, delay, backoff and more.
func NewTask[P ~string | ~[]byte](kind string, payload P) *queuesv1.NewTask {
	return &queuesv1.NewTask{Kind: kind, Content: &queuesv1.NewTask_Payload{Payload: []byte(payload)}}
}

// Wait waits until a task is done, dead or cancelled, whatever happens to servers, and returns how it
// ended. It fails with [ReasonTaskNotFound] when the task is not, or no longer, known.
func (q *Queues) Wait(ctx context.Context, queue, taskID string) (*queuesv1.TaskStatus, error) {
	states := &resumableStream[*queuesv1.WaitRequest, queuesv1.WaitResponse]{
		core: q.core, open: q.QueuesClient.Wait,
		request: &queuesv1.WaitRequest{Queue: queue, TaskId: taskID},
	}
	for state, err := range states.all(ctx) {
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
