// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// shown is how a message looks, given as JSON.
func shown(t *testing.T, s *shower, name protoreflect.FullName, content string, isEvent bool) string {
	t.Helper()
	t.Setenv("TZ", "UTC")
	time.Local = time.UTC
	a, _ := offline(t)
	found, err := a.contract.files.FindDescriptorByName(name)
	if err != nil {
		t.Fatal(err)
	}
	message := dynamicpb.NewMessage(found.(protoreflect.MessageDescriptor))
	if err := (protojson.UnmarshalOptions{Resolver: a.contract.types}).Unmarshal([]byte(content), message); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	s.out, s.types, s.now = &out, a.contract.types, a.now
	if isEvent {
		err = s.event(message)
	} else {
		err = s.answer(message)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

const twoLocks = `{"locks": [
  {"name": "report", "held": true, "label": "host-7", "mode": "MODE_EXCLUSIVE", "fence": "1790000000000001",
   "acquireTime": "2026-03-01T11:58:30Z", "expireTime": "2026-03-01T12:00:59Z", "waiterCount": "2"},
  {"name": "表\u001b[2J", "held": false, "fence": "7", "waiterCount": "0"}
], "nextPageToken": "more"}`

func TestAListIsATable(t *testing.T) {
	equal(t, "table", shown(t, &shower{}, "quoin.locks.v1.ListResponse", twoLocks, false), strings.TrimPrefix(`
NAME       HELD   MODE       LABEL   FENCE             ACQUIRE_TIME                    EXPIRE_TIME                    WAITER_COUNT
report     true   exclusive  host-7  1790000000000001  2026-03-01 11:58:30 (90 s ago)  2026-03-01 12:00:59 (in 59 s)  2
表\x1b[2J  false  -          -       7                 -                               -                              0
`, "\n"))
}

func TestAnAnswerIsInTwoColumns(t *testing.T) {
	equal(t, "answer", shown(t, &shower{}, "quoin.locks.v1.AcquireResponse",
		`{"acquired": true, "token": "T", "fence": "5", "expireTime": "2026-03-01T12:00:10Z"}`, false), strings.TrimPrefix(`
acquired     true
token        T
fence        5
expire_time  2026-03-01 12:00:10 (in 10 s)
`, "\n"))
}

func TestValuesStandAboveTables(t *testing.T) {
	equal(t, "answer", shown(t, &shower{}, "quoin.stats.v1.ListSlowestResponse",
		`{"slowest": [{"context": "a"}, {"context": "b"}], "hour": "2026-03-01T11:00:00Z"}`, false), strings.TrimPrefix(`
hour  2026-03-01 11:00:00 (60 min ago)

slowest
CONTEXT
a
b
`, "\n"))
}

func TestNamesStandOneInALine(t *testing.T) {
	equal(t, "names", shown(t, &shower{}, "quoin.counters.v1.ListResponse", `{"names": ["a", "b\nc"]}`, false), "a\nb\\nc\n")
}

func TestEventsStandOneInALine(t *testing.T) {
	equal(t, "granted", shown(t, &shower{}, "quoin.locks.v1.HoldResponse",
		`{"granted": {"token": "T", "fence": "5", "expireTime": "2026-03-01T12:00:10Z"}}`, true),
		"granted  token=T  fence=5  expire_time=2026-03-01T12:00:10\n")
	equal(t, "heartbeat", shown(t, &shower{}, "quoin.locks.v1.HoldResponse", `{"heartbeat": {}}`, true), "")
	equal(t, "messages", shown(t, &shower{}, "quoin.chat.v1.SubscribeResponse", `{"events": {"chatId": "lobby", "events": [
		{"message": {"messageId": "1", "sender": "bob", "body": "say \"hi\" \u001b[31m"}, "cursor": "x"},
		{"memberLeft": {"user": "carl"}, "cursor": "y"}]}}`, true),
		`message  chat_id=lobby  message_id=1  sender=bob  body="say \"hi\" \x1b[31m"`+"\n"+
			"member-left  chat_id=lobby  user=carl\n")
}

func TestJSONIsOneLineThatAlwaysLooksTheSame(t *testing.T) {
	for range 20 {
		equal(t, "JSON", shown(t, &shower{isJSON: true}, "quoin.locks.v1.AcquireResponse",
			`{"acquired": false, "label": "\u009b2J\u202e <&> 𝄞 \udb40\udc01", "retryAfter": "1.5s"}`, false),
			`{"acquired":false,"label":"\u009b2J\u202e <&> 𝄞 \udb40\udc01","retryAfter":"1.500s"}`+"\n")
	}
}

func TestBytesAreTextWhereTheyAreText(t *testing.T) {
	equal(t, "text", shown(t, &shower{}, "quoin.queues.v1.NewTask", `{"kind": "k", "payload": "aMOpCg=="}`, false), "kind     k\npayload  hé\\n\n")
	equal(t, "bytes", shown(t, &shower{}, "quoin.queues.v1.NewTask", `{"kind": "k", "payload": "/wA="}`, false), "kind     k\npayload  base64:/wA=\n")
}

func TestCellsAreCutOnAScreenOnly(t *testing.T) {
	long := `{"locks": [{"name": "` + strings.Repeat("表", 100) + `"}]}`
	equal(t, "file", shown(t, &shower{}, "quoin.locks.v1.ListResponse", long, false), "NAME\n"+strings.Repeat("表", 100)+"\n")
	equal(t, "screen", shown(t, &shower{isScreen: true}, "quoin.locks.v1.ListResponse", long, false), "NAME\n"+strings.Repeat("表", 29)+"…\n")
	contains(t, shown(t, &shower{isStyled: true}, "quoin.locks.v1.ListResponse", long, false), "\x1b[1mNAME\x1b[0m")
}

func TestAges(t *testing.T) {
	for away, want := range map[time.Duration]string{
		0: "now", -time.Second: "1 s ago", 119 * time.Second: "in 119 s", 2 * time.Minute: "in 2 min", -3 * time.Hour: "3 h ago", 240 * time.Hour: "in 10 days",
	} {
		equal(t, away.String(), age(moment.Add(away), moment), want)
	}
}

func TestDurationsReadAndShow(t *testing.T) {
	for text, want := range map[string]string{
		"30s": "30s", "1h30m": "1h30m", "90m": "1h30m", "7d": "7d", "1d12h": "36h", "1500ms": "1.5s", "0": "0s", "-2s": "-2s", "2 h": "2h", "1.5d": "36h",
	} {
		length, err := parseDuration(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		equal(t, text, showDuration(length), want)
	}
	for _, text := range []string{"", "5", "s", "d", "1d-2h", "1x", "--1s", "1h1", "99999999d", "300000h300000h3000000h", "∞"} {
		if length, err := parseDuration(text); err == nil {
			t.Errorf("%q is read as %s", text, length)
		}
	}
}

func TestTimesRead(t *testing.T) {
	time.Local = time.UTC
	for text, want := range map[string]string{
		"now": "2026-03-01T12:00:00Z", "in 5m": "2026-03-01T12:05:00Z", "2d ago": "2026-02-27T12:00:00Z",
		"2026-01-31T12:00:00+01:00": "2026-01-31T11:00:00Z", "2026-01-31T12:00:00.25Z": "2026-01-31T12:00:00.25Z",
		"2026-01-31 12:00": "2026-01-31T12:00:00Z", "2026-01-31 12:00:01": "2026-01-31T12:00:01Z", "2026-01-31": "2026-01-31T00:00:00Z",
	} {
		read, err := parseTime(text, moment)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		equal(t, text, read.UTC().Format(time.RFC3339Nano), want)
	}
	for _, text := range []string{"", "5m", "in", "in x", "tomorrow", "2026-13-01", "12:00"} {
		if read, err := parseTime(text, moment); err == nil {
			t.Errorf("%q is read as %s", text, read)
		}
	}
}

func TestNamesInKebabCase(t *testing.T) {
	for name, want := range map[protoreflect.Name]string{
		"ListDead": "list-dead", "max_items": "max-items", "AdServer": "ad-server", "GetHTTPInfo": "get-http-info", "Locks": "locks", "v2": "v2",
	} {
		equal(t, string(name), kebab(name), want)
	}
}

func TestSentences(t *testing.T) {
	for comment, want := range map[string]string{
		"One. Two.":                     "One",
		"Takes e.g. this. More":         "Takes e.g. this",
		"Only one\nin two lines.\n\nB.": "Only one in two lines",
		"":                              "",
	} {
		equal(t, comment, sentence(comment), want)
	}
}
