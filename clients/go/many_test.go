// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"github.com/quoin-dev/quoin/clients/go/quointest"
)

// TestMoreStreamsThanAConnectionMayHaveHoldUpNothing opens three times as many streams as the server
// takes over one connection.
func TestMoreStreamsThanAConnectionMayHaveHoldUpNothing(t *testing.T) {
	t.Parallel()
	const limit = 20
	server := quointest.Start(t, "--max-calls-per-connection", fmt.Sprint(limit))
	client := dial(t, server.Address())
	value[*locksv1.GetResponse](t)(client.Locks.Get(limited(t), &locksv1.GetRequest{Name: "any"}))
	var all sync.WaitGroup
	for i := range 3 * limit {
		all.Add(1)
		go func() {
			defer all.Done()
			options := quoin.HoldOptions{Lease: time.Minute}
			if _, err := client.Locks.Hold(limited(t), fmt.Sprint("lock ", i), options); err != nil {
				t.Error(err)
			}
		}()
	}
	all.Wait()
	value[*locksv1.GetResponse](t)(client.Locks.Get(limited(t), &locksv1.GetRequest{Name: "any"}))
	state := value[*locksv1.GetResponse](t)(client.Locks.Get(limited(t), &locksv1.GetRequest{Name: "lock 59"}))
	equal(t, "the last one is held", state.GetHeld(), true)
}
