// SPDX-License-Identifier: Apache-2.0

// Package quointest starts servers of Quoin for tests: each with a Redis of its own, which comes
// with the server, on a free port, with its data in a temporary folder. It needs a Java runtime of
// version 17 or later and the file quoin.jar: the environment variable QUOIN_JAR says where that
// is; without it, it is looked for as server/target/quoin.jar in the working directory and above.
//
// Servers end with the process that started them, also when that is killed.
package quointest

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

const patience = time.Minute

// guard runs the server, and stops it when the standard input ends, which it does with this process,
// however that ends. Then nobody else removes the data.
const guard = `
data=$1; shift
exec 3<&0
"$@" 3<&- </dev/null & server=$!
(
  while read -r line <&3; do :; done
  : > "$data/abandoned"
  kill "$server"
) & guard=$!
trap 'kill "$server"' TERM
status=1
while kill -0 "$server" 2>/dev/null; do wait "$server"; status=$?; done
kill "$guard" 2>/dev/null
if [ -e "$data/abandoned" ]; then rm -rf "$data"; fi
exit "$status"
`

// announced is how a server says where it is.
var announced = regexp.MustCompile(`serves \S+:(\d+) with`)

// Server is a server with a Redis of its own.
type Server struct {
	flags   []string
	data    string
	port    int
	process *exec.Cmd
	ended   chan error
	output  *output
}

// Start starts a server, with more flags of `quoin serve` if there are any, and stops it when the
// test ends.
func Start(t testing.TB, flags ...string) *Server {
	t.Helper()
	server, err := Run(flags...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// Run starts a server, for example for all tests of a package. Close it.
func Run(flags ...string) (*Server, error) {
	data, err := os.MkdirTemp("", "quoin-test-")
	if err != nil {
		return nil, err
	}
	s := &Server{flags: flags, data: data}
	if err := s.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(data))
	}
	return s, nil
}

// Address is where the server is, for quoin.Dial; it stays the same when the server starts again.
func (s *Server) Address() string { return fmt.Sprintf("localhost:%d", s.port) }

// Start starts a server that was stopped, where it was and with the data it had.
func (s *Server) Start() error {
	jar, err := jarFile()
	if err != nil {
		return err
	}
	arguments := append([]string{
		"-c", guard, "quointest", s.data, "java",
		"-XX:TieredStopAtLevel=1", "-Xmx256m", "-jar", jar, "serve", "--port", strconv.Itoa(s.port), "--metrics-port", "0",
		"--http-port", "0", "--data", filepath.Join(s.data, "redis"), "--drain-timeout", "1s",
	}, s.flags...)
	reader, writer := io.Pipe()
	s.process = exec.Command("/bin/sh", arguments...)
	// What we never write to; it ends with us.
	if _, err := s.process.StdinPipe(); err != nil {
		return err
	}
	s.process.Stdout, s.process.Stderr = writer, writer
	// What is set for other servers, or for tests, is not for this one.
	s.process.Env = slices.DeleteFunc(os.Environ(), func(variable string) bool {
		return strings.HasPrefix(variable, "QUOIN_")
	})
	if err := s.process.Start(); err != nil {
		return err
	}
	s.output = &output{}
	serves, ended := make(chan int, 1), make(chan error, 1)
	s.ended = ended
	go s.output.read(reader, serves)
	go func() {
		err := s.process.Wait()
		writer.Close()
		ended <- err
	}()
	select {
	case s.port = <-serves:
		return nil
	case err := <-ended:
		return fmt.Errorf("quoin did not start: %w\n%s", err, s.output)
	case <-time.After(patience):
		_ = s.process.Process.Kill()
		return fmt.Errorf("quoin did not start within %s:\n%s", patience, s.output)
	}
}

// Stop has the server end what it does, and stops it and its Redis; the data stay.
func (s *Server) Stop() error {
	if err := s.process.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	select {
	case err := <-s.ended:
		if err != nil {
			return fmt.Errorf("quoin did not stop well: %w\n%s", err, s.output)
		}
		return nil
	case <-time.After(patience):
		_ = s.process.Process.Kill()
		return fmt.Errorf("quoin did not stop within %s:\n%s", patience, s.output)
	}
}

// Close stops the server and removes its data.
func (s *Server) Close() error {
	err := s.Stop()
	if errors.Is(err, os.ErrProcessDone) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.data))
}

func jarFile() (string, error) {
	if jar := os.Getenv("QUOIN_JAR"); jar != "" {
		return jar, nil
	}
	folder, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		jar := filepath.Join(folder, "server", "target", "quoin.jar")
		if _, err := os.Stat(jar); err == nil {
			return jar, nil
		}
		above := filepath.Dir(folder)
		if above == folder {
			return "", errors.New("set QUOIN_JAR to the file quoin.jar")
		}
		folder = above
	}
}

// output is what a server has printed.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

func (o *output) read(reader io.Reader, serves chan<- int) {
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		o.mu.Lock()
		o.text.WriteString(lines.Text() + "\n")
		o.mu.Unlock()
		if found := announced.FindStringSubmatch(lines.Text()); found != nil {
			port, _ := strconv.Atoi(found[1])
			select {
			case serves <- port:
			default:
			}
		}
	}
	_, _ = io.Copy(io.Discard, reader)
}
