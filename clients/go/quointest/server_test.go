// SPDX-License-Identifier: Apache-2.0

package quointest_test

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/quoin-dev/quoin/clients/go/quointest"
)

const asParent = "QUOINTEST_PARENT"

// TestMain is, for one test, a program that starts a server and waits to be killed.
func TestMain(m *testing.M) {
	if os.Getenv(asParent) == "" {
		os.Exit(m.Run())
	}
	server, err := quointest.Run()
	fmt.Println(server, err)
	time.Sleep(time.Minute)
	os.Exit(1)
}

func TestAServerEndsWithItsParentHoweverThatEnds(t *testing.T) {
	temporary := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), asParent+"=1", "TMPDIR="+temporary)
	output, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	if lines := bufio.NewScanner(output); !lines.Scan() || !strings.HasSuffix(lines.Text(), "<nil>") {
		t.Fatalf("the server did not start: %s", lines.Text())
	}
	if !mentions(t, temporary) {
		t.Fatal("no process works in the folder")
	}

	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait()

	for end := time.Now().Add(30 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		left, err := os.ReadDir(temporary)
		if err != nil {
			t.Fatal(err)
		}
		if !mentions(t, temporary) && len(left) == 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after 30 s %d folders are left", len(left))
		}
	}
}

// mentions tells whether the command of any process names a folder.
func mentions(t *testing.T, folder string) bool {
	t.Helper()
	all, err := exec.Command("ps", "-eo", "args").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.Contains(string(all), folder)
}
