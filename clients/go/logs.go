// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"

	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	streamsv1 "github.com/quoin-dev/quoin/clients/go/streams/v1"
)

// Logs shows what happens now: the newest entries, the most common messages of an hour, and a live
// tail.
//
// A program that logs uses a [Logs.Writer], which never waits, or [NewLogHandler] with log/slog;
// the RPC Write is for a single entry that has to be there when the method returns.
//
// Tail stands in the place of the RPC, which remains at LogsClient. The other RPCs are methods of
// this type.
type Logs struct {
	logsv1.LogsClient
	core *clientCore
}

// TailOptions say which entries of which logs to follow.
type TailOptions struct {
	// Names of the logs: 1 to 64.
	Names []string
	// MinimumSeverity has only entries told that are at least this serious; all by default.
	MinimumSeverity logsv1.Severity
	// Contains has only entries told whose text contains this, at most 256 bytes.
	Contains string
	// Last is how many of the newest entries of each log to begin with, at most 1,000.
	Last int32
	// Cursor is where to go on: that of an earlier [TailEvent], or of a Write. "" is here and
	// now.
	Cursor string
	// OnConnection is called when the stream is open, at first and after a break, and when it broke,
	// with the reason unless the server ended it in good order. It must not block.
	OnConnection func(err error, connected bool)
}

// TailEvent is an entry of a log, or a gap in it.
type TailEvent struct {
	// Log is the name of the log.
	Log string
	// Entry that was written; nil for a gap.
	Entry *logsv1.LogEntry
	// Gap says how many entries were missed because this process was away, or too slow, for longer
	// than they are kept; nil for an entry.
	Gap *streamsv1.Gap
	// Cursor is where another tail goes on after this: nothing is lost and nothing comes twice.
	Cursor string
}

// Tail follows logs until the loop or ctx ends. A broken stream is opened again, at whatever server,
// and goes on where it was. A slow loop is sent no more than it takes. It ends by itself, with an
// error, only when the request makes no sense or the client is closed.
func (l *Logs) Tail(ctx context.Context, options TailOptions) iter.Seq2[*TailEvent, error] {
	responses := &resumableStream[*logsv1.TailRequest, logsv1.TailResponse]{
		core: l.core, open: l.LogsClient.Tail, onConnection: options.OnConnection,
		request: &logsv1.TailRequest{
			Names:           options.Names,
			MinimumSeverity: options.MinimumSeverity,
			Contains:        options.Contains,
			Last:            options.Last,
			Cursor:          options.Cursor,
		},
	}
	return events(responses.all(ctx), tailEvents)
}

// tailEvents are the events of a response.
func tailEvents(response *logsv1.TailResponse) (events []*TailEvent) {
	entries := response.GetNewEntries()
	for _, entry := range entries.GetEntries() {
		events = append(events, &TailEvent{Log: entries.GetName(), Entry: entry, Cursor: entry.GetCursor()})
	}
	if gap := response.GetGap(); gap != nil {
		events = append(events, &TailEvent{Log: gap.GetName(), Gap: gap, Cursor: gap.GetCursor()})
	}
	return events
}
