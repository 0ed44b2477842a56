// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/quoin-dev/quoin/clients/go/quointest"
)

func TestALockIsAcquiredAndReleased(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	contains(t, terminal.ok("locks", "acquire", "report", "--lease", "60s"), "acquired     true\n", "token        ", "(in 59 s)")
	busy := terminal.run("locks", "acquire", "report")
	equal(t, "exit code of what is busy", busy.code, exitNotGranted)
	contains(t, busy.out, "acquired     false\n", "retry_after  ")
	contains(t, terminal.ok("locks", "list"), "NAME    HELD", "report  true")
	got := terminal.json("locks", "acquire", "other", "--label", "host-7")
	equal(t, "acquired", got["acquired"], any(true))
	equal(t, "release", terminal.ok("locks", "release", "other", fmt.Sprint("--token=", got["token"])), "released  true\n")
	terminal.refused(exitState, "(LOCK_NOT_HELD)", "locks", "release", "other", fmt.Sprint("--token=", got["token"]))
}

func TestATaskIsAddedWithFlagsOfTheMessageWithin(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	payload := filepath.Join(terminal.home, "payload")
	if err := os.WriteFile(payload, []byte("\xff\x00"), 0o600); err != nil {
		t.Fatal(err)
	}
	contains(t, terminal.ok("queues", "enqueue", "mail", "--kind", "hello", "--text", "hi\x1b[2J"), "task_id    ", "duplicate  false\n")
	terminal.ok("queues", "enqueue", "mail", "--task.kind", "file", "--payload", "@"+payload, "--priority", "9", "--initial", "2s")
	terminal.ok("queues", "enqueue", "mail", "--task", `{"kind": "json", "payloadText": "{}"}`)
	equal(t, "code", terminal.feed("from stdin", "queues", "enqueue", "mail", "--task.kind=stdin", "--task.payload", "@-").code, 0)
	terminal.ok("queues", "enqueue", "mail", "--kind=at", "--payload=@@home", "--run_time", "in 5m")
	listed := terminal.ok("queues", "list", "mail", "ready")
	contains(t, listed, `hi\x1b[2J`, "base64:/wA=", "from stdin", "{}")
	contains(t, terminal.ok("queues", "list", "mail", "delayed"), "@home", "(in 4 min)")
	equal(t, "nothing dead", terminal.run("queues", "list-dead", "mail"), result{"", "there is none\n", 0})
	contains(t, terminal.ok("queues", "get-stats", "mail"), "ready")
}

func TestInputsLargerThanAnyRequestAreRefused(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t, "QUOIN_ADDRESS=localhost:1")
	large := filepath.Join(terminal.home, "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, largestInput+1); err != nil {
		t.Fatal(err)
	}
	terminal.refused(exitUsage, "more than 64 MiB", "call", "Locks/Get", "@"+large)
	terminal.refused(exitUsage, "more than 64 MiB", "queues", "enqueue", "mail", "--kind", "x", "--payload", "@"+large)
}

func TestEveryKindOfFlag(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	// Switches, times, lists; JSON as an argument; numbers that begin with a hyphen.
	contains(t, terminal.ok("config", "set-maintenance", "shop", "--on", "--until", "in 5m", "--allow", "a", "--allow", "b"), "maintenance.on          true\n", "a, b")
	contains(t, terminal.ok("config", "set-maintenance", "shop", "--on=false"), "maintenance.on")
	terminal.ok("config", "set", "db", "main", `{"pool": 5}`)
	contains(t, terminal.ok("config", "get", "db", "main"), `{"pool":5}`)
	contains(t, terminal.ok("stats", "record", "home", "time", "--", "-1.5"), "mean       -1.5\n")
	contains(t, terminal.ok("stats", "record", "--value=-2.5", "home", "time"), "mean       -2\n")
	// Maps, enums by their short word and by their name, several arguments.
	terminal.ok("logs", "write", "app", "hello", "--severity", "warning", "--fields", "a=1", "--fields", "b=x=y")
	terminal.ok("logs", "write", "app", "again", "--severity", "SEVERITY_WARNING")
	contains(t, terminal.ok("logs", "list-recent", "app"), "a=1, b=x=y", "warning", "again")
	contains(t, terminal.ok("locks", "acquire-all", "x", "y", "z", "--mode=shared"), "acquired")
	// A request as JSON, with flags upon it.
	got := terminal.json("locks", "acquire", "--request", `{"name": "json", "lease": "5s", "label": "old"}`, "--label", "new")
	equal(t, "acquired", got["acquired"], any(true))
	contains(t, terminal.ok("locks", "get", "json"), "new")
	file := filepath.Join(terminal.home, "request.json")
	if err := os.WriteFile(file, []byte(`{"names": ["p", "q"]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	terminal.ok("locks", "acquire-all", "--request", "@"+file)
	contains(t, terminal.ok("locks", "list", "--prefix", "q"), "q     true")
	terminal.ok("locks", "acquire-all", "--request", `{"names": ["r1"]}`, "r2")
	equal(t, "arguments go before the JSON", terminal.ok("locks", "list", "--prefix", "r1"), "")
	terminal.ok("locks", "get", "r2")
	// The alias of a service that is alone in its package.
	contains(t, terminal.ok("ads", "put-network", "n"), "")
	contains(t, terminal.ok("errors", "list-reasons"), "LOCK_NOT_HELD")
	contains(t, terminal.ok("health", "check"), "status  serving")
}

func TestCallTakesJSON(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	contains(t, terminal.ok("call", "quoin.locks.v1.Locks/Acquire", `{"name": "report", "lease": "60s"}`), "acquired     true")
	got := terminal.feed(`{"name": "report"}`, "call", "Locks/Get", "@-", "--json")
	equal(t, "held", parsed(t, got.out)["held"], any(true))
	terminal.refused(exitUsage, `there is no RPC "Locks/Nothing"`, "call", "Locks/Nothing")
	terminal.refused(exitUsage, "write quoin.locks.v1.Locks/Acquire", "call", "Locks")
	terminal.refused(exitUsage, `unknown field "nmae"`, "call", "Locks/Get", `{"nmae": "x"}`)
	terminal.refused(exitInvalid, "name: must be 1 to 512 bytes", "call", "Locks/Get")
	terminal.refused(exitUsage, "write quoin call", "call")
}

func TestWhatIsWrongIsSaidBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	for says, line := range map[string]string{
		"NAME is missing: write quoin locks acquire NAME":                                          "locks acquire",
		"NAME, TOKEN is missing":                                                                   "locks renew",
		"--user is missing":                                                                        "chat subscribe",
		"--task, or flags for what is in it is missing":                                            "queues enqueue mail",
		`"b" is one argument too many`:                                                             "locks acquire a b",
		`--lease: "5" is no duration: write 500ms`:                                                 "locks acquire a --lease 5",
		`--lease: it is given twice, "1s" and "2s"`:                                                "locks acquire a --lease 1s --lease 2s",
		`--priority: "x" is no whole number`:                                                       "queues enqueue mail --kind k --priority x",
		"--priority: 9999999999 is out of range":                                                   "queues enqueue mail --kind k --priority 9999999999",
		`--mode: "both" is none of exclusive, shared`:                                              "locks acquire a --mode both",
		`VALUE: "x" is no number`:                                                                  "stats record a b x",
		`--fields: "a" has no =: write KEY=VALUE`:                                                  "logs write app text --fields a",
		`--fields: the key "a" is given twice`:                                                     "logs write app text --fields a=1 --fields a=2",
		`--until: "soon" is no time`:                                                               "config set-maintenance shop --on --until soon",
		`--on: "maybe" is neither true nor false`:                                                  "config set-maintenance shop --on=maybe",
		"--payload and --text exclude each other: only one content can be given":                   "queues enqueue mail --kind k --payload a --text b",
		"--task and --kind exclude each other: the one is a part of the other":                     "queues enqueue mail --task {} --kind a",
		"--payload: open /no/such/file: no such file or directory":                                 "queues enqueue mail --kind k --payload @/no/such/file",
		`quoin has no command "lokcs"; did you mean locks, logs?`:                                  "lokcs list",
		`quoin locks has no command "aquire"; did you mean acquire?`:                               "locks aquire",
		"quoin locks list has no flag --foo":                                                       "locks list --foo",
		"quoin stats record has no flag -1; before an argument that begins with a hyphen write --": "stats record a b -1",
		"--tls and --plaintext exclude each other":                                                 "locks list --tls --plaintext",
		`--timeout: "x" is no duration above 0`:                                                    "locks list --timeout x",
		`there is no profile "nobody"`:                                                             "locks list --profile nobody",
		"the token cannot be read":                                                                 "locks list --token-file /no/such/file",
		"no such file or directory":                                                                "locks list --tls-ca /no/such/file",
		`is no address`:                                                                            "locks list --address :x:",
		"VALUE: it is no JSON of a Struct":                                                         "config set db main nonsense",
		"flag needs an argument: --lease":                                                          "locks acquire a --lease",
		"`quoin serve` belongs to the server":                                                      "serve --port 0",
		`"tcsh" is none of bash, zsh, fish`:                                                        "completion tcsh",
		"the request: it is no JSON of a AcquireRequest: syntax error (line 1:1): invalid value nonsense": "locks acquire --request nonsense",
	} {
		t.Run(line, func(t *testing.T) {
			terminal.t = t
			terminal.refused(exitUsage, says, strings.Fields(line)...)
		})
	}
	terminal.t = t
	equal(t, "locks", terminal.run("locks", "list").errors, "there is none\n")
}

func TestExitCodesTellTheClassOfAnError(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	terminal.ok("locks", "acquire", "report")
	terminal.refused(exitInvalid, "quoin: the request breaks a rule of the contract (INVALID_REQUEST)\n  lease: must be 100 ms to 24 h\n", "locks", "acquire", "a", "--lease", "99d")
	terminal.refused(exitNotFound, "(TASK_NOT_FOUND)", "queues", "get", "mail", "none")
	terminal.refused(exitState, "(LOCK_NOT_HELD)", "locks", "renew", "report", "wrong")
	terminal.refused(exitUnavailable, "no server answers at localhost:1: dial tcp", "locks", "list", "--address", "localhost:1")
	terminal.refused(exitUnavailable, "no server answers at localhost:1: dial tcp", "chat", "subscribe", "--user=a", "--address", "localhost:1")
	terminal.refused(exitUnavailable, "no server answers at ", "locks", "list", "--tls")
	terminal.refused(exitUnavailable, "--timeout gives it longer", "locks", "hold", "report", "--timeout", "300ms")
	equal(t, "wait that ends", terminal.run("locks", "acquire", "report", "--wait", "200ms").code, exitNotGranted)
}

func TestNoServerIsSaidAtOnce(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t, "QUOIN_ADDRESS=localhost:1")
	begin := time.Now()
	terminal.refused(exitUnavailable, "no server answers", "locks", "list")
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
}

func TestPagesAreFollowed(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	for i := range 5 {
		terminal.ok("counters", "increment", fmt.Sprint("c", i))
	}
	first := terminal.run("counters", "list", "--page-size", "2")
	equal(t, "first page", first.out, "c0\nc1\n")
	contains(t, first.errors, "there is more: add --all, or --page-token ")
	equal(t, "all", terminal.ok("counters", "list", "--page-size", "2", "--all"), "c0\nc1\nc2\nc3\nc4\n")
	equal(t, "pages", strings.Count(terminal.ok("counters", "list", "--page-size", "2", "--all", "--json"), "\n"), 3)
}

func TestStreamsOfRequestsAreReadFromTheInput(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	lines := `{"increments": [{"name": "a", "delta": 5}]}` + "\n\n" + `{"increments": [{"name": "b"}]}` + "\n"
	equal(t, "both ways", terminal.feed(lines, "counters", "increment-batch"), result{"acknowledged=1\nacknowledged=2\n", "", 0})
	equal(t, "JSON", terminal.feed(lines, "counters", "increment-batch", "--json").out, `{"acknowledged":"1"}`+"\n"+`{"acknowledged":"2"}`+"\n")
	equal(t, "flags alone", terminal.feed("", "counters", "increment-batch", "--increments", `{"name": "c"}`).out, "acknowledged=1\n")
	equal(t, "list", terminal.ok("counters", "list"), "a\nb\nc\n")
	// What the arguments say goes for every line.
	written := terminal.feed(`{"entries": [{"text": "one"}]}`+"\n"+`{"entries": [{"text": "two"}, {"text": "three"}]}`, "logs", "write-stream", "app")
	equal(t, "exit code", written.code, 0)
	contains(t, terminal.ok("logs", "list-recent", "app"), "one", "two", "three")
	bad := terminal.feed("{}\nnonsense\n", "logs", "write-stream", "app")
	equal(t, "exit code", bad.code, exitUsage)
	contains(t, bad.errors, "line 2 of the input: it is no JSON of a WriteStreamRequest")
	refused := terminal.feed(`{"entries": []}`, "logs", "write-stream", "app")
	equal(t, "exit code", refused.code, exitInvalid)
}

func TestAWorkerTalksBothWays(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	terminal.ok("queues", "enqueue", "mail", "--kind", "hello", "--text", "hi")
	worker := terminal.start("queues", "work", "--queues", "mail", "--open.credits", "1", "--json")
	delivered := parsed(t, worker.until("payloadText"))["delivery"].(map[string]any)["tasks"].([]any)[0].(map[string]any)
	fmt.Fprintf(worker.input, `{"ack": {"queue": "mail", "taskId": %q, "token": %q}}`+"\n", delivered["taskId"], delivered["token"])
	eventually(t, "the task is done", func() bool { return strings.Contains(terminal.ok("queues", "list", "mail", "done"), "hello") })
	worker.input.Close()
	equal(t, "exit code", worker.end(), 0)
}

func TestASubscriptionIsFollowedUntilItIsInterrupted(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	terminal.ok("chat", "create", "--chat-id", "lobby", "--actor", "ann", "--users", "bob")
	stream := terminal.start("chat", "subscribe", "--user", "ann")
	stream.until("member-joined  chat_id=lobby  user=bob")
	terminal.ok("chat", "send", "lobby", "\x1b]0;evil\a hello \u202e", "--sender", "bob")
	line := stream.until("sender=bob")
	contains(t, line, `body="\x1b]0;evil\a hello \u202e"`)
	cannotSteer(t, "chat", line)
	equal(t, "exit code", stream.interrupt(), exitInterrupted)
	equal(t, "errors", stream.errors.String(), "")
	other := terminal.start("chat", "subscribe", "--user", "ann")
	other.until("member-joined")
	other.signal(syscall.SIGTERM)
	equal(t, "exit code", other.end(), 143)
}

func TestAHeldLockIsGivenBackWhenInterrupted(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	holder := terminal.start("locks", "hold", "report", "--lease", "30s")
	holder.until("granted  token=")
	equal(t, "exit code", holder.interrupt(), exitInterrupted)
	eventually(t, "it is free", func() bool { return terminal.json("locks", "get", "report")["held"] == false })
}

func TestALockThatIsTakenAwayEndsItsHolder(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	holder := terminal.start("locks", "hold", "report")
	holder.until("granted")
	terminal.ok("locks", "revoke", "report", "--explanation", "maintenance")
	contains(t, holder.until("lost"), "reason=revoked", "explanation=maintenance")
	equal(t, "exit code", holder.end(), exitNotGranted)
}

// TestAnInterruptedWaitHoldsNothing interrupts waiting calls in the moment in which they are granted: either
// the token was printed, or nobody holds the lock.
func TestAnInterruptedWaitHoldsNothing(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	for i := range 12 {
		name := fmt.Sprint("lock-", i)
		held := terminal.json("locks", "acquire", name, "--lease", "10m")
		waiter := terminal.start("locks", "acquire", name, "--wait", "1m", "--lease", "10m", "--json")
		eventually(t, "it waits", func() bool { return terminal.json("locks", "get", name)["waiterCount"] == "1" })
		released := make(chan string, 1)
		go func() {
			released <- terminal.run("locks", "release", name, fmt.Sprint("--token=", held["token"])).errors
		}()
		// From before the release reaches the server until after the grant came back.
		time.Sleep(time.Duration(i) * 3 * time.Millisecond)
		waiter.signal(syscall.SIGINT)
		printed := strings.Join(lines(waiter), "\n")
		code := waiter.end()
		equal(t, "release", <-released, "")
		if strings.Contains(printed, `"token"`) {
			if code != 0 && code != exitInterrupted {
				t.Errorf("it ended with %d", code)
			}
			continue
		}
		equal(t, "exit code", code, exitInterrupted)
		if got := terminal.json("locks", "get", name); got["held"] != false {
			t.Errorf("nobody knows who holds %s: %v, %s", name, got, waiter.errors.String())
		}
	}
}

func TestWhatCannotBeGivenBackIsSaid(t *testing.T) {
	t.Parallel()
	server, called := serveSilence(t)
	terminal := newTerminal(t, "QUOIN_ADDRESS="+server)
	waiter := terminal.start("locks", "renew", "report", "some-token")
	equal(t, "call", <-called, "/quoin.locks.v1.Locks/Renew")
	equal(t, "exit code", waiter.interrupt(), exitInterrupted)
	contains(t, waiter.errors.String(), "ends with its lease")
	waiter = terminal.start("queues", "lease", "mail", "--wait", "1m")
	equal(t, "call", <-called, "/quoin.queues.v1.Queues/Lease")
	waiter.signal(syscall.SIGINT)
	equal(t, "call", <-called, "/quoin.queues.v1.Queues/Release")
	equal(t, "exit code", waiter.end(), exitInterrupted)
	contains(t, waiter.errors.String(), "it is not known whether a task was granted")
	// Neither the lock nor its release is answered.
	waiter = terminal.start("locks", "acquire", "report", "--wait", "1m")
	equal(t, "call", <-called, "/quoin.locks.v1.Locks/Acquire")
	waiter.signal(syscall.SIGINT)
	equal(t, "call", <-called, "/quoin.locks.v1.Locks/Release")
	equal(t, "exit code", waiter.end(), exitInterrupted)
	contains(t, waiter.errors.String(), "it is not known whether report was granted")
	// Somebody who presses Ctrl-C again does not wait.
	waiter = terminal.start("locks", "acquire", "report", "--wait", "1m")
	equal(t, "call", <-called, "/quoin.locks.v1.Locks/Acquire")
	waiter.signal(syscall.SIGINT)
	equal(t, "call", <-called, "/quoin.locks.v1.Locks/Release")
	begin := time.Now()
	equal(t, "exit code", waiter.interrupt(), exitInterrupted)
	if took := time.Since(begin); took >= undoLimit {
		t.Errorf("it took %s", took)
	}
}

func lines(r *running) (all []string) {
	for line := range r.lines {
		all = append(all, line)
	}
	return all
}

func TestAStreamGoesOnWhenTheServerStartsAgain(t *testing.T) {
	t.Parallel()
	server := quointest.Start(t)
	terminal := newTerminal(t, "QUOIN_ADDRESS="+server.Address())
	terminal.ok("chat", "create", "--chat-id", "lobby", "--actor", "ann", "--users", "bob")
	stream := terminal.start("chat", "subscribe", "--user", "ann")
	stream.until("user=bob")
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	terminal.ok("chat", "send", "lobby", "back", "--sender", "bob")
	stream.until("body=back")
	equal(t, "exit code", stream.interrupt(), exitInterrupted)
}

func TestNoANSIWhereNoTerminalIs(t *testing.T) {
	t.Parallel()
	terminal := online(t)
	for _, line := range []string{"--help", "locks --help", "locks acquire --help", "locks acquire a", "locks list"} {
		got := terminal.run(strings.Fields(line)...)
		equal(t, line, strings.Contains(got.out+got.errors, "\x1b"), false)
	}
}

func TestHelpAndVersion(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t, "QUOIN_ADDRESS=localhost:1")
	equal(t, "version", terminal.ok("--version"), "quoin 1.2.3\n")
	contains(t, terminal.ok(), "quoin SERVICE RPC", "locks", "Exit codes:", "--token-file")
	contains(t, terminal.ok("locks"), "acquire-all")
	contains(t, terminal.ok("help", "locks", "acquire"), "NAME", "--lease DURATION", "quoin locks acquire NAME")
	contains(t, terminal.ok("ads", "--help"), "also  ads")
	contains(t, terminal.ok("logs", "tail", "--help"), "quoin logs tail NAMES... [flags]", "--minimum-severity debug|info|")
}
