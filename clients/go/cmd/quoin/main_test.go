// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/quoin-dev/quoin/clients/go/quointest"
)

// patience is how long tests wait for what is to come.
const patience = 30 * time.Second

// program is the program under test, built once; shared is one server for all tests that do not stop it,
// started when it is first needed.
var (
	program string
	shared  struct {
		once   sync.Once
		server *quointest.Server
		err    error
	}
)

func TestMain(m *testing.M) {
	os.Exit(func() int {
		folder, err := os.MkdirTemp("", "quoin-terminal-")
		if err != nil {
			panic(err)
		}
		defer os.RemoveAll(folder)
		program = filepath.Join(folder, "quoin")
		build := exec.Command("go", "build", "-ldflags=-w -X main.version=1.2.3", "-o", program, ".")
		if output, err := build.CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "%s\n", output)
			return 1
		}
		code := m.Run()
		if shared.server != nil {
			if err := shared.server.Close(); err != nil {
				fmt.Fprintln(os.Stderr, err)
				code = 1
			}
		}
		return code
	}())
}

func address(t testing.TB) string {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = quointest.Run() })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server.Address()
}

// terminal is a place to run the program in: a home of its own, and a namespace of its own.
type terminal struct {
	t    testing.TB
	home string
	env  []string
}

func newTerminal(t testing.TB, variables ...string) *terminal {
	t.Helper()
	home := t.TempDir()
	return &terminal{t, home, append([]string{
		"HOME=" + home, "PATH=" + os.Getenv("PATH"), "TZ=UTC", "QUOIN_NAMESPACE=cli-" + strings.ToLower(rand.Text()),
	}, variables...)}
}

// online is a terminal of the shared server.
func online(t testing.TB) *terminal {
	t.Helper()
	return newTerminal(t, "QUOIN_ADDRESS="+address(t))
}

// result is what a run of the program left.
type result struct {
	out, errors string
	code        int
}

func (o *terminal) command(arguments ...string) *exec.Cmd {
	command := exec.Command(program, arguments...)
	command.Env, command.Dir = o.env, o.home
	return command
}

// run runs the program to its end.
func (o *terminal) run(arguments ...string) result { return o.feed("", arguments...) }

func (o *terminal) feed(input string, arguments ...string) result {
	o.t.Helper()
	command := o.command(arguments...)
	var out, errs bytes.Buffer
	command.Stdin, command.Stdout, command.Stderr = strings.NewReader(input), &out, &errs
	stuck := time.AfterFunc(2*patience, func() { command.Process.Kill() })
	defer stuck.Stop()
	err := command.Run()
	var ended *exec.ExitError
	if err != nil && !errors.As(err, &ended) {
		o.t.Fatal(err)
	}
	return result{out.String(), errs.String(), command.ProcessState.ExitCode()}
}

// ok runs the program, which has to succeed, and returns what it printed.
func (o *terminal) ok(arguments ...string) string {
	o.t.Helper()
	got := o.run(arguments...)
	if got.code != 0 {
		o.t.Fatalf("quoin %s ended with %d:\n%s%s", strings.Join(arguments, " "), got.code, got.out, got.errors)
	}
	return got.out
}

// json runs the program with --json and returns its only line.
func (o *terminal) json(arguments ...string) map[string]any {
	o.t.Helper()
	return parsed(o.t, o.ok(append(arguments, "--json")...))
}

func parsed(t testing.TB, line string) map[string]any {
	t.Helper()
	var read map[string]any
	if err := json.Unmarshal([]byte(line), &read); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	return read
}

// refused runs the program, which has to end with a code and to say that.
func (o *terminal) refused(code int, says string, arguments ...string) {
	o.t.Helper()
	got := o.run(arguments...)
	if got.code != code || !strings.Contains(got.errors, says) {
		o.t.Errorf("quoin %s ended with %d, expected %d with %q:\n%s%s", strings.Join(arguments, " "), got.code, code, says, got.out, got.errors)
	}
	if strings.Count(strings.TrimSpace(got.errors), "\nquoin: ") > 0 || strings.Contains(got.errors, "rpc error") {
		o.t.Errorf("quoin %s says more than one sentence: %s", strings.Join(arguments, " "), got.errors)
	}
}

// running is a run of the program that goes on.
type running struct {
	t       testing.TB
	command *exec.Cmd
	input   io.WriteCloser
	lines   chan string
	errors  bytes.Buffer
	ended   chan error
}

func (o *terminal) start(arguments ...string) *running {
	o.t.Helper()
	r := &running{t: o.t, command: o.command(arguments...), lines: make(chan string, 1000), ended: make(chan error, 1)}
	r.command.Stderr = &r.errors
	out, err := r.command.StdoutPipe()
	if err != nil {
		o.t.Fatal(err)
	}
	if r.input, err = r.command.StdinPipe(); err != nil {
		o.t.Fatal(err)
	}
	if err := r.command.Start(); err != nil {
		o.t.Fatal(err)
	}
	go func() {
		scanner := bufio.NewScanner(out)
		for scanner.Scan() {
			r.lines <- scanner.Text()
		}
		close(r.lines)
		r.ended <- r.command.Wait()
	}()
	o.t.Cleanup(func() { r.command.Process.Kill() })
	return r
}

// until waits for a line that holds a text.
func (r *running) until(text string) string {
	r.t.Helper()
	late := time.After(patience)
	for {
		select {
		case line, ok := <-r.lines:
			if !ok {
				r.t.Fatalf("it ended without a line with %q: %s", text, r.errors.String())
			}
			if strings.Contains(line, text) {
				return line
			}
		case <-late:
			r.t.Fatalf("no line with %q within %s", text, patience)
		}
	}
}

func (r *running) signal(signal os.Signal) {
	r.t.Helper()
	if err := r.command.Process.Signal(signal); err != nil {
		r.t.Fatal(err)
	}
}

// end waits for the end, and returns the exit code.
func (r *running) end() int {
	r.t.Helper()
	for range r.lines {
		// What is left is not looked at.
	}
	select {
	case <-r.ended:
		return r.command.ProcessState.ExitCode()
	case <-time.After(patience):
		r.t.Fatal("it does not end")
		return 0
	}
}

func (r *running) interrupt() int {
	r.t.Helper()
	r.signal(syscall.SIGINT)
	return r.end()
}

func equal[T comparable](t testing.TB, what string, got, want T) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %v\nwant %v", what, got, want)
	}
}

func contains(t testing.TB, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("there is no %q in:\n%s", part, text)
		}
	}
}

// eventually waits for what is to come.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !condition(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("did not happen: %s", what)
		}
	}
}
