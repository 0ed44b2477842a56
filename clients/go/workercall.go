// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"io"
	"sync"
	"time"

	"google.golang.org/grpc"
)

const (
	// longestOutbox is how much may wait to be sent when what need not arrive is still taken.
	longestOutbox = 5000
	// closingTime is how long the server has to end a call that is over.
	closingTime = 5 * time.Second
)

// workerCall is one call of a worker. A goroutine of its own sends, in order, so that a server that
// reads slowly holds up nobody.
type workerCall[Q, R any] struct {
	stream grpc.BidiStreamingClient[Q, R]
	more   chan struct{}

	mu     sync.Mutex
	outbox []*Q
	ended  bool
}

// talk makes one call, to its end.
func (w *worker[Q, R]) talk(ctx context.Context, pause *pauses) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := w.connect(ctx)
	if err != nil {
		return err
	}
	call := &workerCall[Q, R]{stream: stream, more: make(chan struct{}, 1)}
	w.use(call)
	defer w.use(nil)
	go call.run(ctx)
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
		w.hear(w.news(answer))
	}
}

// use has everything sent over a call from now on; nil is none.
func (w *worker[Q, R]) use(call *workerCall[Q, R]) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.call = call
	if call == nil {
		return
	}
	credits := 0
	if !w.stopping {
		credits = max(0, 2*w.concurrency-len(w.waiting)-w.running-len(w.unsettled))
	}
	held := make([]*workItem, 0, len(w.known))
	for _, item := range w.known {
		held = append(held, item)
	}
	call.send(w.open(credits, held))
	for _, outcome := range w.unsettled {
		call.send(outcome)
	}
}

// endInTime ends a call when its worker has nothing more to do or say, and cuts it off when the
// patience with what the worker does ends.
func (w *worker[Q, R]) endInTime(
	ctx context.Context, cancel context.CancelFunc, call *workerCall[Q, R],
) {
	select {
	case <-ctx.Done():
	case <-w.impatient:
		cancel()
	case <-w.idle:
		call.end()
		if sleep(ctx, closingTime) {
			cancel()
		}
	}
}

// send sends something if there is a call. Called with the lock held.
func (w *worker[Q, R]) send(message *Q) {
	if w.call != nil {
		w.call.send(message)
	}
}

// offer sends something that need not arrive.
func (w *worker[Q, R]) offer(message *Q) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.call != nil && w.call.hasRoom() {
		w.call.send(message)
	}
}

func (c *workerCall[Q, R]) hasRoom() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.outbox) < longestOutbox
}

func (c *workerCall[Q, R]) send(message *Q) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outbox = append(c.outbox, message)
	notify(c.more)
}

// end sends nothing more once everything is sent.
func (c *workerCall[Q, R]) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	notify(c.more)
}

// run sends what there is to send until the call ends. That sending fails is seen by the goroutine
// that receives.
func (c *workerCall[Q, R]) run(ctx context.Context) {
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
