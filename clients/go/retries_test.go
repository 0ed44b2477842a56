// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	streamsv1 "github.com/quoin-dev/quoin/clients/go/streams/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// flakyLocks fails the first of everything, and every Renew; it answers the second Release
// LOCK_NOT_HELD.
type flakyLocks struct {
	locksv1.UnimplementedLocksServer
	mu         sync.Mutex
	requestIDs []string
	releases   []string
	holdTokens []string
	forgets    bool
}

func startFlaky(t *testing.T) (*flakyLocks, *quoin.Client) {
	flaky := &flakyLocks{}
	server := grpc.NewServer()
	locksv1.RegisterLocksServer(server, flaky)
	listener := value[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return flaky, dial(t, listener.Addr().String())
}

func refusal(code codes.Code, reason quoin.Reason) error {
	detailed, err := status.New(code, "refused").WithDetails(
		&errdetails.ErrorInfo{Reason: string(reason), Domain: "quoin.dev"})
	if err != nil {
		panic(err)
	}
	return detailed.Err()
}

var away = refusal(codes.Unavailable, quoin.ReasonStoreUnavailable)
var notHeld = refusal(codes.FailedPrecondition, quoin.ReasonLockNotHeld)

// note appends to what was seen and returns how much that is now.
func (f *flakyLocks) note(seen *[]string, what string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	*seen = append(*seen, what)
	return len(*seen)
}

func (f *flakyLocks) seen(what *[]string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(*what)
}

func (f *flakyLocks) Acquire(_ context.Context, request *locksv1.AcquireRequest) (*locksv1.AcquireResponse, error) {
	if f.note(&f.requestIDs, request.GetRequestId()) == 1 {
		return nil, away
	}
	return &locksv1.AcquireResponse{Acquired: proto.Bool(true), Token: "t", Fence: proto.Int64(1)}, nil
}

func (f *flakyLocks) Renew(context.Context, *locksv1.RenewRequest) (*locksv1.RenewResponse, error) {
	return nil, away
}

func (f *flakyLocks) Release(_ context.Context, request *locksv1.ReleaseRequest) (*locksv1.ReleaseResponse, error) {
	if f.note(&f.releases, request.GetToken()) == 1 {
		return nil, away
	}
	return nil, notHeld
}

func (f *flakyLocks) Hold(request *locksv1.HoldRequest, stream locksv1.Locks_HoldServer) error {
	count := f.note(&f.holdTokens, request.GetToken())
	if count > 1 && f.forgets {
		return notHeld
	}
	err := stream.Send(&locksv1.HoldResponse{Event: &locksv1.HoldResponse_Granted{
		Granted: &streamsv1.Granted{Token: "t", Fence: proto.Int64(1)},
	}})
	if err != nil || count == 1 {
		return away
	}
	<-stream.Context().Done()
	return nil
}

func TestAcquireIsRepeatedWithTheSameRequestID(t *testing.T) {
	t.Parallel()
	flaky, client := startFlaky(t)
	value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", lease))
	value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", lease))

	ids := flaky.seen(&flaky.requestIDs)
	if len(ids) != 3 || ids[0] != ids[1] || ids[1] == ids[2] || len(ids[0]) < 16 {
		t.Errorf("the request ids are %q", ids)
	}
}

func TestAReleaseThatWasCarriedOutBeforeItsAnswerWasLostIsARelease(t *testing.T) {
	t.Parallel()
	flaky, client := startFlaky(t)
	lock := value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", lease))

	must(t, lock.Release(limited(t)))

	equal(t, "releases", len(flaky.seen(&flaky.releases)), 2)
	must(t, lock.Release(limited(t)))
	equal(t, "whether it is held", lock.Held(), false)
	equal(t, "what was lost", lock.Err(), nil)
}

func TestALeaseThatCannotBeRenewedInTimeIsLost(t *testing.T) {
	t.Parallel()
	_, client := startFlaky(t)
	lock := value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", 1500*time.Millisecond))
	ctx, cancel := lock.Context(t.Context())
	defer cancel()

	comes(t, "the loss", lock.Lost())

	comes(t, "the end of the context", ctx.Done())
	var loss *quoin.LostError
	if cause := context.Cause(ctx); !errors.As(cause, &loss) || loss.Reason != quoin.LostExpired ||
		!errors.Is(cause, quoin.ErrNotHeld) {
		t.Errorf("the cause is %v", cause)
	}
	equal(t, "whether it is held", lock.Held(), false)
	must(t, lock.Release(limited(t)))
}

func TestAStreamThatFailsIsOpenedAgainWithTheToken(t *testing.T) {
	t.Parallel()
	flaky, client := startFlaky(t)
	lock := value[*quoin.Lock](t)(client.Locks.Hold(limited(t), "report", quoin.HoldOptions{Lease: lease}))

	eventually(t, "it is opened again", func() bool {
		return slices.Equal(flaky.seen(&flaky.holdTokens), []string{"", "t"})
	})
	equal(t, "whether it is held", lock.Held(), true)
	equal(t, "fence", lock.Fence(), 1)
}

func TestALockThatWasFreedBetweenTwoStreamsIsLost(t *testing.T) {
	t.Parallel()
	flaky, client := startFlaky(t)
	flaky.forgets = true
	lock := value[*quoin.Lock](t)(client.Locks.Hold(limited(t), "report", quoin.HoldOptions{Lease: lease}))

	comes(t, "the loss", lock.Lost())

	var loss *quoin.LostError
	if err := lock.Err(); !errors.As(err, &loss) || loss.Reason != quoin.LostNotHeld {
		t.Errorf("the loss is %v", err)
	}
}
