// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"net"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/reflection"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/prototext"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// carts is a feature that this program has never heard of. One of its services is called as a command of
// the program, and another one as a service of another package.
const carts = `
name: "quoin/carts/v1/carts.proto" package: "quoin.carts.v1" syntax: "proto3"
message_type {
  name: "AddRequest"
  field { name: "cart" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "item" number: 2 type: TYPE_MESSAGE type_name: ".quoin.carts.v1.Item" label: LABEL_OPTIONAL }
  field { name: "json" number: 3 type: TYPE_STRING label: LABEL_OPTIONAL }
}
message_type {
  name: "Item"
  field { name: "sku" number: 1 type: TYPE_STRING label: LABEL_OPTIONAL }
  field { name: "count" number: 2 type: TYPE_INT32 label: LABEL_OPTIONAL }
  field { name: "parts" number: 3 type: TYPE_MESSAGE type_name: ".quoin.carts.v1.Item" label: LABEL_REPEATED }
}
message_type {
  name: "AddResponse"
  field { name: "items" number: 1 type: TYPE_MESSAGE type_name: ".quoin.carts.v1.Item" label: LABEL_REPEATED }
}
service { name: "Carts" method { name: "Add" input_type: ".quoin.carts.v1.AddRequest" output_type: ".quoin.carts.v1.AddResponse" } }
service { name: "Profile" method { name: "Add" input_type: ".quoin.carts.v1.AddRequest" output_type: ".quoin.carts.v1.AddResponse" } }
`

// serveCarts starts a server with the feature, which says so by reflection or does not.
func serveCarts(t *testing.T, tells bool) string {
	t.Helper()
	described := &descriptorpb.FileDescriptorProto{}
	if err := prototext.Unmarshal([]byte(carts), described); err != nil {
		t.Fatal(err)
	}
	file, err := protodesc.NewFile(described, nil)
	if err != nil {
		t.Fatal(err)
	}
	files := &protoregistry.Files{}
	if err := files.RegisterFile(file); err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	for i := range file.Services().Len() {
		service := file.Services().Get(i)
		server.RegisterService(&grpc.ServiceDesc{
			ServiceName: string(service.FullName()), HandlerType: (*any)(nil),
			Methods: []grpc.MethodDesc{{MethodName: "Add", Handler: func(_ any, _ context.Context, read func(any) error, _ grpc.UnaryServerInterceptor) (any, error) {
				return add(service.Methods().Get(0), read)
			}}},
		}, nil)
	}
	if tells {
		reflectionv1.RegisterServerReflectionServer(server, reflection.NewServerV1(reflection.ServerOptions{Services: server, DescriptorResolver: files}))
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String()
}

// serveSilence starts a server that does not tell what it serves, and answers no call.
func serveSilence(t *testing.T) (address string, called <-chan string) {
	t.Helper()
	calls := make(chan string, 10)
	server := grpc.NewServer(grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		method, _ := grpc.MethodFromServerStream(stream)
		if strings.Contains(method, "reflection") {
			return status.Error(codes.Unimplemented, "no reflection")
		}
		calls <- method
		<-stream.Context().Done()
		return stream.Context().Err()
	}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go server.Serve(listener)
	t.Cleanup(server.Stop)
	return listener.Addr().String(), calls
}

// add answers with the item of the request, or fails if there is none.
func add(method protoreflect.MethodDescriptor, read func(any) error) (any, error) {
	request := dynamicpb.NewMessage(method.Input())
	if err := read(request); err != nil {
		return nil, err
	}
	item := method.Input().Fields().ByName("item")
	if !request.Has(item) {
		return nil, status.Error(codes.InvalidArgument, "no item\x1b[2J\nquoin: everything is fine")
	}
	answer := dynamicpb.NewMessage(method.Output())
	answer.Mutable(method.Output().Fields().ByName("items")).List().Append(request.Get(item))
	return answer, nil
}

func TestAFeatureThatIsNewNeedsNothingHere(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t, "QUOIN_ADDRESS="+serveCarts(t, true))
	contains(t, terminal.ok("--help"), "carts", "quoin-carts-v1-profile")
	contains(t, terminal.ok("carts", "add", "--help"), "--cart TEXT", "--sku, --item.sku TEXT", "--parts, --item.parts JSON ...", "--request.json TEXT")
	equal(t, "answer", terminal.ok("carts", "add", "--sku", "pen", "--item.count", "2", "--request.json", "x"), "SKU  COUNT\npen  2\n")
	equal(t, "a name that is taken", terminal.ok("quoin-carts-v1-profile", "add", "--sku", "pen"), "SKU\npen\n")
	equal(t, "call", terminal.ok("call", "Carts/Add", `{"item": {"sku": "pen"}}`, "--json"), `{"items":[{"sku":"pen"}]}`+"\n")
	// What such a server does not have is not offered, and what it says cannot steer a terminal either.
	terminal.refused(exitUsage, `quoin has no command "locks"`, "locks", "list")
	got := terminal.run("carts", "add")
	equal(t, "refused", got, result{"", `quoin: no item\x1b[2J\nquoin: everything is fine (InvalidArgument)` + "\n", exitInvalid})
}

func TestAServerThatDoesNotTell(t *testing.T) {
	t.Parallel()
	terminal := newTerminal(t, "QUOIN_ADDRESS="+serveCarts(t, false))
	contains(t, terminal.ok("locks", "--help"), "acquire")
	terminal.refused(exitOther, "does not have this: ", "locks", "list")
	got := terminal.run("carts", "add")
	equal(t, "unknown", got.code, exitUsage)
	if !strings.Contains(got.errors, `quoin has no command "carts"`) {
		t.Error(got.errors)
	}
}
