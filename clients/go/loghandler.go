// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"log/slog"
	"runtime"
	"strconv"

	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const (
	textBytes     = 16_384
	templateBytes = 512
	fieldCount    = 32
	keyBytes      = 64
	valueBytes    = 1_024
)

// LogHandlerOptions say what a [NewLogHandler] writes.
type LogHandlerOptions struct {
	// Level is the least level that is written; [slog.LevelInfo] by default.
	Level slog.Leveler
	// AddSource adds the field "source": file and line of the call.
	AddSource bool
}

// NewLogHandler sends what a program logs with log/slog to a log of Quoin, in the background; see
// [LogWriter] for what happens while no server can be reached. The message is the text of the
// entry, which Common counts, and the attributes are its fields, those of groups under keys such as
// "request.id": at most 32, keys of at most 64 bytes, values of at most 1,024. options may be nil.
func NewLogHandler(writer *LogWriter, options *LogHandlerOptions) slog.Handler {
	handler := &logHandler{writer: writer, level: slog.LevelInfo}
	if options != nil {
		handler.source = options.AddSource
		if options.Level != nil {
			handler.level = options.Level
		}
	}
	return handler
}

// logHandler never changes once it is made.
type logHandler struct {
	writer *LogWriter
	level  slog.Leveler
	source bool
	prefix string // of the groups that are open
	fields []logField
}

type logField struct{ key, value string }

func (h *logHandler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.level.Level()
}

func (h *logHandler) Handle(_ context.Context, record slog.Record) error {
	entry := &logsv1.LogEntry{
		Severity: severityOf(record.Level),
		Text:     record.Message,
		Fields:   make(map[string]string, len(h.fields)+record.NumAttrs()),
	}
	if !record.Time.IsZero() {
		entry.Time = timestamppb.New(record.Time)
	}
	if h.source && record.PC != 0 {
		frame, _ := runtime.CallersFrames([]uintptr{record.PC}).Next()
		entry.Fields["source"] = frame.File + ":" + strconv.Itoa(frame.Line)
	}
	fields := h.fields[:len(h.fields):len(h.fields)]
	record.Attrs(func(attr slog.Attr) bool {
		fields = appendFields(fields, h.prefix, attr)
		return true
	})
	for _, field := range fields {
		if _, known := entry.Fields[field.key]; known || len(entry.Fields) < fieldCount {
			entry.Fields[field.key] = field.value
		}
	}
	h.writer.Write(entry)
	return nil
}

func (h *logHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	more := *h
	more.fields = h.fields[:len(h.fields):len(h.fields)]
	for _, attr := range attrs {
		more.fields = appendFields(more.fields, h.prefix, attr)
	}
	return &more
}

func (h *logHandler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	more := *h
	more.prefix += name + "."
	return &more
}

// appendFields writes an attribute as fields: a group as those of its attributes.
func appendFields(fields []logField, prefix string, attr slog.Attr) []logField {
	attr.Value = attr.Value.Resolve()
	if attr.Equal(slog.Attr{}) {
		return fields
	}
	if attr.Value.Kind() != slog.KindGroup {
		return append(fields, logField{prefix + attr.Key, valueText(attr.Value)})
	}
	if attr.Key != "" {
		prefix += attr.Key + "."
	}
	for _, one := range attr.Value.Group() {
		fields = appendFields(fields, prefix, one)
	}
	return fields
}

// valueText is the text of a value; values are the program's, and may panic.
func valueText(value slog.Value) string {
	if value.Kind() == slog.KindAny {
		return textOf(value.Any())
	}
	return value.String()
}

func severityOf(level slog.Level) logsv1.Severity {
	switch {
	case level < slog.LevelInfo:
		return logsv1.Severity_SEVERITY_DEBUG
	case level < slog.LevelWarn:
		return logsv1.Severity_SEVERITY_INFO
	case level < slog.LevelError:
		return logsv1.Severity_SEVERITY_WARNING
	case level < slog.LevelError+4:
		return logsv1.Severity_SEVERITY_ERROR
	default:
		return logsv1.Severity_SEVERITY_CRITICAL
	}
}

// knownSeverity is a severity that can be written.
func knownSeverity(severity logsv1.Severity) logsv1.Severity {
	if _, known := logsv1.Severity_name[int32(severity)]; !known {
		return logsv1.Severity_SEVERITY_UNSPECIFIED
	}
	return severity
}

// fit is an entry cut to what the contract allows.
func fit(entry *logsv1.LogEntry) *logsv1.LogEntry {
	fitting := &logsv1.LogEntry{
		Severity: knownSeverity(entry.GetSeverity()),
		Text:     cut(entry.GetText(), textBytes),
		Template: cut(entry.GetTemplate(), templateBytes),
		Time:     entry.GetTime(),
	}
	if fitting.Text == "" {
		fitting.Text = "-"
	}
	for key, value := range entry.GetFields() {
		if key == "" || len(fitting.Fields) >= fieldCount {
			continue
		}
		if fitting.Fields == nil {
			fitting.Fields = make(map[string]string, len(entry.GetFields()))
		}
		fitting.Fields[cut(key, keyBytes)] = cut(value, valueBytes)
	}
	return fitting
}
