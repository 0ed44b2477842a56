// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	"github.com/quoin-dev/quoin/clients/go/quointest"
)

// shared is one server for all tests that do not stop it, started when it is first needed. Every
// client of a test gets a namespace of its own. Lines are short, so that tests can fill them.
var shared = sharedServer{
	variable: "QUOIN_ADDRESS",
	flags:    []string{"--max-waiters", "30", "--max-calls-per-connection", "2000", "--social-max-following", "5"},
}

// guarded is another one, which wants to know who calls.
var guarded = sharedServer{
	variable: "QUOIN_GUARDED_ADDRESS",
	flags: []string{
		"--tokens", "../conformance/guarded/tokens.yaml",
		"--policy", "../conformance/guarded/policy.yaml",
		"--quotas", "../conformance/guarded/quotas.yaml",
	},
}

// sharedServer is the one an environment variable names, or one of our own with flags.
type sharedServer struct {
	variable string
	flags    []string
	once     sync.Once
	server   *quointest.Server
	address  string
	err      error
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, started := range []*quointest.Server{shared.server, guarded.server} {
		if started == nil {
			continue
		}
		if err := started.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	os.Exit(code)
}

// address is that of the shared server.
func address(t testing.TB) string {
	t.Helper()
	return shared.at(t)
}

func (s *sharedServer) at(t testing.TB) string {
	t.Helper()
	s.once.Do(func() {
		if s.address = os.Getenv(s.variable); s.address != "" {
			return
		}
		if s.server, s.err = quointest.Run(s.flags...); s.err == nil {
			s.address = s.server.Address()
		}
	})
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.address
}

// client is one of the shared server, in a namespace of its own unless the options say otherwise.
func client(t testing.TB, options ...quoin.Option) *quoin.Client {
	t.Helper()
	return dial(t, address(t), append([]quoin.Option{quoin.WithNamespace(freshName())}, options...)...)
}

func dial(t testing.TB, address string, options ...quoin.Option) *quoin.Client {
	t.Helper()
	patient := quoin.WithDeadline(20 * time.Second) // on a machine that has much to do
	client, err := quoin.Dial(address, append([]quoin.Option{patient}, options...)...)
	must(t, err)
	t.Cleanup(func() { client.Close() })
	return client
}

func freshName() string { return "go-" + strings.ToLower(rand.Text()) }

// limited is a context that ends before the test is stuck for long.
func limited(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func value[T any](t testing.TB) func(T, error) T {
	t.Helper()
	return func(got T, err error) T {
		t.Helper()
		must(t, err)
		return got
	}
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// eventually waits for what is to come, no longer than 20 seconds.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !condition(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen within 20 s: %s", what)
		}
	}
}

// comes waits for something from a channel, no longer than 20 seconds.
func comes[T any](t testing.TB, what string, from <-chan T) T {
	t.Helper()
	select {
	case got := <-from:
		return got
	case <-time.After(20 * time.Second):
		t.Fatalf("did not come within 20 s: %s", what)
		panic("not reached")
	}
}
