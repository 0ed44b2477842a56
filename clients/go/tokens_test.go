// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	locksv1 "github.com/quoin-dev/quoin/clients/go/locks/v1"
	"github.com/quoin-dev/quoin/clients/go/quointest"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

const token = "quoin_good-token-of-orders"

var report = &locksv1.GetRequest{Name: "report"}

// secured is a server at which a token of orders may read and write, in the namespace orders only.
func secured(t *testing.T) *quointest.Server {
	t.Helper()
	tokens := fmt.Sprintf("tokens:\n  - {principal: orders, digest: 'sha256:%x'}\n", sha256.Sum256([]byte(token)))
	policy := "roles: {worker: [{'*': write}]}\n" +
		"bindings: [{role: worker, principals: [orders], namespaces: [orders]}]\n"
	return quointest.Start(t, "--tokens", textFile(t, tokens), "--policy", textFile(t, policy))
}

func textFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file.yaml")
	must(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

func TestTokensSayWhoCalls(t *testing.T) {
	t.Parallel()
	server := secured(t)
	orders := quoin.WithNamespace("orders")
	var calls atomic.Int32
	counted := quoin.WithDialOptions(grpc.WithChainUnaryInterceptor(func(
		ctx context.Context, method string, request, reply any,
		conn *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
	) error {
		calls.Add(1)
		return invoke(ctx, method, request, reply, conn, options...)
	}))

	good := dial(t, server.Address(), orders, quoin.WithToken(token))
	value[*quoin.Lock](t)(good.Locks.TryAcquire(limited(t), "report", lease))
	state := value[*locksv1.GetResponse](t)(good.Locks.Get(limited(t), report))
	if state.GetLabel() != "orders" && !strings.HasSuffix(state.GetLabel(), "(orders)") {
		t.Errorf("the holder is %q", state.GetLabel())
	}
	for who, refused := range map[string]struct {
		options []quoin.Option
		reason  quoin.Reason
		code    codes.Code
	}{
		"nobody":          {[]quoin.Option{orders}, quoin.ReasonUnauthenticated, codes.Unauthenticated},
		"a wrong token":   {[]quoin.Option{orders, quoin.WithToken("wrong")}, quoin.ReasonUnauthenticated, codes.Unauthenticated},
		"another's place": {[]quoin.Option{quoin.WithNamespace("other"), quoin.WithToken(token)}, quoin.ReasonPermissionDenied, codes.PermissionDenied},
	} {
		calls.Store(0)
		_, err := dial(t, server.Address(), append(refused.options, counted)...).Locks.Get(limited(t), report)
		var e *quoin.Error
		if !errors.Is(err, refused.reason) || !errors.As(err, &e) || e.Code != refused.code {
			t.Errorf("%s gets %v", who, err)
		}
		if calls.Load() != 1 {
			t.Errorf("%s was asked for %d times", who, calls.Load())
		}
	}
}

func TestWhatIsNoTokenIsRefusedAtOnce(t *testing.T) {
	for _, bad := range []string{"", "two words", "line\n", "ümlaut"} {
		_, err := quoin.Dial("localhost", quoin.WithToken(bad))
		if err == nil {
			t.Errorf("%q is taken for a token", bad)
		} else if bad != "" && strings.Contains(err.Error(), bad) {
			t.Errorf("%q is told", bad)
		}
	}
}

func TestAStreamAsksForATokenEachTimeItIsOpened(t *testing.T) {
	t.Parallel()
	server := secured(t)
	var asked, failed atomic.Int32
	source := quoin.WithTokenSource(func(context.Context) (string, error) {
		// The second time, which is when the stream is opened again, there is none.
		if asked.Add(1) == 2 {
			failed.Add(1)
			return "", errors.New("no token today")
		}
		return token, nil
	})
	client := dial(t, server.Address(), quoin.WithNamespace("orders"), source)
	seen := 0
	for _, err := range quoin.Stream(limited(t), client, client.Locks.Watch, &locksv1.WatchRequest{Name: "report"}) {
		must(t, err)
		if seen++; seen == 1 {
			must(t, server.Stop())
			must(t, server.Start())
		} else if asked.Load() > 2 {
			break
		}
	}
	if failed.Load() != 1 {
		t.Errorf("the function failed %d times", failed.Load())
	}
}

func TestAFunctionForTokensMayDoAnything(t *testing.T) {
	t.Parallel()
	server := secured(t)
	mine := errors.New("no token today")
	good := dial(t, server.Address(), quoin.WithNamespace("orders"), quoin.WithToken(token))
	for what, function := range map[string]func(context.Context) (string, error){
		"fails":              func(context.Context) (string, error) { return "", mine },
		"panics":             func(context.Context) (string, error) { panic("no token today") },
		"ends its goroutine": func(context.Context) (string, error) { runtime.Goexit(); return "", nil },
		"gives no token":     func(context.Context) (string, error) { return "no\ntoken", nil },
	} {
		bad := dial(t, server.Address(), quoin.WithNamespace("orders"), quoin.WithTokenSource(function))
		_, err := bad.Locks.Get(limited(t), report)
		var e *quoin.Error
		if !errors.As(err, &e) || e.Code != codes.Unauthenticated || e.Reason != "" ||
			!strings.Contains(e.Message, "the token callback failed") {
			t.Errorf("one that %s: %v", what, err)
		}
		if what == "fails" && !errors.Is(err, mine) {
			t.Errorf("%v does not wrap %v", err, mine)
		}
		value[*locksv1.GetResponse](t)(good.Locks.Get(limited(t), report))
	}
	release := make(chan struct{})
	defer close(release)
	slow := dial(t, server.Address(), quoin.WithDeadline(200*time.Millisecond),
		quoin.WithTokenSource(func(context.Context) (string, error) { <-release; return token, nil }))
	if _, err := slow.Locks.Get(t.Context(), report); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("one that blocks: %v", err)
	}
}

func TestWhoMayNotIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	server := secured(t)
	var asked atomic.Int32
	stranger := dial(t, server.Address(), quoin.WithNamespace("other"), quoin.WithTokenSource(
		func(context.Context) (string, error) { asked.Add(1); return token, nil }))
	for _, err := range quoin.Stream(limited(t), stranger, stranger.Locks.Watch, &locksv1.WatchRequest{Name: "report"}) {
		if !errors.Is(err, quoin.ReasonPermissionDenied) {
			t.Errorf("a watch ends with %v", err)
		}
	}
	if asked.Load() != 1 {
		t.Errorf("a watch was opened %d times", asked.Load())
	}
	err := stranger.Queues.Work(limited(t), quoin.WorkerOptions{
		Queues:   []string{"mail"},
		Handlers: handlers(func(context.Context, *quoin.Task) ([]byte, error) { return nil, nil }),
	})
	if !errors.Is(err, quoin.ReasonPermissionDenied) {
		t.Errorf("a worker ends with %v", err)
	}
}
