// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What callers ask for most, with [errors.Is].
var (
	// ErrUnavailable: no server, or no Redis, could be reached. The call may have been carried out
	// or not. Trying again makes sense; [Error.RetryAfter] says when.
	ErrUnavailable = errors.New("quoin: unavailable")

	// ErrNotHeld: the caller does not hold the lock or the permits, or not any more.
	ErrNotHeld = errors.New("quoin: not held")

	// ErrInvalidRequest: the request breaks a rule of the contract; [Error.Violations] says which.
	ErrInvalidRequest = errors.New("quoin: invalid request")

	// ErrNotFound: what the call is about does not exist.
	ErrNotFound = errors.New("quoin: not found")

	// ErrBusy: the lock or the permits could not be had; see [BusyError].
	ErrBusy = errors.New("quoin: busy")

	// ErrClosed: the client was closed.
	ErrClosed = errors.New("quoin: the client is closed")
)

// Error is a call that was refused or could not be carried out. Tell errors apart like this:
//
//	errors.Is(err, quoin.ErrUnavailable)             // or another of the variables of this package
//	errors.Is(err, quoin.ReasonQueueFull)            // a reason of the contract
//	errors.Is(err, context.DeadlineExceeded)         // the time was over
//	var e *quoin.Error; errors.As(err, &e)           // everything the server said
//	status.Code(err)                                 // the code of gRPC
//
// Texts may change at any time.
type Error struct {
	// Reason is why the call was refused; "" when no Quoin server said so, for example because
	// none could be reached.
	Reason Reason
	// Code of gRPC.
	Code codes.Code
	// Message says what is wrong, for people.
	Message string
	// Metadata has the values the message speaks of, for programs; often empty.
	Metadata map[string]string
	// RetryAfter is how long to wait before trying again; 0 when nothing was said about it.
	RetryAfter time.Duration
	// RequestID is the id under which the server knows the call; its log has the details.
	RequestID string
	// Violations are the broken rules; only with ReasonInvalidRequest.
	Violations []FieldViolation

	status *status.Status
	cause  error
}

// FieldViolation is a rule that a request breaks.
type FieldViolation struct {
	// Field is the path of the field as in the contract, for example "task.payload".
	Field string
	// Description says what is allowed.
	Description string
}

// Reason is why a call was refused, as the contract names it. It is an error, so that
// errors.Is(err, reason) tells whether a call failed for that reason. A server that is newer than
// this package may give reasons that have no constant here.
type Reason string

func (r Reason) Error() string { return "quoin: " + string(r) }

func (e *Error) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("quoin: %s: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("quoin: %s: %s", string(e.Reason), e.Message)
}

// Is makes errors.Is work with the reasons and the variables of this package.
func (e *Error) Is(target error) bool {
	switch target {
	case ErrUnavailable:
		return e.Code == codes.Unavailable
	case ErrNotFound:
		return e.Code == codes.NotFound
	case ErrInvalidRequest:
		return e.Reason == ReasonInvalidRequest
	case ErrNotHeld:
		switch e.Reason {
		case ReasonLockNotHeld, ReasonLockRevoked, ReasonSemaphoreNotHeld, ReasonSemaphoreRevoked:
			return true
		}
		return false
	}
	reason, ok := target.(Reason)
	return ok && reason != "" && reason == e.Reason
}

// Unwrap is [context.DeadlineExceeded] or [context.Canceled] when that is how the call ended, and the
// error of a token callback when that failed.
func (e *Error) Unwrap() error {
	switch e.Code {
	case codes.DeadlineExceeded:
		return context.DeadlineExceeded
	case codes.Canceled:
		return context.Canceled
	default:
		return e.cause
	}
}

// GRPCStatus is the status of the call, with its details; status.FromError finds it.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// BusyError says who has what could not be had. errors.Is finds [ErrBusy] in it.
type BusyError struct {
	// Name of the lock or semaphore.
	Name string
	// Label is that of the holder of a lock, if it gave one; "" for semaphores.
	Label string
	// RetryAfter is how long the lease still runs that ends first, if it is not renewed.
	RetryAfter time.Duration
	// Position in the queue, 1 being the next to be served: the one the call had when its wait ended
	// or, without a wait, would have got.
	Position int64
}

func (e *BusyError) Error() string {
	if e.Label != "" {
		return fmt.Sprintf("quoin: %q is held by %q", e.Name, e.Label)
	}
	return fmt.Sprintf("quoin: %q is busy", e.Name)
}

// Is makes errors.Is find ErrBusy.
func (e *BusyError) Is(target error) bool { return target == ErrBusy }

// join is errors.Join that leaves a single error as it is.
func join(first, second error) error {
	switch {
	case first == nil:
		return second
	case second == nil:
		return first
	default:
		return errors.Join(first, second)
	}
}
