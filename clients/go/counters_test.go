// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
)

// countedToday is what was counted today, and yesterday, if that has just ended.
func countedToday(t *testing.T, client *quoin.Client, name string) (sum int64) {
	t.Helper()
	for _, day := range value[[]*countersv1.Sample](t)(client.Counters.Get(limited(t), name, 24*time.Hour, 2)) {
		sum += day.GetCount()
	}
	return sum
}

func TestWhatIsCountedIsInTheSamples(t *testing.T) {
	client := client(t)
	must(t, client.Counters.Increment(limited(t), "views", 5))
	must(t, client.Counters.Increment(limited(t), "views", 0))
	equal(t, "count", countedToday(t, client, "views"), 5)
	_, err := client.Counters.Get(limited(t), "views", 7*time.Second, 1)
	equal(t, "unknown precision", errors.Is(err, quoin.ReasonCounterPrecisionUnknown), true)
	equal(t, "deleted", value[bool](t)(client.Counters.Delete(limited(t), "views")), true)
	equal(t, "deleted again", value[bool](t)(client.Counters.Delete(limited(t), "views")), false)
}

func TestARecorderSendsSumsOnce(t *testing.T) {
	client := client(t)
	recorder := client.Counters.Recorder()
	for range 1000 {
		must(t, recorder.Increment("views"))
	}
	must(t, recorder.Add("bytes", 5312))
	must(t, recorder.Close())
	must(t, recorder.Close())
	equal(t, "views", countedToday(t, client, "views"), 1000)
	equal(t, "bytes", countedToday(t, client, "bytes"), 5312)
	equal(t, "lost", recorder.Lost(), 0)
}

func TestARecorderRefusesWhatCannotBeCounted(t *testing.T) {
	client := client(t)
	recorder := client.Counters.Recorder()
	for _, name := range []string{"", "a\nb", "\xff", string(make([]byte, 300))} {
		equal(t, name, errors.Is(recorder.Increment(name), quoin.ErrInvalidRequest), true)
	}
	must(t, recorder.Add("views", math.MaxInt64))
	equal(t, "overflow", errors.Is(recorder.Increment("views"), quoin.ReasonCounterOverflow), true)
	must(t, client.Counters.Increment(limited(t), "views", 1))
	must(t, recorder.Close())
	equal(t, "lost", recorder.Lost(), 1)
}

func TestAWatchTellsTheNewestCount(t *testing.T) {
	client := client(t)
	ctx, cancel := context.WithCancel(limited(t))
	counts := make(chan int64, 100)
	go func() {
		for samples, err := range client.Counters.Watch(ctx, "views", 24*time.Hour) {
			if err != nil {
				counts <- -1
				return
			}
			counts <- samples[len(samples)-1].GetCount()
		}
	}()
	equal(t, "at first", comes(t, "the state", counts), 0)
	must(t, client.Counters.Increment(limited(t), "views", 7))
	for comes(t, "the change", counts) != 7 {
	}
	cancel()
	for comes(t, "the end", counts) != -1 {
	}
}
