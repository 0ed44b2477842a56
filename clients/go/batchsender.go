// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// batchesAtOnce is how many requests may wait for their answers; what comes is collected
	// meanwhile.
	batchesAtOnce = 8
	// mostFailures is how often in a row a request may end a stream with an error that no server
	// explains.
	mostFailures = 5
)

// batchSender sends what has been collected, at intervals. What was not answered when a stream breaks
// is sent again over the next one; requests carry ids, so that nothing is done twice.
type batchSender[Q any] struct {
	name     string
	interval time.Duration // how long to collect
	patience time.Duration // how long a request is repeated; 0 for as long as the client is open

	next func() *Q // the next request; nil when nothing is collected
	// exchange sends requests and returns how many of them, from the first on, have been answered.
	exchange func(ctx context.Context, requests []*Q) (answered int, err error)
	// settled is called once a request was answered or, with lost, given up: it is bad, or could not
	// be sent in time.
	settled func(request *Q, lost bool)
	// split makes smaller requests of one that was refused; may be nil, or return nothing.
	split func(refused *Q, err error) []*Q

	core      *clientCore
	cancel    context.CancelFunc
	closed    atomic.Bool   // nothing is collected any more
	collected chan struct{} // there is something to send
	sendNow   chan struct{} // do not collect any longer
	closing   chan struct{}
	ended     chan struct{}
	log       streamLog
	refusal   sync.Once // logs that requests are given up
}

func (s *batchSender[Q]) start(c *clientCore) {
	s.core = c
	s.log = streamLog{core: c, stream: s.name}
	s.collected, s.sendNow = make(chan struct{}, 1), make(chan struct{}, 1)
	s.closing, s.ended = make(chan struct{}, 1), make(chan struct{})
	ctx, cancel := context.WithCancel(c.running)
	s.cancel = cancel
	if c.opened(s) != nil {
		s.closed.Store(true)
		cancel()
	}
	go s.run(ctx)
}

// added says that something was collected.
func (s *batchSender[Q]) added() { notify(s.collected) }

// flush sends what is collected now instead of later.
func (s *batchSender[Q]) flush() { notify(s.sendNow) }

// Close sends what is collected and waits for it, no longer than the client's deadline; it fails when
// that was not enough.
func (s *batchSender[Q]) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), s.core.deadline)
	defer cancel()
	s.close(ctx)
	return ctx.Err()
}

func (s *batchSender[Q]) close(ctx context.Context) {
	s.closed.Store(true)
	notify(s.closing)
	select {
	case <-s.ended:
	case <-ctx.Done():
	}
	s.cancel()
	<-s.ended
	s.core.forget(s)
}

func (s *batchSender[Q]) run(ctx context.Context) {
	defer close(s.ended)
	for over := false; !over; {
		select {
		case <-s.collected:
		case <-s.closing:
			over = true
		case <-ctx.Done():
			over = true
		}
		if !over {
			select {
			case <-s.sendNow:
			case <-time.After(s.interval):
			case <-s.closing:
				over = true
			case <-ctx.Done():
				over = true
			}
		}
		for window := s.window(); len(window) > 0; window = s.window() {
			s.deliver(ctx, window)
		}
	}
}

func (s *batchSender[Q]) window() (window []*Q) {
	for len(window) < batchesAtOnce {
		request := s.next()
		if request == nil {
			break
		}
		window = append(window, request)
	}
	return window
}

// deliver sends requests until they are answered or given up.
func (s *batchSender[Q]) deliver(ctx context.Context, window []*Q) {
	begin := time.Now()
	var pause pauses
	failures := 0
	settle := func(count int, lost bool) {
		for _, request := range window[:count] {
			s.settled(request, lost)
		}
		window = window[count:]
	}
	for {
		answered, err := s.exchange(ctx, window)
		settle(answered, false)
		if answered > 0 {
			failures = 0
			s.log.alive()
		}
		if err == nil || len(window) == 0 {
			return
		}
		if isUnexpected(err) {
			failures++
		}
		switch {
		case ctx.Err() != nil || s.patience > 0 && time.Since(begin) > s.patience:
			settle(len(window), true)
			return
		case refusedForGood(err) || failures == mostFailures:
			failures = 0
			if smaller := s.smaller(window[0], err); len(smaller) > 0 {
				window = append(smaller, window[1:]...)
				continue
			}
			s.refusal.Do(func() {
				s.core.log().Warn("quoin: what no server accepts is dropped and counted",
					"stream", s.name, "error", textOf(err))
			})
			settle(1, true)
			if len(window) == 0 {
				return
			}
		default:
			s.log.broken(err)
			pause.sleep(ctx)
		}
	}
}

func (s *batchSender[Q]) smaller(refused *Q, err error) []*Q {
	if s.split == nil {
		return nil
	}
	return s.split(refused, err)
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

// batchStream sends requests over a stream that answers each of them, and stays open.
type batchStream[Q, R any] struct {
	open     func(context.Context, ...grpc.CallOption) (grpc.BidiStreamingClient[Q, R], error)
	answered func(*R)

	stream grpc.BidiStreamingClient[Q, R]
	end    context.CancelFunc
}

func (b *batchStream[Q, R]) exchange(ctx context.Context, requests []*Q) (answered int, err error) {
	defer func() {
		if err != nil && b.end != nil {
			b.end()
			b.stream = nil
		}
	}()
	if b.stream == nil {
		ctx, b.end = context.WithCancel(ctx)
		if b.stream, err = b.open(ctx); err != nil {
			return 0, err
		}
	}
	for _, request := range requests {
		if b.stream.Send(request) != nil {
			break // receiving tells why
		}
	}
	for answered = range requests {
		answer, err := b.stream.Recv()
		if err == io.EOF {
			err = errEnded
		}
		if err != nil {
			return answered, err
		}
		b.answered(answer)
	}
	return len(requests), nil
}

var errEnded = errors.New("quoin: the stream has ended")

// notify wakes a goroutine that may be awake already.
func notify(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
