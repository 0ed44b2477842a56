// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

const authorizationHeader = "authorization"

// errNoToken says nothing of what was given: it may be a secret with a line break behind it.
var errNoToken = errors.New("a token must be printable ASCII without spaces")

// tokenSource gives the token that says who makes a call.
type tokenSource struct {
	fixed string
	ask   func(context.Context) (string, error) // nil for the fixed one
}

// authorized is ctx for a call that says who makes it.
func (s *tokenSource) authorized(ctx context.Context) (context.Context, error) {
	if s == nil {
		return ctx, nil
	}
	token := s.fixed
	if s.ask != nil {
		var err error
		if token, err = s.askWithin(ctx); err == nil && !isToken(token) {
			err = errNoToken
		}
		if ctx.Err() != nil {
			return nil, explain(status.FromContextError(ctx.Err()).Err(), nil)
		}
		if err != nil {
			message := "the token callback failed: " + textOf(err)
			return nil, &Error{
				Code:    codes.Unauthenticated,
				Message: message,
				status:  status.New(codes.Unauthenticated, message),
				cause:   err,
			}
		}
	}
	return metadata.AppendToOutgoingContext(ctx, authorizationHeader, "Bearer "+token), nil
}

// askWithin asks the function of the user, which may panic, end its goroutine, or overlook that ctx
// has ended.
func (s *tokenSource) askWithin(ctx context.Context) (string, error) {
	type answer struct {
		token string
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		given := answer{err: errors.New("it ended its goroutine")}
		defer func() {
			if cause := recover(); cause != nil {
				given = answer{err: fmt.Errorf("it panicked: %s", textOf(cause))}
			}
			answers <- given
		}()
		token, err := s.ask(ctx)
		given = answer{token, err}
	}()
	select {
	case given := <-answers:
		return given.token, given.err
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func isToken(text string) bool {
	for _, c := range []byte(text) {
		if c <= ' ' || c > '~' {
			return false
		}
	}
	return text != ""
}

// isOfCallback tells whether a token callback failed, which may do better the next time.
func isOfCallback(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == codes.Unauthenticated && e.Reason == ""
}
