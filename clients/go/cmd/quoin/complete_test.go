// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// offers are what a shell would offer, without descriptions.
func (o *terminal) offers(words ...string) string {
	o.t.Helper()
	got := o.run(append([]string{"__completeNoDesc"}, words...)...)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	return strings.Join(lines[:len(lines)-1], " ") // the last one is a directive
}

func TestCompletionKnowsCommandsFlagsAndNames(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	terminal.ok("locks", "acquire-all", "report", "release-notes", "evil\u202ename", "--lease", "10m")
	terminal.ok("queues", "enqueue", "mail", "--kind", "a")
	terminal.ok("config", "set", "db", "main", "{}")
	terminal.ok("semaphores", "configure", "slots", "3")
	terminal.ok("counters", "increment", "hits")
	terminal.ok("profile", "set", "prod")
	for line, want := range map[string]string{
		"loc|":                          "locks",
		"locks acq|":                    "acquire acquire-all",
		"locks get |":                   "release-notes report",
		"locks get rep|":                "report",
		"locks get report |":            "",
		"locks acquire-all report rel|": "release-notes",
		"locks acquire x --mode |":      "exclusive shared",
		"locks acquire --na|":           "--namespace --name",
		"queues list-dead |":            "mail",
		"queues list mail |":            "ready delayed leased done dead cancelled",
		"queues enqueue --queue |":      "mail",
		"config get |":                  "db",
		"config get db |":               "main",
		"semaphores acquire |":          "slots",
		"counters get |":                "hits",
		"logs list-common app |":        "debug info warning error critical",
		"locks list --profile |":        "prod",
		"completion |":                  "bash zsh fish",
		"profile use |":                 "prod",
		"call quoin.locks.v1.Locks/R|":  "quoin.locks.v1.Locks/Renew quoin.locks.v1.Locks/Release quoin.locks.v1.Locks/Revoke",
	} {
		words := strings.Split(strings.TrimSuffix(line, "|"), " ")
		equal(t, line, terminal.offers(words...), want)
	}
	terminal.env = append(terminal.env, "QUOIN_ADDRESS=localhost:1")
	equal(t, "without a server", terminal.offers("locks", "get", ""), "")
	equal(t, "commands without a server", terminal.offers("semaph"), "semaphores")
}

func TestShellsTakeTheScripts(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	for shell, check := range map[string][]string{"bash": {"-n"}, "zsh": {"-n"}, "fish": {"--no-execute"}} {
		script := terminal.ok("completion", shell)
		contains(t, script, "__complete")
		if _, err := exec.LookPath(shell); err != nil {
			continue
		}
		file := filepath.Join(terminal.home, shell)
		if err := os.WriteFile(file, []byte(script), 0o600); err != nil {
			t.Fatal(err)
		}
		if output, err := exec.Command(shell, append(check, file)...).CombinedOutput(); err != nil {
			t.Errorf("%s: %v: %s", shell, err, output)
		}
	}
}

func TestTheContractIsKeptForAWhile(t *testing.T) {
	t.Parallel()
	cache := contractCache{folder: t.TempDir(), now: func() time.Time { return moment }}
	if _, known := cache.load("a:1"); known {
		t.Error("something is known of nothing")
	}
	cache.store("a:1", []byte("content"))
	cache.store("b:1", nil)
	for _, one := range []string{"a:1", "b:1"} {
		if err := os.Chtimes(cache.file(one), moment, moment); err != nil {
			t.Fatal(err)
		}
	}
	encoded, known := cache.load("a:1")
	equal(t, "kept", string(encoded), "content")
	equal(t, "known", known, true)
	encoded, known = cache.load("b:1")
	equal(t, "that it does not tell", len(encoded), 0)
	equal(t, "known", known, true)
	cache.now = func() time.Time { return moment.Add(contractLife + time.Second) }
	if _, known := cache.load("a:1"); known {
		t.Error("it is believed for ever")
	}
	cache.now = func() time.Time { return moment }
	cache.forget("a:1")
	if _, known := cache.load("a:1"); known {
		t.Error("it is not forgotten")
	}
}

// TestACommandThatIsNotKnownIsAskedFor has a cache that says the server knows nothing but Health.
func TestACommandThatIsNotKnownIsAskedFor(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	terminal.ok("locks", "list")
	cache := contractCache{folder: filepath.Join(terminal.home, ".cache", "quoin"), now: time.Now}
	full, _ := cache.load(address(t))
	cache.store(address(t), full[:0])
	contains(t, terminal.ok("locks", "get", "a"), "held") // from what the program carries
	terminal.ok("health", "check")                        // which it does not carry: it asks again
	again, _ := cache.load(address(t))
	equal(t, "kept again", len(again), len(full))
	cache.store(address(t), full[:0])
	equal(t, "completion asks for nothing", terminal.offers("heal"), "")
	if err := os.WriteFile(cache.file(address(t)), []byte("\x00garbage"), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, terminal.ok("locks", "get", "a"), "held")
	terminal.refused(exitUsage, `quoin has no command "nothing"`, "nothing")
}
