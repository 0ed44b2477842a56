// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"
	"unicode/utf8"

	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
	"google.golang.org/grpc"
)

const (
	recordPeriod    = time.Second
	recordsPerCall  = 1_000
	recordsInMemory = 100_000
)

// CounterRecorder counts in this process and sends the sums once a second, so that counting costs
// the caller next to nothing. Every sum is counted exactly once, whatever happens to connections
// and servers, as long as Quoin comes back within nine minutes. It counts in the second in which it
// arrives.
//
// It is safe for use by several goroutines. Close it, or the client, to have the last sums counted.
type CounterRecorder struct {
	pump *pump[countersv1.IncrementBatchRequest, countersv1.IncrementBatchResponse]

	mu   sync.Mutex
	sums map[string]int64
	lost int64
}

// Recorder counts in this process and sends the sums.
func (c *Counters) Recorder() *CounterRecorder {
	r := &CounterRecorder{sums: map[string]int64{}}
	r.pump = startPump(c.client, countersv1.Counters_IncrementBatch_FullMethodName, &pump[countersv1.IncrementBatchRequest, countersv1.IncrementBatchResponse]{
		open: func(ctx context.Context) (grpc.BidiStreamingClient[
			countersv1.IncrementBatchRequest, countersv1.IncrementBatchResponse], error) {
			return c.stub.IncrementBatch(ctx)
		},
		next: r.next,
		answered: func(answer *countersv1.IncrementBatchResponse) {
			r.lose(len(answer.GetUncounted()))
		},
		lost: func(request *countersv1.IncrementBatchRequest) { r.lose(len(request.GetIncrements())) },
	})
	return r
}

// Increment adds 1 to a counter.
func (r *CounterRecorder) Increment(name string) error { return r.Add(name, 1) }

// Add adds to a counter. It never blocks. It fails with [ErrInvalidRequest] when the name is not
// allowed, with [ReasonCounterOverflow] when what is to be sent leaves the range of 64-bit numbers,
// and with [ErrClosed] when the recorder is closed; then nothing is added.
func (r *CounterRecorder) Add(name string, delta int64) error {
	if err := checkName("name", name, 256); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pump.closed.Load() {
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
func (r *CounterRecorder) Flush() { r.pump.push() }

// Close sends what is collected and waits, no longer than the client's deadline, until it is
// counted. What could not be sent is lost.
func (r *CounterRecorder) Close() error { return r.pump.Close() }

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

// checkName checks a name that is collected and sent later, when nobody could be told any more.
func checkName(what, name string, bytes int) error {
	fits := name != "" && len(name) <= bytes && utf8.ValidString(name)
	for i := 0; fits && i < len(name); i++ {
		fits = name[i] >= ' ' && name[i] != 0x7f
	}
	if !fits {
		return fmt.Errorf("%w: %s: must be 1 to %d bytes of UTF-8 without control characters",
			ErrInvalidRequest, what, bytes)
	}
	return nil
}
