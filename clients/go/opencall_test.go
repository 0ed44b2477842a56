// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// openCall is a call of a conformance case: what is sent, and what comes then.
type openCall struct {
	unary    bool
	cancel   context.CancelFunc
	method   protoreflect.MethodDescriptor
	requests chan proto.Message
	events   chan openEvent
}

// openEvent is a message, or the end when there is none: with OK when there is no error, either.
type openEvent struct {
	message proto.Message
	err     error
}

// open begins a call of a method by its name; with is the request as JSON has it. If the call takes
// a stream of requests, more says whether others will follow.
func (c *conformance) open(name string, with any, more bool) *openCall {
	c.t.Helper()
	if !strings.Contains(name, "/") {
		name = c.service + "/" + name
	}
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(
		protoreflect.FullName(strings.ReplaceAll(name, "/", ".")))
	if err != nil {
		c.fail("there is no %s", name)
	}
	method := found.(protoreflect.MethodDescriptor)
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	c.t.Cleanup(cancel)
	call := &openCall{
		unary:  !method.IsStreamingClient() && !method.IsStreamingServer(),
		cancel: cancel, method: method,
		requests: make(chan proto.Message, 100), events: make(chan openEvent, 1000),
	}
	c.send(call, with)
	if !more || !method.IsStreamingClient() {
		close(call.requests)
	}
	go call.carryOut(ctx, c, "/"+name)
	return call
}

// send sends a request, which is as JSON has it.
func (c *conformance) send(call *openCall, with any) {
	c.t.Helper()
	request := c.messageOf(call.method.Input())
	text, err := json.Marshal(with)
	must(c.t, err)
	if err := protojson.Unmarshal(text, request); err != nil {
		c.fail("no request: %v", err)
	}
	call.requests <- request
}

func (o *openCall) carryOut(ctx context.Context, c *conformance, name string) {
	defer o.cancel()
	if o.unary {
		answer := c.messageOf(o.method.Output())
		if err := c.client.Conn().Invoke(ctx, name, <-o.requests, answer); err != nil {
			o.events <- openEvent{err: err}
			return
		}
		o.events <- openEvent{message: answer}
		o.events <- openEvent{}
		return
	}
	stream, err := c.client.Conn().NewStream(ctx,
		&grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, name)
	if err == nil {
		go o.sendAll(stream)
	}
	for err == nil {
		answer := c.messageOf(o.method.Output())
		if err = stream.RecvMsg(answer); err == nil {
			o.events <- openEvent{message: answer}
		}
	}
	if err == io.EOF {
		err = nil
	}
	o.events <- openEvent{err: err}
}

func (o *openCall) sendAll(stream grpc.ClientStream) {
	for {
		select {
		case request, more := <-o.requests:
			if !more {
				_ = stream.CloseSend()
				return
			}
			_ = stream.SendMsg(request) // receiving tells why it fails
		case <-stream.Context().Done():
			return
		}
	}
}

func (c *conformance) messageOf(descriptor protoreflect.MessageDescriptor) proto.Message {
	found, err := protoregistry.GlobalTypes.FindMessageByName(descriptor.FullName())
	must(c.t, err)
	return found.New().Interface()
}

// next is the next message of a call as JSON has it.
func (c *conformance) next(call *openCall) map[string]any {
	c.t.Helper()
	event := c.event(call)
	if event.message == nil {
		c.fail("a message was expected but the call ended with %v", event.err)
	}
	text, err := protojson.MarshalOptions{UseProtoNames: true, EmitDefaultValues: true}.Marshal(event.message)
	must(c.t, err)
	var message map[string]any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	must(c.t, decoder.Decode(&message))
	return message
}

// ended is what a call fails with, nil when it ends with OK.
func (c *conformance) ended(call *openCall) error {
	c.t.Helper()
	event := c.event(call)
	if event.message != nil {
		c.fail("the end was expected but a message came: %v", event.message)
	}
	return event.err
}

func (c *conformance) event(call *openCall) openEvent {
	c.t.Helper()
	select {
	case event := <-call.events:
		return event
	case <-time.After(10 * time.Second):
		c.fail("nothing came within 10 s")
		return openEvent{}
	}
}
