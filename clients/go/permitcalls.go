// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"time"

	semaphoresv1 "github.com/quoin-dev/quoin/clients/go/semaphores/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// permitCalls are the calls that keep permits.
type permitCalls struct {
	stub      semaphoresv1.SemaphoresClient
	semaphore string
	options   PermitOptions
}

func (c *permitCalls) name() string { return c.semaphore }

func (c *permitCalls) lease() time.Duration { return leaseOf(c.options.Lease) }

func (c *permitCalls) renew(ctx context.Context, token string) (time.Time, error) {
	answer, err := c.stub.Renew(ctx, &semaphoresv1.RenewRequest{
		Name: c.semaphore, Token: token, Lease: durationpb.New(c.lease()),
	})
	return answer.GetExpireTime().AsTime(), err
}

func (c *permitCalls) release(ctx context.Context, token string) error {
	_, err := c.stub.Release(ctx, &semaphoresv1.ReleaseRequest{Name: c.semaphore, Token: token})
	return err
}

func (c *permitCalls) releaseRequest(ctx context.Context, requestID string) error {
	_, err := c.stub.Release(ctx, &semaphoresv1.ReleaseRequest{Name: c.semaphore, AcquireRequestId: requestID})
	return err
}

func (c *permitCalls) hold(ctx context.Context, token string) (func() (holdEvent, error), error) {
	stream, err := c.stub.Hold(ctx, &semaphoresv1.HoldRequest{
		Name:    c.semaphore,
		Lease:   durationpb.New(c.lease()),
		Holder:  c.options.Holder,
		Permits: c.options.Permits,
		Limit:   c.options.Limit,
		Token:   token,
	})
	if err != nil {
		return nil, err
	}
	return func() (holdEvent, error) {
		answer, err := stream.Recv()
		return c.event(answer), err
	}, nil
}

func (c *permitCalls) event(answer *semaphoresv1.HoldResponse) (event holdEvent) {
	switch told := answer.GetEvent().(type) {
	case *semaphoresv1.HoldResponse_Waiting_:
		event.position = told.Waiting.GetPosition()
	case *semaphoresv1.HoldResponse_Granted_:
		granted := told.Granted
		event.granted = &grant{
			granted.GetToken(), granted.GetFence(), granted.GetExpireTime().AsTime(),
		}
	case *semaphoresv1.HoldResponse_Heartbeat_:
		if expire := told.Heartbeat.GetExpireTime(); expire != nil {
			event.renewed = expire.AsTime()
		}
	case *semaphoresv1.HoldResponse_Lost_:
		event.lost = &LostError{c.semaphore, permitLoss(told.Lost.GetReason()), told.Lost.GetText()}
	case *semaphoresv1.HoldResponse_Reconnect_:
		token := told.Reconnect.GetToken()
		event.reconnect = &token
	}
	return event
}

func permitLoss(reason semaphoresv1.HoldResponse_Lost_Reason) LostReason {
	switch reason {
	case semaphoresv1.HoldResponse_Lost_REASON_EXPIRED:
		return LostExpired
	case semaphoresv1.HoldResponse_Lost_REASON_REVOKED:
		return LostRevoked
	default:
		return LostNotHeld
	}
}
