// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestARecorderSendsSumsOnce(t *testing.T) {
	client := client(t)
	recorder := client.Counters.Recorder()
	for range 1000 {
		must(t, recorder.Increment("views"))
	}
	must(t, recorder.Add("bytes", 5312))
	longest := strings.Repeat("n", 512)
	must(t, recorder.Increment(longest))
	must(t, recorder.Close())
	must(t, recorder.Close())
	equal(t, "views", countedToday(t, client, "views"), 1000)
	equal(t, "bytes", countedToday(t, client, "bytes"), 5312)
	equal(t, "the longest name", countedToday(t, client, longest), 1)
	equal(t, "lost", recorder.Lost(), 0)
}

func TestARecorderRefusesWhatCannotBeCounted(t *testing.T) {
	client := client(t)
	recorder := client.Counters.Recorder()
	for _, name := range []string{"", "a\nb", "\xff", strings.Repeat("n", 513)} {
		equal(t, name, errors.Is(recorder.Increment(name), quoin.ErrInvalidRequest), true)
	}
	must(t, recorder.Add("views", math.MaxInt64))
	equal(t, "overflow", errors.Is(recorder.Increment("views"), quoin.ReasonCounterOverflow), true)
	increment(t, client, "views", 1)
	must(t, recorder.Close())
	equal(t, "lost", recorder.Lost(), 1)
}

func TestAWatchTellsTheNewestCount(t *testing.T) {
	client := client(t)
	ctx, cancel := context.WithCancel(limited(t))
	counts := make(chan int64, 100)
	go func() {
		request := &countersv1.WatchRequest{Name: "views", Precision: durationpb.New(24 * time.Hour)}
		for state, err := range quoin.Stream(ctx, client, client.Counters.Watch, request) {
			if err != nil {
				counts <- -1
				return
			}
			samples := state.GetSamples()
			counts <- samples[len(samples)-1].GetCount()
		}
	}()
	equal(t, "at first", comes(t, "the state", counts), 0)
	increment(t, client, "views", 7)
	for comes(t, "the change", counts) != 7 {
	}
	cancel()
	for comes(t, "the end", counts) != -1 {
	}
}
