// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"google.golang.org/grpc"
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

func (c *Client) interceptUnary(
	ctx context.Context, method string, request, reply any,
	cc *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
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
	var trailer metadata.MD
	options = append(options[:len(options):len(options)], grpc.Trailer(&trailer))
	if err := invoke(ctx, method, request, reply, cc, options...); err != nil {
		return explain(err, trailer)
	}
	return nil
}

func (c *Client) interceptStream(
	ctx context.Context, description *grpc.StreamDesc, cc *grpc.ClientConn, method string,
	open grpc.Streamer, options ...grpc.CallOption,
) (grpc.ClientStream, error) {
	if c.closed.Load() {
		return nil, ErrClosed
	}
	ctx = metadata.AppendToOutgoingContext(ctx, namespaceHeader, c.namespace)
	stream, err := open(ctx, description, cc, method, options...)
	if err != nil {
		return nil, explain(err, nil)
	}
	return explained{stream}, nil
}

// explained is a stream that fails with *Error.
type explained struct{ grpc.ClientStream }

func (s explained) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	if err == nil {
		return nil
	}
	return explain(err, s.Trailer())
}

func (s explained) SendMsg(message any) error {
	return explain(s.ClientStream.SendMsg(message), nil)
}

func (s explained) CloseSend() error { return explain(s.ClientStream.CloseSend(), nil) }

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
