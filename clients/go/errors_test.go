// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAnInvalidRequestNamesTheFields(t *testing.T) {
	_, err := client(t).Locks.TryAcquire(limited(t), "", 25*time.Hour)

	var failure *quoin.Error
	if !errors.As(err, &failure) || !errors.Is(err, quoin.ErrInvalidRequest) {
		t.Fatalf("fails with %v", err)
	}
	var fields []string
	for _, violation := range failure.Violations {
		fields = append(fields, violation.Field)
	}
	slices.Sort(fields)
	if !slices.Equal(fields, []string{"lease", "name"}) {
		t.Errorf("the fields are %v", fields)
	}
	equal(t, "reason", failure.Reason, quoin.ReasonInvalidRequest)
	equal(t, "code", failure.Code, codes.InvalidArgument)
	equal(t, "code by gRPC", status.Code(err), codes.InvalidArgument)
	equal(t, "whether there is a request id", failure.RequestID != "", true)
}

func TestANamespaceThatIsNotAllowedIsAnInvalidRequest(t *testing.T) {
	_, err := client(t, quoin.WithNamespace("No Namespace")).Locks.Get(limited(t), &locksv1.GetRequest{Name: "report"})
	if !errors.Is(err, quoin.ErrInvalidRequest) {
		t.Errorf("fails with %v", err)
	}
}

func TestFailuresOfRawCallsAreExplainedToo(t *testing.T) {
	_, err := client(t).Locks.Renew(limited(t), &locksv1.RenewRequest{Name: "report", Token: "no"})

	equal(t, "not held", errors.Is(err, quoin.ErrNotHeld), true)
	equal(t, "by reason", errors.Is(fmt.Errorf("wrapped: %w", err), quoin.ReasonLockNotHeld), true)
	equal(t, "by another reason", errors.Is(err, quoin.ReasonLockRevoked), false)
	equal(t, "unavailable", errors.Is(err, quoin.ErrUnavailable), false)
	equal(t, "code", status.Code(err), codes.FailedPrecondition)
}

func TestFailuresOfStreamsAreExplainedToo(t *testing.T) {
	stream, err := client(t).Locks.Watch(limited(t), &locksv1.WatchRequest{})
	must(t, err)
	if _, err := stream.Recv(); !errors.Is(err, quoin.ErrInvalidRequest) {
		t.Errorf("fails with %v", err)
	}
}

func TestAServerThatCannotBeReachedIsUnavailable(t *testing.T) {
	t.Parallel()
	listener := value[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	nowhere := dial(t, listener.Addr().String(), quoin.WithDeadline(time.Second))
	must(t, listener.Close())

	_, err := nowhere.Locks.Get(t.Context(), &locksv1.GetRequest{Name: "report"})

	var failure *quoin.Error
	if !errors.Is(err, quoin.ErrUnavailable) || !errors.As(err, &failure) || failure.Reason != "" {
		t.Errorf("fails with %v", err)
	}
}

func TestACallThatTakesTooLongIsAContextThatEnded(t *testing.T) {
	held := client(t)
	value[*quoin.Lock](t)(held.Locks.TryAcquire(limited(t), "report", lease))
	cancelled, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)

	_, err := held.Locks.Acquire(cancelled, "report", quoin.LockOptions{Wait: time.Minute})
	equal(t, "cancelled", errors.Is(err, context.Canceled), true)

	short, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
	defer cancel()
	_, err = held.Locks.Get(short, &locksv1.GetRequest{Name: "report"})
	equal(t, "too late", errors.Is(err, context.DeadlineExceeded), true)
}
