// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"io"
	"strings"
	"sync"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

const (
	clientKind = "rpc.client"
	serverKind = "rpc.server"
)

// UnaryClientInterceptor records how long each unary call of a connection takes, as its callers see
// it: kind "rpc.client", context method and status code, for example "shop.v1.Carts/Checkout OK".
// Not for the connection of Quoin itself.
func (r *StatsRecorder) UnaryClientInterceptor() grpc.UnaryClientInterceptor {
	return func(
		ctx context.Context, method string, request, reply any, cc *grpc.ClientConn,
		invoke grpc.UnaryInvoker, options ...grpc.CallOption,
	) error {
		begin := time.Now()
		err := invoke(ctx, method, request, reply, cc, options...)
		r.rpc(clientKind, method, begin, err)
		return err
	}
}

// StreamClientInterceptor records how long each stream of a connection lasts, as
// [StatsRecorder.UnaryClientInterceptor] does.
func (r *StatsRecorder) StreamClientInterceptor() grpc.StreamClientInterceptor {
	return func(
		ctx context.Context, description *grpc.StreamDesc, cc *grpc.ClientConn, method string,
		open grpc.Streamer, options ...grpc.CallOption,
	) (grpc.ClientStream, error) {
		begin := time.Now()
		stream, err := open(ctx, description, cc, method, options...)
		if err != nil {
			r.rpc(clientKind, method, begin, err)
			return nil, err
		}
		timed := &timedStream{ClientStream: stream, single: !description.ServerStreams}
		timed.record = func(err error) { r.rpc(clientKind, method, begin, err) }
		// The caller may give the stream up without reading to its end.
		timed.unwatch = context.AfterFunc(ctx, func() {
			timed.once.Do(func() { timed.record(ctx.Err()) })
		})
		return timed, nil
	}
}

// timedStream records when it ends.
type timedStream struct {
	grpc.ClientStream
	single  bool // one response, or none
	record  func(error)
	unwatch func() bool
	once    sync.Once
}

func (s *timedStream) RecvMsg(message any) error {
	err := s.ClientStream.RecvMsg(message)
	switch {
	case err == io.EOF || err == nil && s.single:
		s.end(nil)
	case err != nil:
		s.end(err)
	}
	return err
}

func (s *timedStream) end(err error) {
	s.unwatch()
	s.once.Do(func() { s.record(err) })
}

// UnaryServerInterceptor records how long each unary call of a server takes: kind "rpc.server",
// context method and status code.
func (r *StatsRecorder) UnaryServerInterceptor() grpc.UnaryServerInterceptor {
	return func(
		ctx context.Context, request any, call *grpc.UnaryServerInfo, handle grpc.UnaryHandler,
	) (any, error) {
		begin := time.Now()
		answer, err := handle(ctx, request)
		r.rpc(serverKind, call.FullMethod, begin, err)
		return answer, err
	}
}

// StreamServerInterceptor records how long each stream of a server lasts, as
// [StatsRecorder.UnaryServerInterceptor] does.
func (r *StatsRecorder) StreamServerInterceptor() grpc.StreamServerInterceptor {
	return func(
		service any, stream grpc.ServerStream, call *grpc.StreamServerInfo, handle grpc.StreamHandler,
	) error {
		begin := time.Now()
		err := handle(service, stream)
		r.rpc(serverKind, call.FullMethod, begin, err)
		return err
	}
}

func (r *StatsRecorder) rpc(kind, method string, begin time.Time, err error) {
	// Errors of the program may panic when they are looked at; that must not fail the call, either.
	defer func() { _ = recover() }()
	ended := code.Code(status.FromContextError(err).Code())
	if _, known := status.FromError(err); known {
		ended = code.Code(status.Code(err))
	}
	// The names of methods can be too long; that is no reason to fail a call.
	_ = r.Record(kind, strings.TrimPrefix(method, "/")+" "+ended.String(), time.Since(begin).Seconds())
}
