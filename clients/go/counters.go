// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"fmt"
	"math"
	"sync"
	"time"
	"unicode/utf8"

	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
)

const (
	recordInterval  = time.Second
	recordsPerCall  = 1_000
	recordsInMemory = 100_000
	// recordPatience is how long records are sent again: servers remember request ids for 10 minutes.
	recordPatience = 9 * time.Minute
)

// Counters counts what happens, as time series at several precisions at once.
//
// The RPC Increment counts one thing and returns when it is counted. [Counters.Recorder] counts in
// this process and sends the sums: use it where things happen often.
type Counters struct {
	countersv1.CountersClient
	core *clientCore
}

// CounterRecorder counts in this process and sends the sums once a second, so that counting costs
// the caller next to nothing. Every sum is counted exactly once, whatever happens to connections
// and servers, as long as Quoin comes back within nine minutes. It counts in the second in which it
// arrives.
//
// It is safe for use by several goroutines. Close it, or the client, to have the last sums counted.
type CounterRecorder struct {
	sender batchSender[countersv1.IncrementBatchRequest]

	mu   sync.Mutex
	sums map[string]int64
	lost int64
}

// Recorder counts in this process and sends the sums.
func (c *Counters) Recorder() *CounterRecorder {
	r := &CounterRecorder{sums: map[string]int64{}}
	stream := &batchStream[countersv1.IncrementBatchRequest, countersv1.IncrementBatchResponse]{
		open: c.IncrementBatch,
		answered: func(answer *countersv1.IncrementBatchResponse) {
			r.lose(len(answer.GetUncounted()))
		},
	}
	r.sender = batchSender[countersv1.IncrementBatchRequest]{
		name:     countersv1.Counters_IncrementBatch_FullMethodName,
		interval: recordInterval, patience: recordPatience,
		next: r.next, exchange: stream.exchange,
		settled: func(request *countersv1.IncrementBatchRequest, lost bool) {
			if lost {
				r.lose(len(request.GetIncrements()))
			}
		},
	}
	r.sender.start(c.core)
	return r
}

// Increment adds 1 to a counter.
func (r *CounterRecorder) Increment(name string) error { return r.Add(name, 1) }

// Add adds to a counter. It never blocks. It fails with [ErrInvalidRequest] when the name is not
// allowed, with [ReasonCounterOverflow] when what is to be sent leaves the range of 64-bit numbers,
// and with [ErrClosed] when the recorder is closed; then nothing is added.
func (r *CounterRecorder) Add(name string, delta int64) error {
	if err := checkName("name", name); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sender.closed.Load() {
		return ErrClosed
	}
	sum, known := r.sums[name]
	if !known && len(r.sums) >= recordsInMemory {
		r.lost++
		return nil
	}
	if delta > 0 && sum > math.MaxInt64-delta || delta < 0 && sum < math.MinInt64-delta {
		return fmt.Errorf("%w: %s", ReasonCounterOverflow, name)
	}
	r.sums[name] = sum + delta
	r.sender.added()
	return nil
}

// Lost is how many sums may not have been counted: because Quoin was away for too long, or more
// than 100,000 counters waited to be sent, or a counter would have overflowed.
func (r *CounterRecorder) Lost() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Flush sends what is collected now instead of later; it does not wait for it.
func (r *CounterRecorder) Flush() { r.sender.flush() }

// Close sends what is collected and waits, no longer than the client's deadline, until it is
// counted. It fails when that was not enough; what could not be sent is lost.
func (r *CounterRecorder) Close() error { return r.sender.Close() }

func (r *CounterRecorder) lose(sums int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += int64(sums)
}

func (r *CounterRecorder) next() *countersv1.IncrementBatchRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.sums) == 0 {
		return nil
	}
	request := &countersv1.IncrementBatchRequest{RequestId: newID()}
	for name, sum := range r.sums {
		if len(request.Increments) == recordsPerCall {
			break
		}
		request.Increments = append(request.Increments,
			&countersv1.IncrementBatchRequest_Increment{Name: name, Delta: &sum})
		delete(r.sums, name)
	}
	return request
}

// longestName is how many bytes a name has at most.
const longestName = 512

// checkName checks a name that is collected and sent later, when nobody could be told any more.
func checkName(what, name string) error {
	fits := name != "" && len(name) <= longestName && utf8.ValidString(name)
	for i := 0; fits && i < len(name); i++ {
		fits = name[i] >= ' ' && name[i] != 0x7f
	}
	if !fits {
		return fmt.Errorf("%w: %s: must be 1 to %d bytes of UTF-8 without control characters",
			ErrInvalidRequest, what, longestName)
	}
	return nil
}
