// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"fmt"
	"math"
	"sync"
	"time"

	statsv1 "github.com/quoin-dev/quoin/clients/go/stats/v1"
)

const largestValue = 1e18

// Stats aggregates measured values per kind, context and hour. [Stats.Recorder] records: single
// values, times, and every RPC of a client or server.
type Stats struct {
	statsv1.StatsClient
	core *clientCore
}

// StatsRecorder collects values in this process and sends them once a second, so that recording
// costs the caller next to nothing. Every value is recorded exactly once, whatever happens to
// connections and servers, as long as Quoin comes back within nine minutes.
//
// It is safe for use by several goroutines. Close it, or the client, to have the last values
// recorded.
type StatsRecorder struct {
	sender batchSender[statsv1.RecordBatchRequest]

	mu     sync.Mutex
	values []*statsv1.RecordBatchRequest_Record
	lost   int64
}

// Recorder collects values in this process and sends them.
func (s *Stats) Recorder() *StatsRecorder {
	r := &StatsRecorder{}
	stream := &batchStream[statsv1.RecordBatchRequest, statsv1.RecordBatchResponse]{
		open: s.RecordBatch, answered: func(*statsv1.RecordBatchResponse) {},
	}
	r.sender = batchSender[statsv1.RecordBatchRequest]{
		name:     statsv1.Stats_RecordBatch_FullMethodName,
		interval: recordInterval, patience: recordPatience,
		next: r.next, exchange: stream.exchange,
		settled: func(request *statsv1.RecordBatchRequest, lost bool) {
			if lost {
				r.lose(len(request.GetRecords()))
			}
		},
	}
	r.sender.start(s.core)
	return r
}

// Record records a value, -1e18 to 1e18, of a kind, for example "AccessTime", and a context, for
// example a page: each 1 to 512 bytes without control characters. It never blocks. It fails with
// [ErrInvalidRequest] when one of them is not allowed, and with [ErrClosed] when the recorder is
// closed.
func (r *StatsRecorder) Record(kind, context string, value float64) error {
	if err := checkName("kind", kind); err != nil {
		return err
	}
	if err := checkName("context", context); err != nil {
		return err
	}
	if !(math.Abs(value) <= largestValue) {
		return fmt.Errorf("%w: value: must be a number from -1e18 to 1e18", ErrInvalidRequest)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.sender.closed.Load() {
		return ErrClosed
	}
	if len(r.values) >= recordsInMemory {
		r.lost++
		return nil
	}
	r.values = append(r.values, &statsv1.RecordBatchRequest_Record{
		Kind: kind, Context: context, Value: &value,
	})
	r.sender.added()
	if len(r.values) == batchesAtOnce*recordsPerCall {
		r.sender.flush()
	}
	return nil
}

// Time begins to measure a time by the monotonic clock; what it returns records the seconds when it
// is called:
//
//	defer recorder.Time("AccessTime", "/search")()
func (r *StatsRecorder) Time(kind, context string) func() {
	begin := time.Now()
	return sync.OnceFunc(func() { _ = r.Record(kind, context, time.Since(begin).Seconds()) })
}

// Lost is how many values may not have been recorded: because Quoin was away for too long, or more
// than 100,000 values waited to be sent.
func (r *StatsRecorder) Lost() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lost
}

// Flush sends what is collected now instead of later; it does not wait for it.
func (r *StatsRecorder) Flush() { r.sender.flush() }

// Close sends what is collected and waits, no longer than the client's deadline, until it is
// recorded. It fails when that was not enough; what could not be sent is lost.
func (r *StatsRecorder) Close() error { return r.sender.Close() }

func (r *StatsRecorder) lose(values int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lost += int64(values)
}

func (r *StatsRecorder) next() *statsv1.RecordBatchRequest {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.values) == 0 {
		return nil
	}
	count := min(len(r.values), recordsPerCall)
	request := &statsv1.RecordBatchRequest{RequestId: newID(), Records: r.values[:count:count]}
	r.values = r.values[count:]
	return request
}
