// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"io"
	"time"

	streamsv1 "github.com/quoin-dev/quoin/clients/go/streams/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// holdResponse is what every stream that holds something says.
type holdResponse interface {
	GetWaiting() *streamsv1.Waiting
	GetGranted() *streamsv1.Granted
	GetHeartbeat() *streamsv1.Heartbeat
	GetLost() *streamsv1.Lost
	GetReconnect() *streamsv1.Reconnect
}

// holdStream makes a stream of a service one of what all of them say.
func holdStream[R any, P interface {
	*R
	holdResponse
}](stream grpc.ServerStreamingClient[R], err error) (func() (holdResponse, error), error) {
	if err != nil {
		return nil, err
	}
	return func() (holdResponse, error) {
		response, err := stream.Recv()
		return P(response), err
	}, nil
}

// holdCall keeps a Hold open: one stream at a time, and another one with the same token when a
// stream ends that should not have.
type holdCall struct {
	core    *clientCore
	calls   *leaseCalls
	waiting func(position int64)
	stop    context.CancelFunc
	outcome chan holdOutcome // the first grant, or why there is none
	ended   chan struct{}
	log     streamLog

	held *LeaseHandle
	// The end of some lease by the clock of Redis and, anchorEnd, by ours: no later, because that
	// lease was counted from before it was asked for. Later ends follow by their difference.
	anchor    time.Time
	anchorEnd time.Time
}

type holdOutcome struct {
	held *LeaseHandle
	err  error
}

// hold asks for something and holds it by a stream. ctx ends the wait, not what is held.
func (c *clientCore) hold(
	ctx context.Context, calls *leaseCalls, waiting func(int64),
) (*LeaseHandle, error) {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	call := &holdCall{
		core: c, calls: calls, waiting: waiting, stop: stop,
		outcome: make(chan holdOutcome, 1), ended: make(chan struct{}),
		log: streamLog{core: c, stream: "hold " + calls.name},
	}
	if err := c.opened(call); err != nil {
		stop()
		return nil, err
	}
	defer c.forget(call)
	go call.run(running)
	select {
	case outcome := <-call.outcome:
		return outcome.held, outcome.err
	case <-ctx.Done():
		stop()
		<-call.ended
		if outcome := <-call.outcome; outcome.held != nil {
			go outcome.held.Release(context.Background())
		}
		return nil, context.Cause(ctx)
	}
}

// close ends the wait.
func (h *holdCall) close(ctx context.Context) {
	h.stop()
	select {
	case <-h.ended:
	case <-ctx.Done():
	}
}

// run opens streams until nothing is to be held any more.
func (h *holdCall) run(ctx context.Context) {
	defer close(h.ended)
	token := ""
	for {
		next, err := h.stream(ctx, token)
		if h.over(ctx, err) {
			return
		}
		h.log.broken(err)
		token = next
		if !sleep(ctx, pauseWithin(h.calls.lease)) {
			h.over(ctx, ctx.Err())
			return
		}
	}
}

// over tells whether no other stream is to be opened after one ended like this.
func (h *holdCall) over(ctx context.Context, err error) bool {
	var lost *LostError
	gone := errors.Is(err, ErrNotHeld)
	switch {
	case h.held != nil && errors.As(err, &lost):
		h.held.lose(lost)
		return true
	case h.held != nil && gone:
		h.held.lose(lostBy(h.calls, err))
		return true
	case h.held != nil:
		return ctx.Err() != nil
	case ctx.Err() != nil:
		h.outcome <- holdOutcome{err: ErrClosed}
		return true
	case err == nil || gone || errors.Is(err, ErrUnavailable):
		return false
	default:
		h.outcome <- holdOutcome{err: err}
		return true
	}
}

// stream reads one stream to its end, and returns the token to go on with.
func (h *holdCall) stream(ctx context.Context, token string) (string, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	sent := time.Now()
	next, err := h.calls.hold(ctx, token)
	for err == nil {
		var response holdResponse
		if response, err = next(); err != nil {
			break
		}
		h.log.alive()
		switch position := response.GetWaiting().GetPosition(); {
		case position > 0 && h.held == nil && h.waiting != nil:
			h.core.call("OnWaiting", func() { h.waiting(position) })
		case response.GetGranted() != nil:
			err = h.granted(ctx, grantOf(response.GetGranted()), sent)
		case response.GetHeartbeat().GetExpireTime() != nil && h.held != nil:
			h.renewed(response.GetHeartbeat().GetExpireTime().AsTime())
		case response.GetLost() != nil:
			err = lostAs(h.calls.name, response.GetLost())
		case response.GetReconnect() != nil:
			return response.GetReconnect().GetToken(), nil
		}
	}
	if err == io.EOF {
		err = nil
	}
	if h.held != nil {
		return h.held.granted.token, err
	}
	return "", err
}

// granted takes a grant. One that had to be waited for is renewed first: nobody knows how much of
// its lease is left. That it cannot be renewed ends the stream, which gives the grant back.
func (h *holdCall) granted(ctx context.Context, granted grant, sent time.Time) error {
	lease := h.calls.lease
	if h.held == nil && time.Since(sent) >= lease/3 {
		sent = time.Now()
		expire, err := h.calls.renew(ctx, granted.token)
		if err != nil {
			return errAgain
		}
		granted.expire = expire.AsTime()
	}
	h.anchor, h.anchorEnd = granted.expire, leaseEnd(sent, lease)
	if h.held != nil {
		h.held.renewed(granted.expire, h.anchorEnd)
		return nil
	}
	held, err := newLeaseHandle(h.core, h.calls, granted, h.anchorEnd, h.stop)
	if err != nil {
		return err
	}
	h.held = held
	h.outcome <- holdOutcome{held: held}
	return nil
}

// renewed notes that the server renewed the lease.
func (h *holdCall) renewed(expire time.Time) {
	end := h.anchorEnd.Add(expire.Sub(h.anchor))
	if latest := leaseEnd(time.Now(), h.calls.lease); end.After(latest) {
		end = latest
	}
	h.held.renewed(expire, end)
}

// errAgain has another stream opened.
var errAgain = &Error{Code: codes.Unavailable, Message: "the grant could not be confirmed"}
