// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	errorsv1 "github.com/quoin-dev/quoin/clients/go/errors/v1"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	streamsv1 "github.com/quoin-dev/quoin/clients/go/streams/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestAnAddressGetsItsPortWhenItHasNone(t *testing.T) {
	for address, want := range map[string]string{
		"":                 "dns:///localhost:7400",
		"localhost":        "dns:///localhost:7400",
		"[::1]:1":          "dns:///[::1]:1",
		"[::1]":            "dns:///[::1]:7400",
		"::1":              "dns:///[::1]:7400",
		"a:1, b":           "quoin-list:///a:1,b:7400",
		"unix:/run/quoin":  "unix:/run/quoin",
		"dns:///quoin:740": "dns:///quoin:740",
	} {
		if got, err := targetOf(address); got != want || err != nil {
			t.Errorf("%q: got %q, %v, want %q", address, got, err, want)
		}
	}
}

func TestARequestGetsAnIDAndTheCallersStaysAsItIs(t *testing.T) {
	request := &locksv1.AcquireRequest{Name: "a", Lease: durationpb.New(time.Second)}
	first := withID(request).(*locksv1.AcquireRequest)
	second := withID(request).(*locksv1.AcquireRequest)
	if request.RequestId != "" || len(first.RequestId) != 36 || first.RequestId == second.RequestId {
		t.Errorf("ids %q, %q, %q", request.RequestId, first.RequestId, second.RequestId)
	}
	first.RequestId = ""
	if !proto.Equal(first, request) {
		t.Errorf("%v is not %v", first, request)
	}
	own := &locksv1.AcquireRequest{RequestId: "mine"}
	if withID(own) != proto.Message(own) {
		t.Error("a request with an id is changed")
	}
	release := &locksv1.ReleaseRequest{Name: "a"}
	if withID(release) != proto.Message(release) {
		t.Error("a request without room for an id is changed")
	}
}

func TestTheWaitOfARequestIsKnown(t *testing.T) {
	request := &locksv1.AcquireRequest{Wait: durationpb.New(time.Minute)}
	if waitOf(request) != time.Minute || waitOf(&locksv1.AcquireRequest{}) != 0 ||
		waitOf(&locksv1.GetRequest{}) != 0 {
		t.Error("the wait is not known")
	}
	request.Wait = &durationpb.Duration{Seconds: 1 << 40}
	if waitOf(request) != longestWait {
		t.Errorf("%s is too long", waitOf(request))
	}
}

func TestAStreamResumesAfterTheLastPositionItWasTold(t *testing.T) {
	tail := &logsv1.TailRequest{Names: []string{"a"}, Cursor: "0"}
	for _, step := range []struct {
		response *logsv1.TailResponse
		cursor   string
	}{
		{&logsv1.TailResponse{}, "0"},
		{&logsv1.TailResponse{Event: &logsv1.TailResponse_NewEntries{NewEntries: &logsv1.TailResponse_Entries{
			Name: "a", Entries: []*logsv1.LogEntry{{Cursor: "1"}, {Cursor: "2"}},
		}}}, "2"},
		{&logsv1.TailResponse{Event: &logsv1.TailResponse_Heartbeat{
			Heartbeat: &streamsv1.Heartbeat{Cursor: "3"},
		}}, "3"},
	} {
		if resumeAfter(tail, step.response); tail.Cursor != step.cursor {
			t.Errorf("after %v the cursor is %q", step.response, tail.Cursor)
		}
	}
	watch := &configv1.WatchRequest{Type: "a"}
	resumeAfter(watch, &configv1.WatchResponse{Event: &configv1.WatchResponse_Snapshot_{
		Snapshot: &configv1.WatchResponse_Snapshot{Revision: proto.Int64(7)},
	}})
	if watch.GetRevision() != 7 {
		t.Errorf("the revision is %v", watch.Revision)
	}
}

func TestTextsAreCutBetweenCharacters(t *testing.T) {
	for _, c := range []struct {
		text  string
		bytes int
		want  string
	}{{"abc", 3, "abc"}, {"abcd", 3, "abc"}, {"aäb", 2, "a"}, {"ää", 3, "ä"}, {"a\xffb", 9, "a\uFFFDb"}} {
		if got := cut(c.text, c.bytes); got != c.want {
			t.Errorf("cut(%q, %d) = %q, want %q", c.text, c.bytes, got, c.want)
		}
	}
}

func TestEveryReasonHasAConstant(t *testing.T) {
	source, err := os.ReadFile("reasons.go")
	if err != nil {
		t.Fatal(err)
	}
	for number, name := range errorsv1.ErrorReason_name {
		constant := `Reason = "` + name[len("ERROR_REASON_"):] + `"`
		if number != 0 && !strings.Contains(string(source), constant) {
			t.Errorf("no %s: run make generate", constant)
		}
	}
}

func TestEveryServiceIsAFieldWithAllItsMethods(t *testing.T) {
	fields := reflect.TypeFor[Client]()
	services := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			if !strings.HasPrefix(string(service.FullName()), "quoin.") {
				continue
			}
			services++
			field, found := fields.FieldByName(string(service.Name()))
			if !found {
				t.Errorf("there is no field %s: run make generate", service.Name())
				continue
			}
			for j := range service.Methods().Len() {
				method := string(service.Methods().Get(j).Name())
				if _, found := field.Type.MethodByName(method); !found {
					t.Errorf("%s has no %s", service.Name(), method)
				}
			}
		}
		return true
	})
	if services < 11 {
		t.Errorf("only %d services were found", services)
	}
}

func TestTheSameMethodsAreRepeatedInAllLanguages(t *testing.T) {
	shared, err := os.ReadFile("../service-config.json")
	if err != nil {
		t.Fatal(err)
	}
	var config struct {
		MethodConfig []struct {
			Name []struct{ Service, Method string }
		}
	}
	if err := json.Unmarshal(shared, &config); err != nil {
		t.Fatal(err)
	}
	repeated := map[string]bool{}
	for _, name := range config.MethodConfig[0].Name {
		repeated["/"+name.Service+"/"+name.Method] = true
	}
	methods := 0
	protoregistry.GlobalFiles.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		if !strings.HasPrefix(string(file.Package()), "quoin.") {
			return true
		}
		for i := range file.Services().Len() {
			service := file.Services().Get(i)
			for j := range service.Methods().Len() {
				method := "/" + string(service.FullName()) + "/" + string(service.Methods().Get(j).Name())
				methods++
				if isRepeatable(method) != repeated[method] {
					t.Errorf("%s: repeated is %t here and %t elsewhere", method, isRepeatable(method), repeated[method])
				}
			}
		}
		return true
	})
	if methods < 80 {
		t.Errorf("only %d methods were found", methods)
	}
}
