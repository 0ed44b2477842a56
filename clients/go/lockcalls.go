// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"time"

	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

// lockCalls are the calls that keep a lock.
type lockCalls struct {
	stub    locksv1.LocksClient
	lock    string
	options LockOptions
}

func (c *lockCalls) name() string { return c.lock }

func (c *lockCalls) lease() time.Duration { return leaseOf(c.options.Lease) }

func (c *lockCalls) renew(ctx context.Context, token string) (time.Time, error) {
	answer, err := c.stub.Renew(ctx, &locksv1.RenewRequest{
		Name: c.lock, Token: token, Lease: durationpb.New(c.lease()),
	})
	return answer.GetExpireTime().AsTime(), err
}

func (c *lockCalls) release(ctx context.Context, token string) error {
	_, err := c.stub.Release(ctx, &locksv1.ReleaseRequest{Name: c.lock, Token: token})
	return err
}

func (c *lockCalls) releaseRequest(ctx context.Context, requestID string) error {
	_, err := c.stub.Release(ctx, &locksv1.ReleaseRequest{Name: c.lock, AcquireRequestId: requestID})
	return err
}

func (c *lockCalls) hold(ctx context.Context, token string) (func() (holdEvent, error), error) {
	stream, err := c.stub.Hold(ctx, &locksv1.HoldRequest{
		Name:   c.lock,
		Lease:  durationpb.New(c.lease()),
		Holder: c.options.Holder,
		Mode:   modeOf(c.options.Shared),
		Token:  token,
	})
	if err != nil {
		return nil, err
	}
	return func() (holdEvent, error) {
		answer, err := stream.Recv()
		return c.event(answer), err
	}, nil
}

func (c *lockCalls) event(answer *locksv1.HoldResponse) (event holdEvent) {
	switch told := answer.GetEvent().(type) {
	case *locksv1.HoldResponse_Waiting_:
		event.position = told.Waiting.GetPosition()
	case *locksv1.HoldResponse_Granted_:
		granted := told.Granted
		event.granted = &grant{
			granted.GetToken(), granted.GetFence(), granted.GetExpireTime().AsTime(),
		}
	case *locksv1.HoldResponse_Heartbeat_:
		if expire := told.Heartbeat.GetExpireTime(); expire != nil {
			event.renewed = expire.AsTime()
		}
	case *locksv1.HoldResponse_Lost_:
		event.lost = &LostError{c.lock, lockLoss(told.Lost.GetReason()), told.Lost.GetExplanation()}
	case *locksv1.HoldResponse_Reconnect_:
		token := told.Reconnect.GetToken()
		event.reconnect = &token
	}
	return event
}

func lockLoss(reason locksv1.HoldResponse_Lost_Reason) LostReason {
	switch reason {
	case locksv1.HoldResponse_Lost_REASON_EXPIRED:
		return LostExpired
	case locksv1.HoldResponse_Lost_REASON_FORCED:
		return LostRevoked
	default:
		return LostNotHeld
	}
}
