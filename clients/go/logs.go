// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"iter"

	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	"google.golang.org/grpc"
)

// Logs: the newest entries, the most common messages of an hour, and a live tail.
//
// A program that logs uses a [Logs.Writer], which never waits, or [NewLogHandler] with log/slog;
// [Logs.Write] is for a single entry that has to be there when the method returns.
type Logs struct {
	client *Client
	stub   logsv1.LogsClient
}

func newLogs(c *Client) *Logs { return &Logs{c, logsv1.NewLogsClient(c.conn)} }

// Stub is the generated client of the service.
func (l *Logs) Stub() logsv1.LogsClient { return l.stub }

// Write writes one entry, once, and returns the cursor with which a [Logs.Tail] goes on after it.
func (l *Logs) Write(ctx context.Context, name string, entry *logsv1.LogEntry) (string, error) {
	answer, err := l.stub.Write(ctx, &logsv1.WriteRequest{
		Name:     name,
		Severity: entry.GetSeverity(),
		Text:     entry.GetText(),
		Template: entry.GetTemplate(),
		Fields:   entry.GetFields(),
	})
	return answer.GetCursor(), err
}

// Recent is the newest entries, newest first: at most so many, 1 to 100. SEVERITY_UNSPECIFIED is
// for those of all severities.
func (l *Logs) Recent(
	ctx context.Context, name string, severity logsv1.Severity, limit int32,
) ([]*logsv1.LogEntry, error) {
	answer, err := l.stub.Recent(ctx, &logsv1.RecentRequest{
		Name: name, Severity: severity, Limit: limit,
	})
	return answer.GetEntries(), err
}

// Common is the messages of an hour, the most frequent first: the current hour with 0 hours ago, 24
// at most.
func (l *Logs) Common(
	ctx context.Context, name string, severity logsv1.Severity, hoursAgo int32,
) (*logsv1.CommonResponse, error) {
	return l.stub.Common(ctx, &logsv1.CommonRequest{
		Name: name, Severity: severity, Which: &logsv1.CommonRequest_HoursAgo{HoursAgo: hoursAgo},
	})
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
	// Cursor is where to go on: that of a [TailEvent] heard before, or of a Write. "" is here and
	// now.
	Cursor string
	// OnConnection is told when the stream stands, at first and after a break, and why when it
	// breaks; nil then, too, when the server ended it in peace. It must not block.
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
	Gap *logsv1.TailResponse_Gap
	// Cursor is where another tail goes on after this: nothing is lost and nothing comes twice.
	Cursor string
}

// Tail follows logs until the loop or ctx ends. A broken stream is opened again, at whatever server,
// and goes on where it was. A slow loop is sent no more than it takes. It ends by itself, with an
// error, only when the request makes no sense or the client is closed.
func (l *Logs) Tail(ctx context.Context, options TailOptions) iter.Seq2[*TailEvent, error] {
	return func(yield func(*TailEvent, error) bool) {
		cursor := options.Cursor
		told := connection{tell: options.OnConnection}
		stream := follow(ctx, l.client, logsv1.Logs_Tail_FullMethodName, told.broken,
			func(ctx context.Context) (grpc.ServerStreamingClient[logsv1.TailResponse], error) {
				return l.stub.Tail(ctx, &logsv1.TailRequest{
					Names:           options.Names,
					MinimumSeverity: options.MinimumSeverity,
					Contains:        options.Contains,
					Last:            options.Last,
					Cursor:          cursor,
				})
			})
		for message, err := range stream {
			if err != nil {
				yield(nil, err)
				return
			}
			told.stands()
			for _, event := range tailEvents(message) {
				if event.Log != "" && !yield(event, nil) {
					return
				}
				cursor = event.Cursor
			}
		}
	}
}

// tailEvents is what a message tells; what has no log only moves the cursor on.
func tailEvents(message *logsv1.TailResponse) []*TailEvent {
	switch told := message.GetEvent().(type) {
	case *logsv1.TailResponse_NewEntries:
		var events []*TailEvent
		for _, entry := range told.NewEntries.GetEntries() {
			events = append(events, &TailEvent{
				Log: told.NewEntries.GetName(), Entry: entry, Cursor: entry.GetCursor(),
			})
		}
		return events
	case *logsv1.TailResponse_Gap_:
		return []*TailEvent{{Log: told.Gap.GetName(), Gap: told.Gap, Cursor: told.Gap.GetCursor()}}
	case *logsv1.TailResponse_Heartbeat_:
		return []*TailEvent{{Cursor: told.Heartbeat.GetCursor()}}
	case *logsv1.TailResponse_Reconnect_:
		return []*TailEvent{{Cursor: told.Reconnect.GetCursor()}}
	default:
		return nil
	}
}
