// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	"golang.org/x/term"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	defaultLimit = 10 * time.Second
	// undoLimit is how long it is tried to give back what an interrupted call may have got.
	undoLimit = 5 * time.Second
	// longestLine bounds a request on the standard input; servers take less.
	longestLine = 16 << 20
	// A stream that broke is opened again after a pause that grows, until this long nothing was heard.
	shortestPause = 200 * time.Millisecond
	longestPause  = 2 * time.Second
	reopenLimit   = 5 * time.Minute
)

func (r *rpc) fullMethod() string {
	return "/" + string(r.method.Parent().FullName()) + "/" + string(r.method.Name())
}

// run makes the request and calls.
func (r *rpc) run(ctx context.Context, typed []string) error {
	request, err := r.build(typed)
	if err != nil {
		return usage(err)
	}
	limit, err := r.app.flags.limit()
	if err != nil {
		return err
	}
	client, err := r.app.client()
	if err != nil {
		return err
	}
	if limit == 0 && !r.method.IsStreamingClient() && !r.method.IsStreamingServer() {
		limit = defaultLimit
	}
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit+waitOf(request))
		defer cancel()
	}
	switch {
	case r.method.IsStreamingClient():
		return r.stream(ctx, client.Conn(), request)
	case r.method.IsStreamingServer():
		return r.follow(ctx, client.Conn(), request)
	default:
		return r.unary(ctx, client.Conn(), request)
	}
}

// build makes the request of what was typed.
func (r *rpc) build(typed []string) (*dynamicpb.Message, error) {
	if err := takeArguments(r.arguments, typed); err != nil {
		return nil, err
	}
	if err := checkGiven(r.fields); err != nil {
		return nil, err
	}
	request := r.empty()
	if r.request != "" {
		if err := r.parser.json(request, r.request); err != nil {
			return nil, fmt.Errorf("the request: %w", err)
		}
	}
	buildRequest(request, r.fields)
	if names := missing(r.fields, request); len(names) > 0 && !r.method.IsStreamingClient() {
		return nil, fmt.Errorf("%s is missing: write quoin %s %s", strings.Join(names, ", "),
			kebab(r.method.Parent().Name()), strings.Join(append([]string{kebab(r.method.Name())}, r.argumentNames()...), " "))
	}
	return request, nil
}

func (r *rpc) argumentNames() []string {
	var names []string
	for _, one := range r.arguments {
		names = append(names, strings.ToUpper(one.name))
	}
	return names
}

// waitOf is how long a request asks to wait.
func waitOf(request protoreflect.Message) time.Duration {
	wait := request.Descriptor().Fields().ByName("wait")
	if wait == nil || wait.IsList() || wait.Message() == nil || wait.Message().FullName() != durationType {
		return 0
	}
	message := request.Get(wait).Message()
	return max(0, time.Duration(message.Get(wait.Message().Fields().ByName("seconds")).Int())*time.Second)
}

// unary calls, and prints the answer.
func (r *rpc) unary(ctx context.Context, conn grpc.ClientConnInterface, request *dynamicpb.Message) error {
	id := r.nameRequest(request)
	var collected *dynamicpb.Message
	for {
		answer := dynamicpb.NewMessage(r.method.Output())
		if err := r.app.invoke(ctx, conn, r.fullMethod(), request, answer); err != nil {
			r.undo(ctx, conn, request, id, err)
			return err
		}
		next := r.nextPage(answer)
		if r.all && !r.app.flags.isJSON {
			if collected == nil {
				collected = dynamicpb.NewMessage(r.method.Output())
			}
			proto.Merge(collected, answer)
			answer = collected
		}
		if !r.all || next == "" || r.app.flags.isJSON {
			if err := r.app.shower().answer(answer); err != nil {
				return err
			}
		}
		if next == "" || !r.all {
			return r.end(request, answer, next)
		}
		request.Set(r.method.Input().Fields().ByName("page_token"), protoreflect.ValueOfString(next))
	}
}

// end says what the answer does not: that there is more, or nothing; and ends with 1 if a lease was not
// granted.
func (r *rpc) end(request, answer *dynamicpb.Message, next string) error {
	if !r.app.flags.isJSON {
		isEmpty := true
		answer.Range(func(one protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
			isEmpty = false
			return false
		})
		switch {
		case next != "":
			r.app.note("there is more: add --all, or --page-token %s", plain(next))
		case isEmpty && hasList(r.method.Output()):
			r.app.note("there is none")
		case isEmpty:
			r.app.note("done")
		}
	}
	granted := answer.Descriptor().Fields().ByNumber(1)
	if r.asksForLease() && granted != nil && granted.Kind() == protoreflect.BoolKind && answer.Has(granted) && !answer.Get(granted).Bool() {
		return exitCode(exitNotGranted)
	}
	return nil
}

func hasList(message protoreflect.MessageDescriptor) bool {
	for i := range message.Fields().Len() {
		if message.Fields().Get(i).IsList() {
			return true
		}
	}
	return false
}

// nextPage is where a list goes on, "" if it does not.
func (r *rpc) nextPage(answer protoreflect.Message) string {
	if !hasPages(r.method) {
		return ""
	}
	return answer.Get(answer.Descriptor().Fields().ByName("next_page_token")).String()
}

// asksForLease tells whether the method grants leases.
func (r *rpc) asksForLease() bool {
	lease := r.method.Input().Fields().ByName("lease")
	return lease != nil && lease.Message() != nil && lease.Message().FullName() == durationType
}

// nameRequest gives a request an id, so that what became of it can be undone; "" where it takes none.
func (r *rpc) nameRequest(request *dynamicpb.Message) string {
	id := textField(r.method.Input(), "request_id")
	if id == nil {
		return ""
	}
	if !request.Has(id) {
		request.Set(id, protoreflect.ValueOfString(rand.Text()))
	}
	return request.Get(id).String()
}

// undo gives back what a call may have been granted whose answer did not arrive: a lease that was granted
// in the moment of a Ctrl-C. By the contract that is Release with the id of the request.
func (r *rpc) undo(ctx context.Context, conn grpc.ClientConnInterface, request *dynamicpb.Message, id string, failure error) {
	var refused *quoin.Error
	if !r.asksForLease() || !errors.As(failure, &refused) || !r.app.reached.once.Load() {
		return
	}
	switch refused.Code {
	case codes.Canceled, codes.DeadlineExceeded, codes.Unavailable:
	default:
		return // it was refused
	}
	release := r.method.Parent().(protoreflect.ServiceDescriptor).Methods().ByName("Release")
	if id == "" || release == nil {
		r.app.note("quoin: what was granted in this moment, if anything, ends with its lease")
		return
	}
	undone := undone(release.Input(), request, id)
	if undone == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), undoLimit)
	defer cancel()
	method := "/" + string(release.Parent().FullName()) + "/" + string(release.Name())
	for what, one := range undone {
		if err := r.app.invoke(ctx, conn, method, one, dynamicpb.NewMessage(release.Output())); err != nil {
			r.app.note("quoin: it is not known whether %s was granted; if it was, it ends with its lease", plain(what))
			return
		}
	}
	r.app.note("quoin: ended; nothing is held")
}

// undone are the requests of Release, by what each is about, that give back what a request was granted;
// nil when Release does not take its id.
func undone(release protoreflect.MessageDescriptor, request *dynamicpb.Message, id string) map[string]*dynamicpb.Message {
	named, idOf := textField(release, "name"), textField(release, "acquire_request_id")
	if named != nil && idOf != nil {
		all := map[string]*dynamicpb.Message{}
		for _, name := range leaseNames(request) {
			all[name] = dynamicpb.NewMessage(release)
			all[name].Set(named, protoreflect.ValueOfString(name))
			all[name].Set(idOf, protoreflect.ValueOfString(id))
		}
		return all
	}
	from, idOf := request.Descriptor().Fields().ByName("queues"), textField(release, "lease_request_id")
	queues := release.Fields().ByName("queues")
	if from == nil || queues == nil || idOf == nil {
		return nil
	}
	one := dynamicpb.NewMessage(release)
	for i := range request.Get(from).List().Len() {
		one.Mutable(queues).List().Append(request.Get(from).List().Get(i))
	}
	one.Set(idOf, protoreflect.ValueOfString(id))
	return map[string]*dynamicpb.Message{"a task": one}
}

// leaseNames are the names that a request asks leases of.
func leaseNames(request *dynamicpb.Message) []string {
	if one := textField(request.Descriptor(), "name"); one != nil {
		return []string{request.Get(one).String()}
	}
	several := request.Descriptor().Fields().ByName("names")
	if several == nil || !several.IsList() || several.Kind() != protoreflect.StringKind {
		return nil
	}
	var names []string
	for i := range request.Get(several).List().Len() {
		names = append(names, request.Get(several).List().Get(i).String())
	}
	return names
}

func (r *rpc) description() *grpc.StreamDesc {
	return &grpc.StreamDesc{ClientStreams: r.method.IsStreamingClient(), ServerStreams: r.method.IsStreamingServer()}
}

// follow prints a stream until it ends. One that tells of what there is, or resumes from a cursor, is
// opened again when it breaks, or when the server asks for it.
func (r *rpc) follow(ctx context.Context, conn grpc.ClientConnInterface, request *dynamicpb.Message) error {
	shower := r.app.shower()
	heard, told := time.Time{}, false
	pause := shortestPause
	for {
		reopens, lost := false, false
		err := r.receive(ctx, conn, request, func(message *dynamicpb.Message) error {
			heard, told, pause = time.Now(), false, shortestPause
			reopens, lost = r.resume(request, message), isLost(message)
			if reopens && !shower.isJSON {
				return nil
			}
			return shower.event(message)
		})
		switch {
		case lost:
			return errors.Join(err, exitCode(exitNotGranted))
		case err == nil && !reopens:
			return nil
		case err != nil && (ctx.Err() != nil || !r.isResumable() || heard.IsZero() || codeOf(err) != exitUnavailable || time.Since(heard) > reopenLimit):
			return err
		case err != nil && !told:
			told = true
			r.app.note("quoin: the stream broke, and is opened again: %s", explain(err, r.app.address()))
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
			pause = min(2*pause, longestPause)
		}
	}
}

// receive opens a stream and hands its messages to a function, until it ends.
func (r *rpc) receive(ctx context.Context, conn grpc.ClientConnInterface, request *dynamicpb.Message, take func(*dynamicpb.Message) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	stream, err := conn.NewStream(ctx, r.description(), r.fullMethod())
	if err != nil {
		return err
	}
	if err := stream.SendMsg(request); err != nil && err != io.EOF {
		return err
	}
	if err := stream.CloseSend(); err != nil {
		return err
	}
	for {
		message := dynamicpb.NewMessage(r.method.Output())
		if err := stream.RecvMsg(message); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		if err := take(message); err != nil {
			return err
		}
	}
}

// isResumable tells whether a stream that broke can be opened again without asking: it has no side effects,
// tells when it should be, and where it was.
func (r *rpc) isResumable() bool {
	options, _ := r.method.Options().(*descriptorpb.MethodOptions)
	if options.GetIdempotencyLevel() != descriptorpb.MethodOptions_NO_SIDE_EFFECTS {
		return false
	}
	fields := r.method.Output().Fields()
	return fields.ByName("reconnect") != nil && (fields.ByName("cursor") == nil || textField(r.method.Input(), "cursor") != nil)
}

// resume notes in the request where the stream is, and tells whether the server asks to open it again.
func (r *rpc) resume(request, message *dynamicpb.Message) (reopens bool) {
	var note func(from protoreflect.Message)
	note = func(from protoreflect.Message) {
		from.Range(func(one protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			if one.Message() != nil && !one.IsList() && !one.IsMap() && one.Message().ParentFile().Package() == "quoin.streams.v1" {
				reopens = reopens || one.Message().Name() == "Reconnect"
				note(value.Message())
			}
			isPlace := one.Name() == "cursor" || one.Name() == "revision" || one.Name() == "token" && from.Descriptor().Name() == "Reconnect"
			into := request.Descriptor().Fields().ByName(one.Name())
			if isPlace && into != nil && into.Kind() == one.Kind() && into.Cardinality() == one.Cardinality() {
				request.Set(into, value)
			}
			return true
		})
	}
	note(message)
	return reopens
}

// isLost tells whether a message says that what was granted is lost.
func isLost(message *dynamicpb.Message) (lost bool) {
	message.Range(func(one protoreflect.FieldDescriptor, _ protoreflect.Value) bool {
		lost = lost || one.Message() != nil && one.Message().FullName() == "quoin.streams.v1.Lost"
		return !lost
	})
	return lost
}

// stream sends the requests that the standard input has, and prints what comes back meanwhile.
func (r *rpc) stream(ctx context.Context, conn grpc.ClientConnInterface, first *dynamicpb.Message) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	stream, err := conn.NewStream(ctx, r.description(), r.fullMethod())
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() {
		err := r.sendLines(stream, first)
		if err != nil {
			cancel(err)
		}
		sent <- err
	}()
	shower, count := r.app.shower(), 0
	for {
		message := dynamicpb.NewMessage(r.method.Output())
		if err = stream.RecvMsg(message); err != nil {
			break
		}
		count++
		if !r.method.IsStreamingServer() {
			return shower.answer(message)
		}
		if err = shower.event(message); err != nil {
			return err
		}
	}
	var wrong usageError
	if errors.As(context.Cause(ctx), &wrong) {
		return wrong
	}
	if err == io.EOF {
		return nil
	}
	return err
}

// sendLines sends the first request, if there is something in it, and those on the standard input. Where a
// request is one of several messages, the first is sent by itself, as that which opens the stream; else
// it is what all have in common.
func (r *rpc) sendLines(stream grpc.ClientStream, first *dynamicpb.Message) error {
	isGiven := false
	first.Range(func(protoreflect.FieldDescriptor, protoreflect.Value) bool {
		isGiven = true
		return false
	})
	isAlone := hasChoice(r.method.Input())
	send := func(request *dynamicpb.Message) (ended bool) {
		return stream.SendMsg(request) != nil // why is told to the one that receives
	}
	if isGiven && isAlone && send(first) {
		return nil
	}
	lines := bufio.NewScanner(r.app.stdin)
	lines.Buffer(nil, longestLine)
	if r.parser.read {
		lines = bufio.NewScanner(bytes.NewReader(nil))
	} else if file, ok := r.app.stdin.(*os.File); ok && term.IsTerminal(int(file.Fd())) {
		r.app.note("quoin: type requests as JSON, one a line; Ctrl-D ends them")
	}
	count := 0
	for number := 1; lines.Scan(); number++ {
		if len(bytes.TrimSpace(lines.Bytes())) == 0 {
			continue
		}
		request := r.empty()
		if !isAlone {
			proto.Merge(request, first)
		}
		line := r.empty()
		if err := r.parser.json(line, strings.TrimPrefix(strings.TrimSpace(lines.Text()), "@")); err != nil {
			return usage(fmt.Errorf("line %d of the input: %w", number, err))
		}
		line.Range(func(one protoreflect.FieldDescriptor, value protoreflect.Value) bool {
			request.Set(one, value)
			return true
		})
		count++
		if send(request) {
			return nil
		}
	}
	if err := lines.Err(); err != nil {
		return usage(fmt.Errorf("the input: %w", err))
	}
	if isGiven && !isAlone && count == 0 && send(first) {
		return nil
	}
	stream.CloseSend() // fails only when the stream has ended
	return nil
}

// hasChoice tells whether a message is one of several messages.
func hasChoice(message protoreflect.MessageDescriptor) bool {
	for i := range message.Fields().Len() {
		one := message.Fields().Get(i)
		if one.ContainingOneof() != nil && !one.HasOptionalKeyword() && one.Message() != nil {
			return true
		}
	}
	return false
}
