// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	chatv1 "github.com/quoin-dev/quoin/clients/go/chat/v1"
	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	countersv1 "github.com/quoin-dev/quoin/clients/go/counters/v1"
	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	statsv1 "github.com/quoin-dev/quoin/clients/go/stats/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/structpb"
)

// enqueue adds a task to the queue "mail" and returns its id.
func enqueue(t testing.TB, client *quoin.Client, task *queuesv1.NewTask) string {
	t.Helper()
	request := &queuesv1.EnqueueRequest{Queue: "mail", Task: task}
	return value[*queuesv1.EnqueueResponse](t)(client.Queues.Enqueue(limited(t), request)).GetTaskId()
}

// createChat makes a chat of Ann and Bob with a first message, and returns its id.
func createChat(t testing.TB, client *quoin.Client, message string) string {
	t.Helper()
	request := &chatv1.CreateRequest{Actor: "ann", Users: []string{"bob"}, FirstMessage: message}
	return value[*chatv1.CreateResponse](t)(client.Chat.Create(limited(t), request)).GetChatId()
}

// send sends a message of Ann.
func send(t testing.TB, client *quoin.Client, chat, body string) {
	t.Helper()
	request := &chatv1.SendRequest{ChatId: chat, Sender: "ann", Body: body}
	value[*chatv1.SendResponse](t)(client.Chat.Send(limited(t), request))
}

// recent is the newest entries of a log, newest first.
func recent(
	t testing.TB, logs *quoin.Logs, name string, severity logsv1.Severity, count int32,
) []*logsv1.LogEntry {
	t.Helper()
	request := &logsv1.ListRecentRequest{Name: name, Severity: severity, MaxItems: count}
	return value[*logsv1.ListRecentResponse](t)(logs.ListRecent(limited(t), request)).GetEntries()
}

// write writes an entry and returns its cursor.
func write(t testing.TB, logs *quoin.Logs, text string) string {
	t.Helper()
	request := &logsv1.WriteRequest{Name: "shop", Text: text}
	return value[*logsv1.WriteResponse](t)(logs.Write(limited(t), request)).GetCursor()
}

func setConfig(t testing.TB, config *quoin.Config, typeName, component string, values map[string]any) {
	t.Helper()
	request := &configv1.SetRequest{
		Type: typeName, Component: component, Value: value[*structpb.Struct](t)(structpb.NewStruct(values)),
	}
	value[*configv1.SetResponse](t)(config.Set(limited(t), request))
}

func resolve(t testing.TB, config *quoin.Config, service string) []*configv1.Instance {
	t.Helper()
	request := &configv1.ResolveRequest{Service: service}
	return value[*configv1.ResolveResponse](t)(config.Resolve(limited(t), request)).GetInstances()
}

func increment(t testing.TB, client *quoin.Client, name string, delta int64) {
	t.Helper()
	request := &countersv1.IncrementRequest{Name: name, Delta: proto.Int64(delta)}
	value[*countersv1.IncrementResponse](t)(client.Counters.Increment(limited(t), request))
}

// countedToday is what was counted today, and yesterday, if that has just ended.
func countedToday(t testing.TB, client *quoin.Client, name string) (sum int64) {
	t.Helper()
	request := &countersv1.GetRequest{Name: name, Precision: durationpb.New(24 * time.Hour), Last: 2}
	for _, day := range value[*countersv1.GetResponse](t)(client.Counters.Get(limited(t), request)).GetSamples() {
		sum += day.GetCount()
	}
	return sum
}

// figures are those of this hour or, when it has just begun, of the one before.
func figures(t testing.TB, client *quoin.Client, kind, context string) *statsv1.GetResponse {
	t.Helper()
	now := hour(t, client, kind, context, 0)
	if now.GetCount() == 0 {
		return hour(t, client, kind, context, 1)
	}
	return now
}

func hour(t testing.TB, client *quoin.Client, kind, context string, hoursAgo int32) *statsv1.GetResponse {
	t.Helper()
	request := &statsv1.GetRequest{
		Kind: kind, Context: context, Window: &statsv1.GetRequest_HoursAgo{HoursAgo: hoursAgo},
	}
	return value[*statsv1.GetResponse](t)(client.Stats.Get(limited(t), request))
}
