// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"io"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// pumpAhead is how many requests may wait for their answers; what comes is collected meanwhile.
	pumpAhead = 8
	// repeatable is how long a request is repeated: servers remember its id for ten minutes.
	repeatable = 9 * time.Minute
	// mostFailures is how often in a row a request may end a stream with an error that no server
	// explains.
	mostFailures = 5
)

// pump sends what has been collected, at intervals, over a stream that answers every request. What
// was not answered when a stream breaks is sent again over the next one; requests carry ids, so
// that nothing is done twice.
type pump[Q, R any] struct {
	open     func(ctx context.Context) (grpc.BidiStreamingClient[Q, R], error)
	next     func() *Q // the next request; nil when nothing is collected
	answered func(*R)
	lost     func(*Q) // a request was given up: it is bad, or could not be sent in time

	client  *Client
	cancel  context.CancelFunc
	closed  atomic.Bool // nothing is collected any more
	hurry   chan struct{}
	closing chan struct{}
	ended   chan struct{}
	log     streamLog
	stream  grpc.BidiStreamingClient[Q, R]
	hang    context.CancelFunc // ends the stream
}

func startPump[Q, R any](c *Client, method string, p *pump[Q, R]) *pump[Q, R] {
	p.client = c
	p.log = streamLog{client: c, stream: method}
	p.hurry, p.closing, p.ended = make(chan struct{}, 1), make(chan struct{}, 1), make(chan struct{})
	ctx, cancel := context.WithCancel(c.running)
	p.cancel = cancel
	if c.opened(p) != nil {
		p.closed.Store(true)
		cancel()
	}
	go p.run(ctx)
	return p
}

// push sends what is collected now.
func (p *pump[Q, R]) push() { poke(p.hurry) }

// Close sends what is collected, as long as a call may take.
func (p *pump[Q, R]) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), p.client.deadline)
	defer cancel()
	p.close(ctx)
	return nil
}

func (p *pump[Q, R]) close(ctx context.Context) {
	p.closed.Store(true)
	poke(p.closing)
	select {
	case <-p.ended:
	case <-ctx.Done():
	}
	p.cancel()
	<-p.ended
	p.client.forget(p)
}

func (p *pump[Q, R]) run(ctx context.Context) {
	defer close(p.ended)
	period := time.NewTicker(recordPeriod)
	defer period.Stop()
	for over := false; !over; {
		select {
		case <-period.C:
		case <-p.hurry:
		case <-p.closing:
			over = true
		case <-ctx.Done():
			over = true
		}
		for window := p.window(); len(window) > 0; window = p.window() {
			p.deliver(ctx, window)
		}
	}
	p.drop()
}

func (p *pump[Q, R]) window() (window []*Q) {
	for len(window) < pumpAhead {
		request := p.next()
		if request == nil {
			break
		}
		window = append(window, request)
	}
	return window
}

// deliver sends requests until they are answered or given up.
func (p *pump[Q, R]) deliver(ctx context.Context, window []*Q) {
	begin := time.Now()
	var pause pauses
	failures := 0
	for len(window) > 0 {
		done, err := p.exchange(ctx, window)
		window = window[done:]
		if err == nil {
			return
		}
		p.drop()
		if done > 0 {
			failures = 0
		}
		if isUnexpected(err) {
			failures++
		}
		switch {
		case refusedForGood(err) || failures == mostFailures:
			p.client.log().Warn("quoin: a request that no server accepts is given up",
				"stream", p.log.stream, "error", textOf(err))
			p.lost(window[0])
			window, failures = window[1:], 0
		case ctx.Err() != nil || time.Since(begin) > repeatable:
			for _, request := range window {
				p.lost(request)
			}
			return
		default:
			p.log.broken(err)
			pause.sleep(ctx)
		}
	}
}

// isUnexpected tells whether nobody knows why a call failed.
func isUnexpected(err error) bool {
	var panicked *panicError
	if errors.As(err, &panicked) {
		return true
	}
	code := status.Code(err)
	return code == codes.Internal || code == codes.Unknown && err != errEnded
}

// exchange sends requests over the stream there is, or a new one; it tells how many are answered.
func (p *pump[Q, R]) exchange(ctx context.Context, window []*Q) (done int, err error) {
	if p.stream == nil {
		ctx, p.hang = context.WithCancel(ctx)
		if p.stream, err = p.open(ctx); err != nil {
			return 0, err
		}
	}
	for _, request := range window {
		if p.stream.Send(request) != nil {
			break // receiving tells why
		}
	}
	for done = range window {
		answer, err := p.stream.Recv()
		if err == io.EOF {
			err = errEnded
		}
		if err != nil {
			return done, err
		}
		p.log.alive()
		p.answered(answer)
	}
	return len(window), nil
}

// drop ends the stream.
func (p *pump[Q, R]) drop() {
	if p.hang != nil {
		p.hang()
	}
	p.stream, p.hang = nil, nil
}

var errEnded = errors.New("quoin: the stream has ended")

// poke wakes somebody who may be awake already.
func poke(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
