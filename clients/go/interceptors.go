// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	namespaceHeader = "quoin-namespace"
	// longestWait is the longest a request may ask to wait.
	longestWait = 24 * time.Hour
)

// idFields make repeating a request safe, by their names in the contract.
var idFields = []protoreflect.Name{"request_id", "client_message_id"}

func (c *clientCore) interceptUnary(
	ctx context.Context, method string, request, reply any,
	cc *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) (err error) {
	if c.closed.Load() {
		return ErrClosed
	}
	ctx = metadata.AppendToOutgoingContext(ctx, namespaceHeader, c.namespace)
	wait := time.Duration(0)
	if message, ok := request.(proto.Message); ok {
		wait = waitOf(message)
		request = withID(message)
	}
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.deadline+wait)
		defer cancel()
	}
	attempt := func() (err error) {
		defer recovered(&err)
		ctx, err := c.token.authorized(ctx)
		if err != nil {
			return c.explain(err, nil)
		}
		var trailer metadata.MD
		all := append(options[:len(options):len(options)], grpc.Trailer(&trailer))
		return c.explain(invoke(ctx, method, request, reply, cc, all...), trailer)
	}
	if isRepeatable(method) {
		return repeat(ctx, attempt)
	}
	return attempt()
}

// explain is explain, for a call of a client that may have been closed meanwhile.
func (c *clientCore) explain(err error, trailer metadata.MD) error {
	err = explain(err, trailer)
	var e *Error
	if c.closed.Load() && errors.As(err, &e) &&
		(e.Code == codes.Canceled || e.Code == codes.Unavailable) {
		return ErrClosed
	}
	return err
}

func (c *clientCore) interceptStream(
	ctx context.Context, description *grpc.StreamDesc, cc *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption,
) (stream grpc.ClientStream, err error) {
	if c.closed.Load() {
		return nil, ErrClosed
	}
	defer recovered(&err)
	ctx = metadata.AppendToOutgoingContext(ctx, namespaceHeader, c.namespace)
	if ctx, err = c.token.authorized(ctx); err != nil {
		return nil, c.explain(err, nil)
	}
	opened, err := open(ctx, description, cc, method, options...)
	if err != nil {
		return nil, c.explain(err, nil)
	}
	return explained{opened, c}, nil
}

// explained is a stream that fails with *Error.
type explained struct {
	grpc.ClientStream
	client *clientCore
}

func (s explained) RecvMsg(message any) (err error) {
	defer recovered(&err)
	if err = s.ClientStream.RecvMsg(message); err == nil {
		return nil
	}
	return s.client.explain(err, s.Trailer())
}

func (s explained) SendMsg(message any) (err error) {
	defer recovered(&err)
	return s.client.explain(s.ClientStream.SendMsg(message), nil)
}

func (s explained) CloseSend() (err error) {
	defer recovered(&err)
	return s.client.explain(s.ClientStream.CloseSend(), nil)
}

// withID gives a request an id when it can have one and has none. The caller's message stays as
// it is: sent again, it is another request.
func withID(request proto.Message) proto.Message {
	message := request.ProtoReflect()
	for _, name := range idFields {
		field := message.Descriptor().Fields().ByName(name)
		if field == nil || field.Kind() != protoreflect.StringKind || field.IsList() || message.Has(field) {
			continue
		}
		named := message.New()
		message.Range(func(one protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			named.Set(one, value)
			return true
		})
		named.SetUnknown(message.GetUnknown())
		named.Set(field, protoreflect.ValueOfString(newID()))
		return named.Interface()
	}
	return request
}

// waitOf is how long a request asks to wait for what it wants.
func waitOf(request proto.Message) time.Duration {
	message := request.ProtoReflect()
	field := message.Descriptor().Fields().ByName("wait")
	if field == nil || field.Message() == nil || !message.Has(field) {
		return 0
	}
	wait, ok := message.Get(field).Message().Interface().(*durationpb.Duration)
	if !ok {
		return 0
	}
	return min(max(wait.AsDuration(), 0), longestWait)
}

// newID is a random UUID.
func newID() string {
	var id [16]byte
	rand.Read(id[:])
	id[6] = id[6]&0x0f | 0x40
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[0:4], id[4:6], id[6:8], id[8:10], id[10:16])
}
