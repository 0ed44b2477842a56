// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
)

// lastChance: a pause is cut to fit before the deadline, unless less than this would be left.
const lastChance = 20 * time.Millisecond

// safeMethods has what was found out about methods, by their full names.
var safeMethods sync.Map

// isRepeatable tells whether a unary call can be made again when nobody knows whether it was carried
// out: the contract marks it as without side effects or idempotent, or its request has an id.
func isRepeatable(method string) bool {
	if known, ok := safeMethods.Load(method); ok {
		return known.(bool)
	}
	safe := false
	name := strings.ReplaceAll(strings.TrimPrefix(method, "/"), "/", ".")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName(name))
	if described, ok := found.(protoreflect.MethodDescriptor); err == nil && ok {
		options, _ := described.Options().(*descriptorpb.MethodOptions)
		safe = options.GetIdempotencyLevel() != descriptorpb.MethodOptions_IDEMPOTENCY_UNKNOWN
		for _, id := range idFields {
			field := described.Input().Fields().ByName(id)
			safe = safe || field != nil && field.Kind() == protoreflect.StringKind && !field.IsList()
		}
		safe = safe && !described.IsStreamingClient() && !described.IsStreamingServer()
	}
	safeMethods.Store(method, safe)
	return safe
}

// repeat makes a unary call again when it met UNAVAILABLE, as long as its deadline allows. gRPC would
// give up after five attempts, which is less time than a server needs to restart. An attempt that
// the deadline ends, after others that met UNAVAILABLE, fails as those did: that is why there was
// no answer in time.
func repeat(ctx context.Context, attempt func() error) error {
	var pause pauses
	var away error
	for {
		err := attempt()
		var e *Error
		switch {
		case err == nil || !errors.As(err, &e):
			return err
		case e.Code == codes.DeadlineExceeded && away != nil:
			return away
		case e.Code != codes.Unavailable:
			return err
		}
		away = err
		deadline, limited := ctx.Deadline()
		left := time.Until(deadline)
		if !limited || left < lastChance {
			return away
		}
		length := max(pause.length(), e.RetryAfter)
		if length >= left {
			length = left / 2
		}
		if !sleep(ctx, length) {
			if ctx.Err() == context.DeadlineExceeded {
				return away
			}
			return explain(status.FromContextError(ctx.Err()).Err(), nil)
		}
	}
}

// refusedForGood tells whether the same request would fail like this again, at any server and any
// time.
func refusedForGood(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	switch e.Code {
	case codes.InvalidArgument, codes.OutOfRange, codes.FailedPrecondition, codes.NotFound,
		codes.AlreadyExists, codes.PermissionDenied:
		return true
	case codes.Unauthenticated:
		return !isOfCallback(err)
	case codes.ResourceExhausted:
		// Without a reason of Quoin it is gRPC that refuses: the message is too large.
		return e.Reason == "" && e.RetryAfter == 0
	default:
		return false
	}
}
