// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"errors"
	"fmt"

	streamsv1 "github.com/quoin-dev/quoin/clients/go/streams/v1"
)

// LostReason is why something that was held was lost.
type LostReason int

const (
	// LostExpired: the lease ran out before a renewal was confirmed: no server, or no Redis, could
	// be reached in time. Others can get it from now on.
	LostExpired LostReason = iota + 1
	// LostNotHeld: the server says that the token does not hold it any more: it was given back with
	// its token, its lease ran out, or Redis lost it. Others may hold it already.
	LostNotHeld
	// LostRevoked: somebody took it away. Others may hold it already.
	LostRevoked
)

func (r LostReason) String() string {
	switch r {
	case LostExpired:
		return "its lease has run out"
	case LostRevoked:
		return "somebody took it away"
	default:
		return "it is not held any more"
	}
}

// LostError says that something that was held was lost. errors.Is finds [ErrNotHeld] in it.
type LostError struct {
	// Name of the lock or semaphore.
	Name string
	// Reason of the loss.
	Reason LostReason
	// Explanation is why it was taken away, and Actor who did it, as given to Revoke; often "".
	Explanation, Actor string
}

func (e *LostError) Error() string {
	if e.Explanation != "" {
		return fmt.Sprintf("quoin: lost %q: %s: %s", e.Name, e.Reason, e.Explanation)
	}
	return fmt.Sprintf("quoin: lost %q: %s", e.Name, e.Reason)
}

// Is makes errors.Is find ErrNotHeld.
func (e *LostError) Is(target error) bool { return target == ErrNotHeld }

// lostAs is the loss that a stream tells of.
func lostAs(name string, lost *streamsv1.Lost) *LostError {
	loss := &LostError{
		Name: name, Reason: LostNotHeld, Explanation: lost.GetExplanation(), Actor: lost.GetActor(),
	}
	switch lost.GetReason() {
	case streamsv1.LostReason_LOST_REASON_EXPIRED:
		loss.Reason = LostExpired
	case streamsv1.LostReason_LOST_REASON_REVOKED:
		loss.Reason = LostRevoked
	}
	return loss
}

// lostBy is the loss that a refused call tells of.
func lostBy(calls *leaseCalls, err error) *LostError {
	lost := &LostError{Name: calls.name, Reason: LostNotHeld}
	if e := (*Error)(nil); errors.As(err, &e) {
		switch e.Reason {
		case ReasonLockRevoked, ReasonSemaphoreRevoked:
			lost.Reason = LostRevoked
			lost.Explanation, lost.Actor = e.Metadata["explanation"], e.Metadata["actor"]
		}
	}
	return lost
}
