// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	quoin "github.com/quoin-dev/quoin/clients/go"
	"google.golang.org/grpc/codes"
)

// What the program ends with.
const (
	exitDone        = 0
	exitNotGranted  = 1 // the answer says that the lease was not granted, or it was lost
	exitUsage       = 2 // the command line or the input is wrong
	exitInvalid     = 3 // the request breaks a rule
	exitDenied      = 4 // who calls is not known, or may not
	exitNotFound    = 5
	exitState       = 6 // the state of things forbids it
	exitExhausted   = 7 // a limit was reached
	exitUnavailable = 8 // there was no answer; trying again makes sense
	exitOther       = 9
	exitInterrupted = 130
)

const exitHelp = `Exit codes:
  0    done
  1    the lease was not granted, or it was lost
  2    the command line or the input is wrong
  3    the request breaks a rule of the contract
  4    the caller is not known, or may not do that
  5    what it is about does not exist
  6    the state of things forbids it
  7    a limit or quota is reached
  8    no answer: no server, no Redis, or no time left; trying again makes sense
  9    anything else
  130  interrupted with Ctrl-C`

// usageError is a command line, or an input, that is wrong.
type usageError struct{ cause error }

func (e usageError) Error() string { return e.cause.Error() }
func (e usageError) Unwrap() error { return e.cause }

func usage(err error) error { return usageError{err} }

// exitCode ends the program without saying anything.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

func codeOf(err error) int {
	var ended exitCode
	var wrong usageError
	var refused *quoin.Error
	switch {
	case err == nil:
		return exitDone
	case errors.As(err, &ended):
		return int(ended)
	case errors.As(err, &wrong):
		return exitUsage
	case errors.Is(err, context.DeadlineExceeded):
		return exitUnavailable
	case !errors.As(err, &refused):
		return exitOther
	}
	switch refused.Code {
	case codes.InvalidArgument, codes.OutOfRange:
		return exitInvalid
	case codes.Unauthenticated, codes.PermissionDenied:
		return exitDenied
	case codes.NotFound:
		return exitNotFound
	case codes.FailedPrecondition, codes.AlreadyExists, codes.Aborted:
		return exitState
	case codes.ResourceExhausted:
		return exitExhausted
	case codes.Unavailable, codes.DeadlineExceeded:
		return exitUnavailable
	default:
		return exitOther
	}
}

// dialing is what gRPC says about a connection, without what it puts around it.
func dialing(message string) string {
	if quoted, ok := strings.CutPrefix(message, "connection error: desc = "); ok {
		if text, err := strconv.Unquote(quoted); err == nil {
			message = plain(text)
		}
	}
	for _, around := range []string{"transport: ", "Error while dialing: ", "authentication handshake failed: "} {
		message = strings.TrimPrefix(message, around)
	}
	return message
}

// explain says what went wrong in one sentence with its reason, and below it which fields are wrong.
func explain(err error, address string) string {
	var refused *quoin.Error
	if !errors.As(err, &refused) {
		return plain(err.Error())
	}
	var text strings.Builder
	message := plain(strings.TrimSuffix(refused.Message, "."))
	switch {
	case refused.Reason != "":
		if len(refused.Violations) > 0 {
			message = "the request breaks a rule of the contract"
		}
		fmt.Fprintf(&text, "%s (%s)", message, plain(string(refused.Reason)))
	case refused.Code == codes.Unavailable:
		fmt.Fprintf(&text, "no server answers at %s: %s", plain(address), dialing(message))
	case refused.Code == codes.DeadlineExceeded:
		text.WriteString("there was no answer in time: --timeout gives it longer")
	case refused.Code == codes.Unimplemented:
		fmt.Fprintf(&text, "the server at %s does not have this: %s", plain(address), message)
	default:
		fmt.Fprintf(&text, "%s (%s)", message, refused.Code)
	}
	if refused.RetryAfter > 0 {
		fmt.Fprintf(&text, "; try again in %s", showDuration(refused.RetryAfter))
	}
	if refused.RequestID != "" && codeOf(err) == exitOther {
		fmt.Fprintf(&text, "; the log of the server has it under %s", plain(refused.RequestID))
	}
	for _, violation := range refused.Violations {
		fmt.Fprintf(&text, "\n  %s: %s", plain(violation.Field), plain(violation.Description))
	}
	return text.String()
}
