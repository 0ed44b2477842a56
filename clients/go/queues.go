// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

// defaultTaskLease is how long a task is leased unless something else is asked for.
const defaultTaskLease = 30 * time.Second

// Queues keeps work for later, done by workers in any language.
//
// The RPC Enqueue returns when the task is kept: from then on it is delivered until it is done,
// cancelled, or has failed as often as it may. It may be delivered more than once. [Queues.Work]
// carries out tasks.
//
// Lease, Work and Wait stand in the place of the RPCs they drive, which remain at QueuesClient. The
// other RPCs are methods of this type.
type Queues struct {
	queuesv1.QueuesClient
	core *clientCore
}

// NewTask is a task of a kind, by which its worker finds the handler, with a payload of at most
// 512 KiB. Its other fields can be set as well: priority, delay, backoff and more.
func NewTask[P ~string | ~[]byte](kind string, payload P) *queuesv1.NewTask {
	return &queuesv1.NewTask{Kind: kind, Content: &queuesv1.NewTask_Payload{Payload: []byte(payload)}}
}

// Lease leases tasks. What it leased is given back in the background when the call ends without its
// answer, because its context ended, it took too long, or no server could be reached in the end: the
// tasks go to their old places and no attempt is used. A request that brings a RequestId is the
// caller's to repeat, or to give back by Release.
func (q *Queues) Lease(
	ctx context.Context, in *queuesv1.LeaseRequest, options ...grpc.CallOption,
) (answer *queuesv1.LeaseResponse, err error) {
	if in.GetRequestId() != "" {
		return q.QueuesClient.Lease(ctx, in, options...)
	}
	asked := &queuesv1.LeaseRequest{}
	proto.Merge(asked, in)
	lease := defaultTaskLease
	if in.GetLease() != nil {
		lease = in.GetLease().AsDuration()
	}
	calls := &leaseCalls{
		name: strings.Join(asked.GetQueues(), ", "), lease: lease,
		release: func(ctx context.Context, _, requestID string) error {
			_, err := q.QueuesClient.Release(ctx, &queuesv1.ReleaseRequest{
				Queues: asked.GetQueues(), LeaseRequestId: requestID,
			})
			return err
		},
	}
	err = acquire(ctx, q.core, []*leaseCalls{calls},
		func(ctx context.Context, requestID string) (*queuesv1.LeaseResponse, error) {
			asked.RequestId = requestID
			return q.QueuesClient.Lease(ctx, asked, options...)
		},
		func(_ context.Context, leased *queuesv1.LeaseResponse) error {
			answer = leased
			return nil
		})
	return answer, err
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

// WorkerOptions say how a worker works.
type WorkerOptions struct {
	// Queues it works for: 1 to 16. The first one that has tasks is served first, unless there are
	// Weights.
	Queues []string
	// Handlers carry out the tasks, by kind: 1 to 256.
	Handlers map[string]Handler
	// Concurrency is how many tasks it carries out at the same time: 1 to 500, 10 by default. As many
	// more are fetched ahead.
	Concurrency int
	// Lease is how long a task stays with it when its server dies: 3 s to 1 h, 30 s by default.
	Lease time.Duration
	// Weights make the queues peers, served by lot in proportion: one of 1 to 100 for each.
	Weights []int32
	// Patience is how long stopping waits for the tasks being carried out; 30 s by default.
	Patience time.Duration
}

// Work carries out tasks until ctx ends. Then it begins no more, waits for those being carried out,
// reports how they ended, and returns nil; tasks that take longer than the options have patience for,
// and those not begun, go to other workers. A call that breaks is opened again at whatever server;
// tasks that are being carried out are taken along.
//
// Work returns an error when the options are not allowed, when its patience ends, and [ErrClosed]
// when the client is closed.
func (q *Queues) Work(ctx context.Context, options WorkerOptions) error {
	if len(options.Handlers) == 0 {
		return errors.New("quoin: a worker needs a handler")
	}
	if options.Concurrency == 0 {
		options.Concurrency = 10
	}
	if options.Lease == 0 {
		options.Lease = defaultTaskLease
	}
	if options.Patience == 0 {
		options.Patience = 30 * time.Second
	}
	// The caller may change its own.
	options.Queues, options.Handlers = slices.Clone(options.Queues), maps.Clone(options.Handlers)
	options.Weights = slices.Clone(options.Weights)
	w := &worker[queuesv1.WorkRequest, queuesv1.WorkResponse]{
		core: q.core, concurrency: options.Concurrency, patience: options.Patience,
	}
	w.workProtocol = workProtocol[queuesv1.WorkRequest, queuesv1.WorkResponse]{
		name:    "work of " + strings.Join(options.Queues, ", "),
		connect: q.QueuesClient.Work,
		open: func(credits int, held []*workItem) *queuesv1.WorkRequest {
			return options.open(credits, held)
		},
		credits: func(count int) *queuesv1.WorkRequest {
			return &queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Credits{Credits: int32(count)}}
		},
		started: func(item *workItem) *queuesv1.WorkRequest {
			started := &queuesv1.WorkRequest_Started{TaskIds: []string{item.id}}
			return &queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Started_{Started: started}}
		},
		failed: func(item *workItem, text string) *queuesv1.WorkRequest {
			return item.task.(*Task).failed(text)
		},
		carryOut: func(item *workItem) *queuesv1.WorkRequest {
			return options.carryOut(item.ctx, item.task.(*Task))
		},
		news: func(response *queuesv1.WorkResponse) workNews { return workNewsOf(response, w.offer) },
	}
	return w.work(ctx)
}

func (o *WorkerOptions) open(credits int, held []*workItem) *queuesv1.WorkRequest {
	open := &queuesv1.WorkRequest_Open{
		Queues: o.Queues, Kinds: slices.Sorted(maps.Keys(o.Handlers)),
		Lease: durationpb.New(o.Lease), Credits: int32(credits), ReportsStart: true,
	}
	if len(o.Weights) > 0 {
		open.Preference = queuesv1.Preference_PREFERENCE_WEIGHTED
		open.Weights = o.Weights
	}
	for _, item := range held {
		open.HeldTasks = append(open.HeldTasks, item.task.(*Task).held())
	}
	return &queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Open_{Open: open}}
}

func (o *WorkerOptions) carryOut(ctx context.Context, task *Task) *queuesv1.WorkRequest {
	handler := o.Handlers[task.Kind()]
	if handler == nil {
		return task.failed(fmt.Sprintf("no handler for %q", task.Kind()))
	}
	result, err := handler(ctx, task)
	switch {
	case err != nil:
		return task.failedWith(err)
	case len(result) > longestResult:
		return task.failedWith(
			Dead(fmt.Errorf("a result of %d bytes, more than %d", len(result), longestResult)))
	default:
		return task.done(result)
	}
}

func workNewsOf(
	response *queuesv1.WorkResponse, offer func(*queuesv1.WorkRequest),
) (news workNews) {
	for _, leased := range response.GetDelivery().GetTasks() {
		news.items = append(news.items, &workItem{
			id: leased.GetTaskId(), token: leased.GetToken(), task: &Task{leased, offer},
		})
	}
	for _, outcome := range response.GetSettled().GetOutcomes() {
		if outcome.GetExpireTime() == nil { // otherwise it is about progress
			news.settled = append(news.settled, outcome.GetTaskId())
		}
	}
	if lost := response.GetTaskLost(); lost != nil {
		news.ends = append(news.ends, workEnd{lost.GetTaskId(), lost.GetToken(), ErrTaskLost, true})
	}
	if cancelled := response.GetTaskCancelled(); cancelled != nil {
		news.ends = append(news.ends,
			workEnd{cancelled.GetTaskId(), cancelled.GetToken(), ErrTaskCancelled, false})
	}
	return news
}
