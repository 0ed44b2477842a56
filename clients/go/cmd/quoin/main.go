// SPDX-License-Identifier: Apache-2.0

// Command quoin uses a server of Quoin from a terminal. Its commands and flags are made of what the
// server says of itself by reflection, or of the contract that the program carries, so that a new
// feature needs no line here.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	"golang.org/x/term"
)

// version is set when the program is built for a release.
var version = "development"

// app is one run of the program.
type app struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	env            func(string) string
	now            func() time.Time
	flags          flags
	contract       *contract
	cached         bool // the contract was read from the cache
	connected      *quoin.Client
	reached        reachable
	everything     bool // make the flags of all commands, not only of those that are named
}

// interrupted is why a call ends that a signal ends.
type interrupted struct{ signal os.Signal }

func (i interrupted) Error() string { return "interrupted" }

func (i interrupted) code() int {
	if i.signal == syscall.SIGTERM {
		return 128 + int(syscall.SIGTERM)
	}
	return exitInterrupted
}

func main() {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, syscall.SIGINT, syscall.SIGTERM)
	go func() {
		first := interrupted{<-signals}
		cancel(first)
		<-signals // somebody who presses it again does not want to wait
		os.Exit(first.code())
	}()
	a := &app{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, env: os.Getenv, now: time.Now}
	os.Exit(a.run(ctx, os.Args[1:]))
}

// run does what the arguments say and returns the exit code.
func (a *app) run(ctx context.Context, arguments []string) int {
	err := a.execute(ctx, arguments)
	if a.connected != nil {
		a.connected.Close()
	}
	var stopped interrupted
	var ended exitCode
	switch {
	case err == nil:
		return exitDone
	case errors.As(context.Cause(ctx), &stopped):
		return stopped.code()
	case errors.As(err, &ended):
		return int(ended)
	case errors.Is(err, syscall.EPIPE):
		return exitOther // whoever read it does not want more
	}
	fmt.Fprintf(a.stderr, "quoin: %s\n", explain(err, a.address()))
	return codeOf(err)
}

// address is where the server should be, for people.
func (a *app) address() string {
	t, err := a.target()
	if err != nil {
		return defaultAddress
	}
	return t.Address
}

func (a *app) execute(ctx context.Context, arguments []string) error {
	root, err := a.commands(ctx, arguments)
	if err != nil {
		return err
	}
	if a.cached && !knows(root, arguments) {
		// The server may have learned something since it was asked.
		if t, err := a.target(); err == nil {
			a.cache().forget(t.Address)
			if root, err = a.commands(ctx, arguments); err != nil {
				return err
			}
		}
	}
	root.SetArgs(arguments)
	return root.ExecuteContext(ctx)
}

// cache is where contracts are kept between runs.
func (a *app) cache() contractCache {
	folder := a.env("XDG_CACHE_HOME")
	if !filepath.IsAbs(folder) {
		home := a.env("HOME")
		if home == "" {
			return contractCache{now: a.now}
		}
		folder = filepath.Join(home, ".cache")
	}
	return contractCache{folder: filepath.Join(folder, "quoin"), now: a.now}
}

// isScreen tells whether a terminal shows what is printed.
func (a *app) isScreen() bool {
	file, ok := a.stdout.(*os.File)
	return ok && term.IsTerminal(int(file.Fd()))
}

// isStyled tells whether ANSI sequences are welcome.
func (a *app) isStyled() bool {
	return a.isScreen() && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb"
}

// screenWidth is how many columns help may take.
func (a *app) screenWidth() int {
	if file, ok := a.stdout.(*os.File); ok {
		if columns, _, err := term.GetSize(int(file.Fd())); err == nil && columns >= 40 {
			return min(columns, 120)
		}
	}
	return 100
}

func (a *app) shower() *shower {
	return &shower{
		out: a.stdout, types: a.contract.types, now: a.now,
		isJSON: a.flags.isJSON, isScreen: a.isScreen(), isStyled: a.isStyled(),
	}
}

// note tells people something that is not a part of the answer.
func (a *app) note(format string, values ...any) {
	fmt.Fprintf(a.stderr, strings.TrimSuffix(format, "\n")+"\n", values...)
}
