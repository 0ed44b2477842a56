// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"io"
	"sync"
	"time"

	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// longestOutbox is how much may wait to be sent when progress is still told.
	longestOutbox = 5000
	// farewell is how long the server has to end a call that is over.
	farewell = 5 * time.Second
)

// workCall is one call of a worker. What is said is sent by a goroutine of its own, in order, so
// that a server that reads slowly holds up nobody.
type workCall struct {
	stream grpc.BidiStreamingClient[queuesv1.WorkRequest, queuesv1.WorkResponse]
	more   chan struct{}

	mu     sync.Mutex
	outbox []*queuesv1.WorkRequest
	ended  bool
}

// converse carries out one call, to its end.
func (w *worker) converse(ctx context.Context, pause *pauses) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.queues.QueuesClient.Work(ctx)
	if err != nil {
		return err
	}
	call := &workCall{stream: stream, more: make(chan struct{}, 1)}
	w.opened(call)
	defer w.opened(nil)
	go call.send(ctx)
	go w.endInTime(ctx, cancel, call)
	for {
		answer, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		pause.reset()
		w.log.alive()
		w.hear(answer)
	}
}

// opened has everything said over a call from now on; nil is none.
func (w *worker) opened(call *workCall) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.call = call
	if call == nil {
		return
	}
	open := &queuesv1.WorkRequest_Open{
		Queues:       w.options.Queues,
		Lease:        durationpb.New(w.options.Lease),
		ReportsStart: true,
	}
	if len(w.options.Weights) > 0 {
		open.Preference = queuesv1.Preference_PREFERENCE_WEIGHTED
		open.Weights = w.options.Weights
	}
	for kind := range w.options.Handlers {
		open.Kinds = append(open.Kinds, kind)
	}
	if !w.stopping {
		busy := len(w.waiting) + w.running + len(w.unsettled)
		open.Credits = int32(max(0, 2*w.options.Concurrency-busy))
	}
	for _, task := range w.known {
		open.Held = append(open.Held, task.held())
	}
	call.say(&queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Open_{Open: open}})
	for _, outcome := range w.unsettled {
		call.say(outcome)
	}
}

// endInTime ends a call when its worker has nothing more to do or say, and cuts it off when the
// patience with the worker's tasks ends.
func (w *worker) endInTime(ctx context.Context, cancel context.CancelFunc, call *workCall) {
	select {
	case <-ctx.Done():
	case <-w.impatient:
		cancel()
	case <-w.idle:
		call.end()
		if sleep(ctx, farewell) {
			cancel()
		}
	}
}

// hear takes what the server says.
func (w *worker) hear(answer *queuesv1.WorkResponse) {
	switch said := answer.GetMessage().(type) {
	case *queuesv1.WorkResponse_Tasks_:
		for _, task := range said.Tasks.GetTasks() {
			w.take(task)
		}
	case *queuesv1.WorkResponse_Settled_:
		for _, outcome := range said.Settled.GetOutcomes() {
			w.settled(outcome)
		}
	case *queuesv1.WorkResponse_Lost_:
		w.end(said.Lost.GetTaskId(), said.Lost.GetToken(), ErrTaskLost)
	case *queuesv1.WorkResponse_Cancelled_:
		w.end(said.Cancelled.GetTaskId(), said.Cancelled.GetToken(), ErrTaskCancelled)
	}
}

// say says something that need not arrive.
func (w *worker) say(message *queuesv1.WorkRequest) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sayNow(message)
}

// sayNow is say with the lock held.
func (w *worker) sayNow(message *queuesv1.WorkRequest) {
	if w.call != nil {
		w.call.say(message)
	}
}

func (c *workCall) say(message *queuesv1.WorkRequest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if message.GetProgress() != nil && len(c.outbox) >= longestOutbox {
		return
	}
	c.outbox = append(c.outbox, message)
	c.wake()
}

// end says nothing more once everything is sent.
func (c *workCall) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	c.wake()
}

func (c *workCall) wake() {
	select {
	case c.more <- struct{}{}:
	default:
	}
}

// send sends what is said until the call ends. That sending fails is seen by who receives.
func (c *workCall) send(ctx context.Context) {
	for {
		c.mu.Lock()
		messages, ended := c.outbox, c.ended
		c.outbox = nil
		c.mu.Unlock()
		for _, message := range messages {
			if c.stream.Send(message) != nil {
				return
			}
		}
		if len(messages) > 0 {
			continue
		}
		if ended {
			_ = c.stream.CloseSend()
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-c.more:
		}
	}
}

func credits(count int32) *queuesv1.WorkRequest {
	return &queuesv1.WorkRequest{Message: &queuesv1.WorkRequest_Credits{Credits: count}}
}
