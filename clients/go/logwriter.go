// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	"google.golang.org/protobuf/proto"
)

const (
	logInterval   = 100 * time.Millisecond
	logBatch      = 100
	logBatchBytes = 512 * 1024
	// logRoom is how many entries may wait.
	logRoom = 10_000
)

// LogWriter writes entries of one log in the background: what was collected in 100 ms goes out
// together. It never waits and never fails for a server that is away; up to 10,000 entries are kept
// until it is back, more are dropped and counted. What an entry has more than the contract allows
// is cut off; an entry that no server accepts all the same is dropped and counted, the others go on.
//
// It is safe for use by several goroutines. Close it, or the client, to have the last entries
// written.
type LogWriter struct {
	logs   *Logs
	name   string
	sender batchSender[logsv1.WriteStreamRequest]

	mu      sync.Mutex
	waiting []*logsv1.LogEntry
	taken   int64
	settled int64 // written or dropped, of those taken
	dropped int64
	changed chan struct{} // closed, and replaced, whenever more are settled
}

// Writer collects entries of one log and writes them in batches, in the background.
func (l *Logs) Writer(name string) *LogWriter {
	w := &LogWriter{logs: l, name: name, changed: make(chan struct{})}
	w.sender = batchSender[logsv1.WriteStreamRequest]{
		name: "writing the log " + name, interval: logInterval,
		next: w.next, exchange: w.exchange, settled: w.settle, split: w.single,
	}
	w.sender.start(l.core)
	return w
}

// Write takes an entry to be written. It returns false when it was dropped: too many are waiting, or
// the writer is closed.
func (w *LogWriter) Write(entry *logsv1.LogEntry) bool {
	fitting := fit(entry)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.sender.closed.Load() || w.taken-w.settled >= logRoom {
		w.dropped++
		return false
	}
	w.taken++
	w.waiting = append(w.waiting, fitting)
	w.sender.added()
	return true
}

// Log takes an entry that is nothing but a text.
func (w *LogWriter) Log(severity logsv1.Severity, text string) bool {
	return w.Write(&logsv1.LogEntry{Severity: severity, Text: text})
}

// Dropped is how many entries were dropped so far.
func (w *LogWriter) Dropped() int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dropped
}

// Flush waits until all entries taken until now are written or dropped, or ctx ends.
func (w *LogWriter) Flush(ctx context.Context) error {
	w.mu.Lock()
	all := w.taken
	w.mu.Unlock()
	for {
		w.mu.Lock()
		done, changed := w.settled >= all, w.changed
		w.mu.Unlock()
		if done {
			return nil
		}
		w.sender.flush()
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close takes no more, and waits, no longer than the client's deadline, until what was taken is
// written. It fails when that was not enough; what was left is dropped.
func (w *LogWriter) Close() error { return w.sender.Close() }

// next is the next batch.
func (w *LogWriter) next() *logsv1.WriteStreamRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	count, size := 0, 0
	for count < min(len(w.waiting), logBatch) {
		size += proto.Size(w.waiting[count])
		if size > logBatchBytes && count > 0 {
			break
		}
		count++
	}
	if count == 0 {
		return nil
	}
	batch := w.batch(w.waiting[:count:count])
	w.waiting = w.waiting[count:]
	return batch
}

func (w *LogWriter) batch(entries []*logsv1.LogEntry) *logsv1.WriteStreamRequest {
	return &logsv1.WriteStreamRequest{Name: w.name, RequestId: newID(), Entries: entries}
}

// exchange writes batches; a failure says how many are written.
func (w *LogWriter) exchange(
	ctx context.Context, batches []*logsv1.WriteStreamRequest,
) (written int, err error) {
	ctx, cancel := context.WithTimeout(ctx, w.logs.core.deadline)
	defer cancel()
	stream, err := w.logs.WriteStream(ctx)
	if err != nil {
		return 0, err
	}
	for _, batch := range batches {
		if stream.Send(batch) != nil {
			break // receiving tells why
		}
	}
	if _, err = stream.CloseAndRecv(); err == nil {
		return len(batches), nil
	}
	if e := (*Error)(nil); errors.As(err, &e) {
		written, _ = strconv.Atoi(e.Metadata["written"])
	}
	return min(written, len(batches)-1), err
}

// single has the entries of a batch written one by one when one of them is to blame for a refusal.
func (w *LogWriter) single(
	refused *logsv1.WriteStreamRequest, err error,
) (batches []*logsv1.WriteStreamRequest) {
	e := (*Error)(nil)
	if len(refused.GetEntries()) < 2 || !errors.As(err, &e) ||
		!slices.ContainsFunc(e.Violations, func(v FieldViolation) bool {
			return strings.HasPrefix(v.Field, "entries")
		}) {
		return nil
	}
	for i := range refused.GetEntries() {
		batches = append(batches, w.batch(refused.GetEntries()[i:i+1]))
	}
	return batches
}

func (w *LogWriter) settle(batch *logsv1.WriteStreamRequest, lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.settled += int64(len(batch.GetEntries()))
	if lost {
		w.dropped += int64(len(batch.GetEntries()))
	}
	close(w.changed)
	w.changed = make(chan struct{})
}
