// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"sync"

	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
)

// logRoom is how many entries may wait.
const logRoom = 10_000

// LogWriter writes entries of one log in the background: what was collected in 100 ms goes out
// together. It never waits and never fails for a server that is away; up to 10,000 entries are kept
// until it is back, more are dropped and counted. What an entry has more than the contract allows
// is cut off; an entry that no server accepts all the same is dropped and counted, the others go on.
//
// It is safe for use by several goroutines. Close it, or the client, to have the last entries
// written.
type LogWriter struct {
	logs    *Logs
	name    string
	cancel  context.CancelFunc
	wake    chan struct{} // there is something to write
	hurry   chan struct{} // do not collect any more
	ended   chan struct{}
	log     streamLog
	refusal sync.Once // says that entries are dropped

	mu      sync.Mutex
	waiting []*logsv1.LogEntry
	closed  bool
	taken   int64
	settled int64 // written or dropped, of those taken
	dropped int64
	changed chan struct{} // closed, and replaced, whenever more are settled
}

// Writer collects entries of one log and writes them in batches, in the background.
func (l *Logs) Writer(name string) *LogWriter {
	w := &LogWriter{
		logs: l, name: name,
		wake: make(chan struct{}, 1), hurry: make(chan struct{}, 1),
		ended: make(chan struct{}), changed: make(chan struct{}),
		log: streamLog{client: l.client, stream: "writing the log " + name},
	}
	ctx, cancel := context.WithCancel(l.client.running)
	w.cancel = cancel
	w.closed = l.client.opened(w) != nil
	go w.run(ctx)
	return w
}

// Write takes an entry to be written. It returns false when it was dropped: too many are waiting, or
// the writer is closed.
func (w *LogWriter) Write(entry *logsv1.LogEntry) bool {
	fitting := fit(entry)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.taken-w.settled >= logRoom {
		w.dropped++
		return false
	}
	w.taken++
	w.waiting = append(w.waiting, fitting)
	poke(w.wake)
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
		poke(w.hurry)
		select {
		case <-changed:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// Close takes no more, and waits until what was taken is written, at most as long as a call may
// take. It fails when there was not enough time; what was left is dropped.
func (w *LogWriter) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), w.logs.client.deadline)
	defer cancel()
	return w.end(ctx)
}

func (w *LogWriter) close(ctx context.Context) { _ = w.end(ctx) }

func (w *LogWriter) end(ctx context.Context) error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	err := w.Flush(ctx)
	w.cancel()
	<-w.ended
	w.logs.client.forget(w)
	return err
}
