// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"io"
	"iter"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// Stream reads a stream of any service, opens it again whenever it breaks, at whatever server, and
// resumes it where it was: by the cursor or the revision of the last response, if the contract has
// one for the stream. A watch without one begins with the present state again.
//
//	for state, err := range quoin.Stream(ctx, client, client.Locks.Watch, &locksv1.WatchRequest{Name: "report"}) {
//
// Every response is yielded, heartbeats included. A loop that is slow is sent no more than it takes.
// The stream ends with the loop and, with an error, when ctx or the client ends or the request can
// never succeed.
func Stream[Q proto.Message, R any](
	ctx context.Context, client *Client,
	open func(context.Context, Q, ...grpc.CallOption) (grpc.ServerStreamingClient[R], error),
	request Q,
) iter.Seq2[*R, error] {
	return (&resumableStream[Q, R]{core: client.core, open: open, request: request}).all(ctx)
}

// Pages reads a list of any service, page by page, from the page that the request names.
//
//	for page, err := range quoin.Pages(ctx, client.Locks.List, &locksv1.ListRequest{Prefix: "account/"}) {
func Pages[Q proto.Message, R interface{ GetNextPageToken() string }](
	ctx context.Context, list func(context.Context, Q, ...grpc.CallOption) (R, error), request Q,
) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		next := proto.Clone(request).(Q)
		token := next.ProtoReflect().Descriptor().Fields().ByName("page_token")
		for {
			page, err := list(ctx, next)
			if !yield(page, err) || err != nil || page.GetNextPageToken() == "" {
				return
			}
			next.ProtoReflect().Set(token, protoreflect.ValueOfString(page.GetNextPageToken()))
		}
	}
}

// resumableStream is a stream that is opened again whenever it breaks.
type resumableStream[Q proto.Message, R any] struct {
	core    *clientCore
	open    func(context.Context, Q, ...grpc.CallOption) (grpc.ServerStreamingClient[R], error)
	request Q
	// onConnection is called when the stream is open, at first and after a break, and when it broke,
	// with the reason unless the server ended it; may be nil.
	onConnection func(err error, connected bool)
}

// all yields the responses until the loop ends, ctx or the client ends, or the stream fails for
// good; the last two are its last error.
func (s *resumableStream[Q, R]) all(ctx context.Context) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		ctx, cancel := s.core.bound(ctx)
		defer cancel()
		next := proto.Clone(s.request).(Q)
		log := streamLog{core: s.core, stream: streamName(next)}
		connected := false
		var pause pauses
		for {
			goOn, err := s.receive(ctx, next, func(response *R) bool {
				pause.reset()
				log.alive()
				if !connected {
					connected = true
					s.tell(nil, true)
				}
				resumeAfter(next, response)
				return yield(response, nil)
			})
			switch {
			case !goOn:
				return
			case ctx.Err() != nil:
				yield(nil, context.Cause(ctx))
				return
			case err != nil && !passes(err):
				yield(nil, err)
				return
			}
			log.broken(err)
			connected = false
			s.tell(err, false)
			if !pause.sleep(ctx) {
				yield(nil, context.Cause(ctx))
				return
			}
		}
	}
}

// events yields what is in the responses of a stream, one after the other; a response may have none.
func events[R, E any](responses iter.Seq2[*R, error], in func(*R) []*E) iter.Seq2[*E, error] {
	return func(yield func(*E, error) bool) {
		for response, err := range responses {
			if err != nil {
				yield(nil, err)
				return
			}
			for _, event := range in(response) {
				if !yield(event, nil) {
					return
				}
			}
		}
	}
}

// receive reads one stream to its end and reports whether the loop goes on.
func (s *resumableStream[Q, R]) receive(
	ctx context.Context, request Q, take func(*R) bool,
) (goOn bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := s.open(ctx, request)
	for err == nil {
		var response *R
		if response, err = stream.Recv(); err == nil && !take(response) {
			return false, nil
		}
	}
	if err == io.EOF {
		err = nil
	}
	return true, err
}

func (s *resumableStream[Q, R]) tell(err error, connected bool) {
	if s.onConnection != nil {
		s.core.call("OnConnection", func() { s.onConnection(err, connected) })
	}
}

// streamName is that of the RPC that a request is for, for the log.
func streamName(request proto.Message) string {
	return strings.TrimSuffix(string(request.ProtoReflect().Descriptor().FullName()), "Request")
}

// resumeAfter has a request resume after a response: the contract names the position alike in all
// requests, events, and items of events.
func resumeAfter(request proto.Message, response any) {
	if _, event := eventOf(response.(proto.Message)); event != nil {
		copyPosition(request.ProtoReflect(), event.ProtoReflect())
	}
}

// eventOf is what a response says, and the name of its field: it is one of several.
func eventOf(response proto.Message) (name protoreflect.Name, event proto.Message) {
	message := response.ProtoReflect()
	if several := message.Descriptor().Oneofs().ByName("event"); several != nil {
		if field := message.WhichOneof(several); field != nil && field.Message() != nil {
			return field.Name(), message.Get(field).Message().Interface()
		}
	}
	return "", nil
}

func copyPosition(request, event protoreflect.Message) {
	for _, name := range []protoreflect.Name{"cursor", "revision"} {
		into := request.Descriptor().Fields().ByName(name)
		if into == nil {
			continue
		}
		if from := event.Descriptor().Fields().ByName(name); from != nil {
			if event.Has(from) {
				request.Set(into, event.Get(from))
			}
			continue
		}
		event.Range(func(_ protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			items, ok := value.Interface().(protoreflect.List)
			if !ok || items.Len() == 0 {
				return true
			}
			if item, ok := items.Get(items.Len() - 1).Interface().(protoreflect.Message); ok {
				if from := item.Descriptor().Fields().ByName(name); from != nil && item.Has(from) {
					request.Set(into, item.Get(from))
				}
			}
			return true
		})
	}
}

// with is a copy of a request with something set; the caller's stays as it is.
func with[R any, M interface {
	*R
	proto.Message
}](request M, set func(M)) M {
	copied := M(new(R))
	if request != nil {
		copied = proto.Clone(request).(M)
	}
	set(copied)
	return copied
}
