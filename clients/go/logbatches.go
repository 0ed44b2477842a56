// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	"google.golang.org/protobuf/proto"
)

const (
	logPause      = 100 * time.Millisecond
	logBatch      = 100
	logBatchBytes = 512 * 1024
	logBatches    = 10
)

// run writes until ctx ends.
func (w *LogWriter) run(ctx context.Context) {
	defer close(w.ended)
	for ctx.Err() == nil {
		select {
		case <-w.wake:
		case <-ctx.Done():
		}
		select {
		case <-w.hurry:
		case <-time.After(logPause):
		case <-ctx.Done():
		}
		for batches := w.next(); len(batches) > 0; batches = w.next() {
			w.deliver(ctx, batches)
		}
	}
	for batches := w.next(); len(batches) > 0; batches = w.next() {
		w.settle(batches, true)
	}
}

// next takes what is written next.
func (w *LogWriter) next() []*logsv1.WriteStreamRequest {
	w.mu.Lock()
	defer w.mu.Unlock()
	var batches []*logsv1.WriteStreamRequest
	used := 0
	for used < len(w.waiting) && len(batches) < logBatches {
		batch := &logsv1.WriteStreamRequest{Name: w.name, RequestId: newID()}
		for size := 0; used < len(w.waiting) && len(batch.Entries) < logBatch; used++ {
			size += proto.Size(w.waiting[used])
			if size > logBatchBytes && len(batch.Entries) > 0 {
				break
			}
			batch.Entries = append(batch.Entries, w.waiting[used])
		}
		batches = append(batches, batch)
	}
	w.waiting = w.waiting[used:]
	return batches
}

// deliver writes batches, again and again with the same ids while no server can be reached, so that
// no entry is there twice.
func (w *LogWriter) deliver(ctx context.Context, batches []*logsv1.WriteStreamRequest) {
	var pause pauses
	for len(batches) > 0 {
		err := w.send(ctx, batches)
		if err == nil {
			w.log.alive()
			w.settle(batches, false)
			return
		}
		written := 0
		if e := (*Error)(nil); errors.As(err, &e) {
			written, _ = strconv.Atoi(e.Metadata["written"])
			written = min(written, len(batches)-1)
		}
		w.settle(batches[:written], false)
		batches = batches[written:]
		switch {
		case ctx.Err() != nil:
			w.settle(batches, true)
			return
		case refusedForGood(err):
			batches = w.refused(batches, err)
		default:
			w.log.broken(err)
			pause.sleep(ctx)
		}
	}
}

// refused drops the first batch, which cannot be written, and returns what is left to be written.
// When one of its entries is to blame, they are written one by one.
func (w *LogWriter) refused(
	batches []*logsv1.WriteStreamRequest, err error,
) []*logsv1.WriteStreamRequest {
	first, rest := batches[0], batches[1:]
	if e := (*Error)(nil); len(first.GetEntries()) > 1 && errors.As(err, &e) &&
		slices.ContainsFunc(e.Violations, func(v FieldViolation) bool {
			return strings.HasPrefix(v.Field, "entries")
		}) {
		var single []*logsv1.WriteStreamRequest
		for _, entry := range first.GetEntries() {
			single = append(single, &logsv1.WriteStreamRequest{
				Name: w.name, RequestId: newID(), Entries: []*logsv1.LogEntry{entry},
			})
		}
		return append(single, rest...)
	}
	w.refusal.Do(func() {
		w.logs.client.log().Warn("quoin: entries that cannot be written are dropped",
			"log", w.name, "error", textOf(err))
	})
	w.settle(batches[:1], true)
	return rest
}

func (w *LogWriter) send(ctx context.Context, batches []*logsv1.WriteStreamRequest) error {
	ctx, cancel := context.WithTimeout(ctx, w.logs.client.deadline)
	defer cancel()
	stream, err := w.logs.stub.WriteStream(ctx)
	if err != nil {
		return err
	}
	for _, batch := range batches {
		if stream.Send(batch) != nil {
			break // receiving tells why
		}
	}
	_, err = stream.CloseAndRecv()
	return err
}

func (w *LogWriter) settle(batches []*logsv1.WriteStreamRequest, dropped bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, batch := range batches {
		w.settled += int64(len(batch.GetEntries()))
		if dropped {
			w.dropped += int64(len(batch.GetEntries()))
		}
	}
	close(w.changed)
	w.changed = make(chan struct{})
}
