// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"io"
	"iter"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
)

// follow hands out the messages of a stream, which is opened again whenever it breaks: until the
// loop ends, ctx or the client ends, or the stream fails in a way that is there to stay; the last
// two are its last error.
//
// broken, if there is one, is told every time the stream ended and will be opened again, nil when
// the server ended it in peace.
func follow[R any](
	ctx context.Context, c *Client, method string, broken func(error),
	open func(ctx context.Context) (grpc.ServerStreamingClient[R], error),
) iter.Seq2[*R, error] {
	return func(yield func(*R, error) bool) {
		ctx, cancel := c.bound(ctx)
		defer cancel()
		var pause pauses
		log := streamLog{client: c, stream: method}
		for {
			goOn, err := receive(ctx, open, func(message *R) bool {
				pause.reset()
				log.alive()
				return yield(message, nil)
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
			if broken != nil {
				broken(err)
			}
			if !pause.sleep(ctx) {
				yield(nil, context.Cause(ctx))
				return
			}
		}
	}
}

// receive hands out the messages of one stream; it tells whether more are wanted when it ends.
func receive[R any](
	ctx context.Context, open func(ctx context.Context) (grpc.ServerStreamingClient[R], error),
	take func(*R) bool,
) (goOn bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := open(ctx)
	for err == nil {
		var message *R
		if message, err = stream.Recv(); err == nil && !take(message) {
			return false, nil
		}
	}
	if err == io.EOF {
		err = nil
	}
	return true, err
}

// pages hands out the elements of a list that comes in pages.
func pages[T any](
	fetch func(pageToken string) (elements []T, nextPageToken string, err error),
) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for token := ""; ; {
			elements, next, err := fetch(token)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, element := range elements {
				if !yield(element, nil) {
					return
				}
			}
			if next == "" {
				return
			}
			token = next
		}
	}
}

// connection tells when a stream stands and when it is broken.
type connection struct {
	tell      func(err error, connected bool)
	connected bool
}

func (c *connection) stands() {
	if !c.connected && c.tell != nil {
		c.tell(nil, true)
	}
	c.connected = true
}

func (c *connection) broken(err error) {
	c.connected = false
	if c.tell != nil {
		c.tell(err, false)
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
