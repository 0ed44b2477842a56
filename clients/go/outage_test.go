// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"github.com/quoin-dev/quoin/clients/go/quointest"
)

func TestARestartIsNotSeenByCallersWithTimeAndIsLoggedOnce(t *testing.T) {
	t.Parallel()
	server := quointest.Start(t)
	log := &lines{}
	client := dial(t, server.Address(), log.option())
	watch := client.Config.Watch("shop")
	must(t, watch.Ready(limited(t)))
	must(t, server.Stop())
	answer := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		_, err := client.Locks.Get(ctx, &locksv1.GetRequest{Name: "report"})
		answer <- err
	}()
	select {
	case err := <-answer:
		t.Fatalf("the call ended while its server was away: %v", err)
	case <-time.After(3 * time.Second): // five attempts, which is what gRPC makes, take less than two
	}

	must(t, server.Start())

	must(t, comes(t, "the answer", answer))
	eventually(t, "the watch is up to date", func() bool { return !watch.Stale() })
	equal(t, "losses of the connection", log.count("no connection"), 1)
	eventually(t, "the connection is back", func() bool { return log.count("connected again") == 1 })
	equal(t, "breaks of the watch", log.count("a stream is interrupted") <= 1, true)
	equal(t, "that they are over", log.count("a stream goes on"), log.count("a stream is interrupted"))
	equal(t, "the address", log.count("address="+server.Address()) >= 2, true)
}

func TestAClosedClientSaysSo(t *testing.T) {
	t.Parallel()
	nowhere := dial(t, "localhost:1")
	answer := make(chan error, 1)
	go func() {
		_, err := nowhere.Locks.Get(context.Background(), &locksv1.GetRequest{Name: "report"})
		answer <- err
	}()
	time.Sleep(50 * time.Millisecond) // it is under way, or will begin with a closed client
	must(t, nowhere.Close())
	if err := comes(t, "the end of the call", answer); !errors.Is(err, quoin.ErrClosed) {
		t.Errorf("a call under way fails with %v", err)
	}
	if _, err := nowhere.Locks.TryAcquire(limited(t), "report", lease); !errors.Is(err, quoin.ErrClosed) {
		t.Errorf("a new call fails with %v", err)
	}
}
