// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	configv1 "github.com/quoin-dev/quoin/clients/go/config/v1"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	logsv1 "github.com/quoin-dev/quoin/clients/go/logs/v1"
	queuesv1 "github.com/quoin-dev/quoin/clients/go/queues/v1"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// textless is an error that panics, with itself, when it is asked for anything.
type textless struct{}

func (e textless) Error() string { panic(e) }
func (e textless) Is(error) bool { panic(e) }
func (e textless) As(any) bool   { panic(e) }
func (e textless) Unwrap() error { panic(e) }

// ending is an error whose text ends the goroutine.
type ending struct{}

func (ending) Error() string { runtime.Goexit(); return "" }

// ends are the ways in which a function can end.
var ends = map[string]func() error{
	"a panic":                            func() error { panic("ouch") },
	"a panic with nil":                   func() error { panic(nil) },
	"a panic with an error":              func() error { panic(textless{}) },
	"an error":                           func() error { return errors.New("cannot") },
	"an error without a text":            func() error { return textless{} },
	"an error that wraps one":            func() error { return errors.Join(errors.New("a"), textless{}) },
	"an error whose text ends it":        func() error { return ending{} },
	"an error that is a nil pointer":     func() error { return (*quoin.Error)(nil) },
	"an error that is no text":           func() error { return errors.New("\xff\x00" + strings.Repeat("ä", 3000)) },
	"the end of its goroutine":           func() error { runtime.Goexit(); return nil },
	"a dead one without a text":          func() error { return quoin.Dead(textless{}) },
	"a dead one without an error":        func() error { return quoin.Dead(nil) },
	"another try without a text":         func() error { return quoin.RetryAfter(0, textless{}) },
	"another try without an error":       func() error { return quoin.RetryAfter(0, nil) },
	"another try, too late to be one":    func() error { return quoin.RetryAfter(math.MaxInt64, textless{}) },
	"the end of its goroutine, deferred": func() error { defer runtime.Goexit(); panic("ouch") },
}

func TestAHandlerMayEndAsItLikes(t *testing.T) {
	client := client(t)
	ways := map[string]func() error{}
	stop := work(t, client, quoin.WorkerOptions{
		Queues: []string{"mail"}, Concurrency: 1,
		Handlers: handlers(func(_ context.Context, task *quoin.Task) ([]byte, error) {
			if way := ways[string(task.Payload())]; way != nil {
				return nil, way()
			}
			return nil, nil
		}),
	})
	for name, way := range ends {
		ways[name] = way
		task := quoin.NewTask("job", name)
		task.MaxAttempts = 2
		task.Backoff = &queuesv1.Backoff{Initial: durationpb.New(time.Millisecond)}
		id := enqueue(t, client, task)
		end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", id))
		equal(t, name, end.GetState(), queuesv1.TaskState_TASK_STATE_DEAD)
		equal(t, name+": text", end.GetErrors()[0].GetError() != "", true)
		attempts := 2
		if strings.HasPrefix(name, "a dead one") {
			attempts = 1
		}
		equal(t, name+": attempts", len(end.GetErrors()), attempts)
	}
	good := enqueue(t, client, quoin.NewTask("job", "good"))
	end := value[*queuesv1.TaskStatus](t)(client.Queues.Wait(limited(t), "mail", good))
	equal(t, "a good one", end.GetState(), queuesv1.TaskState_TASK_STATE_DONE)
	must(t, stop())
}

// lines is where a client logs.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.text.String(), text)
}

func (l *lines) option() quoin.Option {
	return quoin.WithLogger(slog.New(slog.NewTextHandler(l, nil)))
}

func TestListenersMayEndAsTheyLike(t *testing.T) {
	for name, way := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &lines{}
			client := client(t, log.option())
			holder := value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", lease))
			places := make(chan int64, 10)
			held := make(chan error, 1)
			go func() {
				_, err := client.Locks.Hold(limited(t), "report", quoin.HoldOptions{
					OnWaiting: func(place int64) { places <- place; _ = way() },
				})
				held <- err
			}()
			equal(t, "place", comes(t, "the place in line", places), 1)
			must(t, holder.Release(limited(t)))
			must(t, comes(t, "the grant", held))

			config, services := client.Config.Watch("shop"), client.Config.WatchService("shop")
			changes, sizes := make(chan string, 10), make(chan int, 10)
			config.OnChange(func(*configv1.Configuration) { _ = way() })
			config.OnChange(func(change *configv1.Configuration) { changes <- change.GetComponent() })
			services.OnChange(func([]*configv1.Instance) { _ = way() })
			services.OnChange(func(all []*configv1.Instance) { sizes <- len(all) })
			must(t, config.Ready(limited(t)))
			must(t, services.Ready(limited(t)))
			setConfig(t, client.Config, "shop", "limits", map[string]any{"most": 3})
			equal(t, "what changed", comes(t, "the change", changes), "limits")
			value[*quoin.Announcement](t)(client.Config.Announce(&configv1.AnnounceRequest{Service: "shop", Address: "localhost:1"}))
			for comes(t, "the instance", sizes) != 1 {
			}
			if strings.Contains(name, "panic") {
				equal(t, "whether it is logged", log.count("panicked")+log.count("ended its goroutine") >= 3, true)
			}
		})
	}
}

func TestAnInterceptorMayPanic(t *testing.T) {
	t.Parallel()
	var panics sync.Map
	trouble := func(method string) {
		if _, found := panics.Load(method); found {
			panic(textless{})
		}
	}
	client := client(t, quoin.WithDialOptions(
		grpc.WithChainUnaryInterceptor(func(
			ctx context.Context, method string, request, reply any, cc *grpc.ClientConn,
			invoke grpc.UnaryInvoker, options ...grpc.CallOption,
		) error {
			trouble(method)
			return invoke(ctx, method, request, reply, cc, options...)
		}),
		grpc.WithChainStreamInterceptor(func(
			ctx context.Context, description *grpc.StreamDesc, cc *grpc.ClientConn, method string,
			open grpc.Streamer, options ...grpc.CallOption,
		) (grpc.ClientStream, error) {
			trouble(method)
			return open(ctx, description, cc, method, options...)
		}),
	))
	lock := value[*quoin.Lock](t)(client.Locks.TryAcquire(limited(t), "report", time.Second))
	panics.Store("/quoin.locks.v1.Locks/Renew", true)
	comes(t, "the loss", lock.Lost())
	panics.Store("/quoin.locks.v1.Locks/Get", true)
	if _, err := client.Locks.Get(limited(t), &locksv1.GetRequest{Name: "report"}); err == nil {
		t.Error("a call whose interceptor panics succeeds")
	}
	panics.Store("/quoin.logs.v1.Logs/WriteStream", true)
	writer := client.Logs.Writer("log")
	writer.Log(logsv1.Severity_SEVERITY_INFO, "hello")
	time.AfterFunc(300*time.Millisecond, panics.Clear)
	must(t, writer.Flush(limited(t)))
	equal(t, "dropped", writer.Dropped(), 0)
}

// panicking is a value that cannot be printed.
type panicking struct{}

func (panicking) String() string               { panic(textless{}) }
func (panicking) LogValue() slog.Value         { panic(textless{}) }
func (panicking) MarshalText() ([]byte, error) { panic(textless{}) }

func TestWhatIsLoggedMayBeAnything(t *testing.T) {
	client := client(t)
	writer := client.Logs.Writer("log")
	logger := slog.New(quoin.NewLogHandler(writer, nil))
	logger.Info("one", "error", textless{}, "value", panicking{}, "nil", (*quoin.Error)(nil),
		"group", slog.GroupValue(slog.Any("inner", struct{ Inner error }{textless{}})))
	writer.Write(&logsv1.LogEntry{Severity: 99, Text: "two"})
	writer.Write(nil)
	must(t, writer.Flush(limited(t)))
	equal(t, "dropped", writer.Dropped(), 0)
	entries := recent(t, client.Logs, "log", logsv1.Severity_SEVERITY_UNSPECIFIED, 10)
	equal(t, "entries", len(entries), 3)
}
