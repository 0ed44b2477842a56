// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/slogtest"

	quoin "github.com/quoin-dev/quoin/clients/go"
	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
)

func texts(entries []*logsv1.LogEntry) (texts []string) {
	for _, entry := range slices.Backward(entries) {
		texts = append(texts, entry.GetText())
	}
	return texts
}

func TestAWriterWritesEverythingInOrderAndCutsWhatIsTooLong(t *testing.T) {
	logs := client(t).Logs
	writer := logs.Writer("shop")
	for i := range 250 {
		writer.Log(logsv1.Severity_SEVERITY_INFO, fmt.Sprint(i))
	}
	writer.Write(&logsv1.LogEntry{
		Text:   strings.Repeat("ä", 20_000),
		Fields: map[string]string{"key": strings.Repeat("x", 2000)},
	})
	writer.Write(&logsv1.LogEntry{})
	must(t, writer.Flush(limited(t)))

	entries := recent(t, logs, "shop", logsv1.Severity_SEVERITY_UNSPECIFIED, 100)
	got := texts(entries)
	equal(t, "entries", len(got), 100)
	equal(t, "last", got[99], "-")
	equal(t, "long text", len(got[98]), 16_384)
	equal(t, "long field", len(entries[1].GetFields()["key"]), 1024)
	for i, text := range got[:98] {
		equal(t, "entry", text, fmt.Sprint(i+152))
	}
	must(t, writer.Close())
	equal(t, "whether a closed writer takes entries", writer.Log(logsv1.Severity_SEVERITY_INFO, "late"), false)
	equal(t, "dropped", writer.Dropped(), 1)
}

func TestWhatCannotBeWrittenIsDropped(t *testing.T) {
	writer := client(t).Logs.Writer("")
	for range 150 {
		writer.Log(logsv1.Severity_SEVERITY_INFO, "lost")
	}
	must(t, writer.Close())
	equal(t, "dropped", writer.Dropped(), 150)
}

func TestATailGoesOnFromACursor(t *testing.T) {
	logs := client(t).Logs
	var cursors []string
	for i := range 5 {
		cursors = append(cursors, write(t, logs, fmt.Sprint(i)))
	}
	// hear hears so many entries from a cursor on, and returns where it has stopped.
	hear := func(cursor string, count int) (heard []string, next string) {
		connected := 0
		options := quoin.TailOptions{
			Names: []string{"shop"}, Cursor: cursor, Last: 100,
			OnConnection: func(err error, stands bool) { connected++ },
		}
		for event, err := range logs.Tail(limited(t), options) {
			must(t, err)
			heard, next = append(heard, event.Entry.GetText()), event.Cursor
			if len(heard) == count {
				break
			}
		}
		equal(t, "connected", connected, 1)
		return heard, next
	}

	heard, _ := hear(cursors[1], 3)
	equal(t, "from a write on", strings.Join(heard, " "), "2 3 4")
	heard, cursor := hear("", 5)
	equal(t, "all", strings.Join(heard, " "), "0 1 2 3 4")
	write(t, logs, "5")
	heard, _ = hear(cursor, 1)
	equal(t, "what came then", strings.Join(heard, " "), "5")

	// The entries come together: each has the cursor after itself.
	var taken []string
	for cursor = cursors[0]; len(taken) < 5; {
		var one []string
		one, cursor = hear(cursor, 1)
		taken = append(taken, one...)
	}
	equal(t, "one a tail", strings.Join(taken, " "), "1 2 3 4 5")
}

func TestATailOfNothingFails(t *testing.T) {
	for _, err := range client(t).Logs.Tail(limited(t), quoin.TailOptions{}) {
		equal(t, "invalid", errors.Is(err, quoin.ErrInvalidRequest), true)
		return
	}
	t.Error("ends without an error")
}

func TestRecordsOfSlogAreEntries(t *testing.T) {
	logs := client(t).Logs
	writer := logs.Writer("shop")
	logger := slog.New(quoin.NewLogHandler(writer, &quoin.LogHandlerOptions{Level: slog.LevelDebug, AddSource: true}))
	logger.With("shop", "berlin").WithGroup("order").Error("cannot be paid", "id", 17, slog.Group("by", "user", "ann"))
	logger.Debug("detail")
	must(t, writer.Close())

	entries := recent(t, logs, "shop", logsv1.Severity_SEVERITY_ERROR, 10)
	equal(t, "entries", len(entries), 1)
	fields := entries[0].GetFields()
	equal(t, "text", entries[0].GetText(), "cannot be paid")
	equal(t, "shop", fields["shop"], "berlin")
	equal(t, "id", fields["order.id"], "17")
	equal(t, "user", fields["order.by.user"], "ann")
	equal(t, "source", strings.Contains(fields["source"], "logs_test.go:"), true)
	if slog.New(quoin.NewLogHandler(writer, nil)).Enabled(context.Background(), slog.LevelDebug) {
		t.Error("debugging is on by default")
	}
}

// TestTheHandlerKeepsTheRulesOfSlog has the standard library check the handler.
func TestTheHandlerKeepsTheRulesOfSlog(t *testing.T) {
	logs := client(t).Logs
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		return quoin.NewLogHandler(logs.Writer(t.Name()), nil)
	}, func(t *testing.T) map[string]any {
		var entries []*logsv1.LogEntry
		eventually(t, "the entry is written", func() bool {
			entries = recent(t, logs, t.Name(), 0, 1)
			return len(entries) == 1
		})
		record := map[string]any{slog.LevelKey: slog.LevelInfo, slog.MessageKey: entries[0].GetText()}
		if !strings.HasSuffix(t.Name(), "zero-time") { // the time of an entry is that of Redis
			record[slog.TimeKey] = entries[0].GetTime().AsTime()
		}
		for key, value := range entries[0].GetFields() {
			group := record
			parts := strings.Split(key, ".")
			for _, part := range parts[:len(parts)-1] {
				if group[part] == nil {
					group[part] = map[string]any{}
				}
				group = group[part].(map[string]any)
			}
			group[parts[len(parts)-1]] = value
		}
		return record
	})
}
