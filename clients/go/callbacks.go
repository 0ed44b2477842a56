// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
)

// call runs a function of the user and returns when it has ended, in whatever way: it may panic, and
// it may end its goroutine, which is therefore not that of the caller. What it does is logged.
func (c *clientCore) call(what string, function func()) {
	ended := make(chan struct{})
	go func() {
		returned := false
		defer close(ended)
		defer func() {
			if cause := recover(); cause != nil {
				c.log().Warn("quoin: a function of the program panicked",
					"function", what, "panic", textOf(cause))
			} else if !returned {
				c.log().Warn("quoin: a function of the program ended its goroutine", "function", what)
			}
		}()
		function()
		returned = true
	}()
	<-ended
}

// textOf is what a value says of itself; its type when it panics instead.
func textOf(value any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("%T, whose text cannot be made", value)
		}
	}()
	if err, ok := value.(error); ok {
		return err.Error()
	}
	return fmt.Sprint(value)
}

// recovered turns a panic of the user's code, an interceptor for example, into an error.
func recovered(err *error) {
	if cause := recover(); cause != nil {
		*err = &panicError{textOf(cause)}
	}
}

type panicError struct{ text string }

func (e *panicError) Error() string { return "quoin: a panic: " + e.text }

func (c *clientCore) log() *slog.Logger {
	if c.logger != nil {
		return c.logger
	}
	return slog.Default()
}

// streamLog logs when a stream is interrupted and when it goes on: one line each, however many
// attempts there are.
type streamLog struct {
	core        *clientCore
	stream      string
	interrupted atomic.Bool
}

func (l *streamLog) broken(err error) {
	if err != nil && !errors.Is(err, ErrClosed) && l.interrupted.CompareAndSwap(false, true) {
		l.core.log().Warn("quoin: a stream is interrupted",
			"stream", l.stream, "address", l.core.address, "error", textOf(err))
	}
}

func (l *streamLog) alive() {
	if l.interrupted.Load() && l.interrupted.CompareAndSwap(true, false) {
		l.core.log().Info("quoin: a stream goes on", "stream", l.stream, "address", l.core.address)
	}
}
