// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"archive/zip"
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	modulePath    = "github.com/quoin-dev/quoin/clients/go"
	moduleVersion = "v0.1.0"
)

// TestThePagesRunInAModuleThatGetsThisOne makes what a tag of this module brings, gets it into an
// empty module, and runs every block of Go on the pages of the documentation there.
func TestThePagesRunInAModuleThatGetsThisOne(t *testing.T) {
	if testing.Short() {
		t.Skip("takes long")
	}
	t.Parallel()
	server := address(t)
	folder := t.TempDir()
	inEmptyModule := goCommand(t, folder, moduleProxy(t))
	inEmptyModule("mod", "init", "example.com/docs")
	inEmptyModule("get", modulePath+"@"+moduleVersion)

	harness := value[[]byte](t)(os.ReadFile("testdata/docs/harness_test.go"))
	must(t, os.WriteFile(filepath.Join(folder, "harness_test.go"), harness, 0o600))
	must(t, os.WriteFile(filepath.Join(folder, "blocks_test.go"), []byte(blocks(t, server)), 0o600))

	inEmptyModule("test", "-count=1", ".")
}

// pages have blocks of Go.
var pages = []string{"../../docs/clients/go.md", "README.md", "../../README.md"}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// imports are the packages that blocks may use, by name.
var imports = map[string]string{
	"context": "context", "errors": "errors", "fmt": "fmt", "slog": "log/slog", "os": "os",
	"signal": "os/signal", "syscall": "syscall", "testing": "testing", "time": "time",
	"chatv1": modulePath + "/chat/v1", "configv1": modulePath + "/config/v1",
	"locksv1": modulePath + "/locks/v1", "logsv1": modulePath + "/logs/v1", "queuesv1": modulePath + "/queues/v1",
	"semaphoresv1": modulePath + "/semaphores/v1", "statsv1": modulePath + "/stats/v1",
	"quoin": modulePath, "quointest": modulePath + "/quointest", "grpc": "google.golang.org/grpc",
}

// blocks is a file with all blocks, each as a function, or as it is when it has functions itself.
func blocks(t *testing.T, server string) string {
	var code, table strings.Builder
	count := 0
	for _, page := range pages {
		for _, found := range goBlock.FindAllStringSubmatch(string(value[[]byte](t)(os.ReadFile(page))), -1) {
			text := strings.ReplaceAll(found[1], "localhost:7400", server)
			count++
			if strings.HasPrefix(text, "func ") {
				fmt.Fprintf(&code, "%s\n", text)
				continue
			}
			fmt.Fprintf(&code, "func block%d(ctx context.Context, client *quoin.Client) error {\n%s\nreturn nil\n}\n", count, text)
			fmt.Fprintf(&table, "{%q, block%d, %v},\n", fmt.Sprintf("%s, block %d", page, count), count,
				strings.Contains(text, "Queues.Work("))
		}
	}
	if count < 10 {
		t.Fatalf("only %d blocks were found", count)
	}
	body := code.String() + "var blocks = []block{\n" + table.String() + "}\n"
	var used strings.Builder
	for name, path := range imports {
		if regexp.MustCompile(`\b` + name + `\.`).MatchString(body) {
			fmt.Fprintf(&used, "%s %q\n", name, path)
		}
	}
	return "package docs\n\nimport (\n" + used.String() + ")\n\n" + body
}

// moduleProxy is a folder from which go gets this module.
func moduleProxy(t *testing.T) string {
	proxy := t.TempDir()
	versions := filepath.Join(proxy, modulePath, "@v")
	must(t, os.MkdirAll(versions, 0o700))
	write := func(name string, content []byte) {
		must(t, os.WriteFile(filepath.Join(versions, name), content, 0o600))
	}
	write("list", []byte(moduleVersion+"\n"))
	write(moduleVersion+".info", []byte(`{"Version":"`+moduleVersion+`"}`))
	write(moduleVersion+".mod", value[[]byte](t)(os.ReadFile("go.mod")))
	file := value[*os.File](t)(os.Create(filepath.Join(versions, moduleVersion+".zip")))
	archive := zip.NewWriter(file)
	must(t, filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			if entry != nil && (entry.Name() == "target" || isModule(path)) {
				return fs.SkipDir
			}
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		writer, err := archive.Create(modulePath + "@" + moduleVersion + "/" + filepath.ToSlash(path))
		if err == nil {
			_, err = writer.Write(content)
		}
		return err
	}))
	must(t, archive.Close())
	must(t, file.Close())
	return proxy
}

// isModule tells whether a folder is a module of its own, which a tag of this one does not bring.
func isModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil && folder != "."
}

// goCommand runs go in a folder, with a module cache of its own. The module comes from the proxy
// given, what it needs from the modules that are here already.
func goCommand(t *testing.T, folder, proxy string) func(arguments ...string) {
	settings := value[[]byte](t)(exec.Command("go", "env", "GOMODCACHE", "GOPROXY", "GOFLAGS").Output())
	lines := strings.Split(string(settings), "\n")
	here := filepath.Join(lines[0], "cache", "download")
	environment := append(os.Environ(),
		"GOPROXY=file://"+proxy+",file://"+here+","+lines[1],
		"GOMODCACHE="+t.TempDir(), "GOSUMDB=off", "GOWORK=off",
		"GOFLAGS="+strings.TrimSpace(lines[2]+" -modcacherw -mod=mod"),
		"QUOIN_ADDRESS="+address(t), "QUOIN_JAR="+jar())
	return func(arguments ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "go", arguments...)
		command.Dir, command.Env = folder, environment
		if output, err := command.CombinedOutput(); err != nil {
			t.Fatalf("go %s: %v\n%s", strings.Join(arguments, " "), err, output)
		}
	}
}

// jar is the server's, for tests that run elsewhere.
func jar() string {
	if jar := os.Getenv("QUOIN_JAR"); jar != "" {
		return jar
	}
	path, _ := filepath.Abs("../../server/target/quoin.jar")
	return path
}

// TestTheExamplesTellTheirStories builds all examples and runs them.
func TestTheExamplesTellTheirStories(t *testing.T) {
	t.Parallel()
	server := address(t)
	stories := map[string][]string{
		"locks":      {"worker-1 writes the report", "worker-2 sees it held by worker-1", "worker-2 goes on"},
		"semaphores": {"in use: 1 of 3", "one call more is fine", "bulk upload with 3 permits"},
		"queues": {"TASK_STATE_DONE after 1: told ann", "TASK_STATE_DONE after 2: told bob",
			"TASK_STATE_DEAD after 1"},
		"counters": {"1001 views"},
	}
	programs := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", programs, "./examples/...")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("the examples cannot be built: %v\n%s", err, output)
	}
	built := value[[]os.DirEntry](t)(os.ReadDir(programs))
	for _, program := range built {
		story := stories[program.Name()]
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		run := exec.CommandContext(ctx, filepath.Join(programs, program.Name()), server)
		output, err := run.CombinedOutput()
		cancel()
		if err != nil {
			t.Errorf("%s: %v\n%s", program.Name(), err, output)
		}
		missing := slices.DeleteFunc(slices.Clone(story), func(line string) bool {
			return strings.Contains(string(output), line)
		})
		if len(missing) > 0 || len(story) == 0 {
			t.Errorf("%s does not tell %q:\n%s", program.Name(), missing, output)
		}
	}
	equal(t, "examples", len(built), len(stories))
}
