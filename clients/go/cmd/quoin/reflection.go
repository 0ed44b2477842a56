// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	reflectionv1 "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

const (
	// How long it is believed that a server serves what it said, and how long it may take to say it.
	contractLife     = 10 * time.Minute
	contractPatience = 2 * time.Second
	// Nobody has a larger contract: what is more is not kept.
	largestContract = 16 << 20
	reflectionOwn   = "grpc.reflection."
)

// fetchContract asks a server what it serves.
func fetchContract(ctx context.Context, conn grpc.ClientConnInterface) (*descriptorpb.FileDescriptorSet, error) {
	ctx, cancel := context.WithTimeout(ctx, contractPatience)
	defer cancel()
	stream, err := reflectionv1.NewServerReflectionClient(conn).ServerReflectionInfo(ctx)
	if err != nil {
		return nil, err
	}
	ask := func(request *reflectionv1.ServerReflectionRequest) (*reflectionv1.ServerReflectionResponse, error) {
		if err := stream.Send(request); err != nil {
			// Why it ended is told to the one that receives.
			if _, ended := stream.Recv(); ended != nil {
				return nil, ended
			}
			return nil, err
		}
		answer, err := stream.Recv()
		if err == nil && answer.GetErrorResponse() != nil {
			err = status.Error(codes.Code(answer.GetErrorResponse().GetErrorCode()), answer.GetErrorResponse().GetErrorMessage())
		}
		return answer, err
	}
	listed, err := ask(&reflectionv1.ServerReflectionRequest{
		MessageRequest: &reflectionv1.ServerReflectionRequest_ListServices{ListServices: "*"},
	})
	if err != nil {
		return nil, err
	}
	set := &descriptorpb.FileDescriptorSet{}
	known, size := map[string]bool{}, 0
	take := func(answer *reflectionv1.ServerReflectionResponse) error {
		for _, encoded := range answer.GetFileDescriptorResponse().GetFileDescriptorProto() {
			file := &descriptorpb.FileDescriptorProto{}
			if err := proto.Unmarshal(encoded, file); err != nil {
				return err
			}
			if size += len(encoded); size > largestContract {
				return errors.New("the contract of the server is too large")
			}
			if !known[file.GetName()] {
				known[file.GetName()] = true
				set.File = append(set.File, file)
			}
		}
		return nil
	}
	for _, service := range listed.GetListServicesResponse().GetService() {
		if strings.HasPrefix(service.GetName(), reflectionOwn) {
			continue
		}
		answer, err := ask(&reflectionv1.ServerReflectionRequest{
			MessageRequest: &reflectionv1.ServerReflectionRequest_FileContainingSymbol{FileContainingSymbol: service.GetName()},
		})
		if err == nil {
			err = take(answer)
		}
		if err != nil {
			return nil, err
		}
	}
	// Servers may leave it to us to ask for what a file imports.
	for i := 0; i < len(set.File); i++ {
		for _, imported := range set.File[i].GetDependency() {
			if known[imported] {
				continue
			}
			answer, err := ask(&reflectionv1.ServerReflectionRequest{
				MessageRequest: &reflectionv1.ServerReflectionRequest_FileByFilename{FileByFilename: imported},
			})
			if err == nil {
				err = take(answer)
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return set, stream.CloseSend()
}

// contractCache keeps what servers said in files, one for each address. An empty file says that the
// server does not tell.
type contractCache struct {
	folder string // "" for nothing kept
	now    func() time.Time
}

func (c contractCache) file(address string) string {
	return filepath.Join(c.folder, fmt.Sprintf("contract-%x.binpb", sha256.Sum256([]byte(address)))[:41])
}

// load returns what was kept of a server lately; known tells whether anything was.
func (c contractCache) load(address string) (encoded []byte, known bool) {
	if c.folder == "" {
		return nil, false
	}
	about, err := os.Stat(c.file(address))
	if err != nil || about.Size() > largestContract {
		return nil, false
	}
	if age := c.now().Sub(about.ModTime()); age < 0 || age > contractLife {
		return nil, false
	}
	encoded, err = os.ReadFile(c.file(address))
	return encoded, err == nil
}

// store keeps what a server said. A cache that cannot be written is none.
func (c contractCache) store(address string, encoded []byte) {
	if c.folder == "" || os.MkdirAll(c.folder, 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(c.folder, "new-")
	if err != nil {
		return
	}
	_, err = file.Write(encoded)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), c.file(address))
	}
	if err != nil {
		os.Remove(file.Name())
	}
}

func (c contractCache) forget(address string) {
	if c.folder != "" {
		os.Remove(c.file(address))
	}
}

// loadContract is the contract of the server at the address: as it was kept, as the server tells now, or,
// where it does not, the one that this program carries. Comments are always from the latter.
func loadContract(ctx context.Context, cache contractCache, address string, dial func() (grpc.ClientConnInterface, error)) (*contract, error) {
	carried, err := readContract(carriedContract)
	if err != nil {
		return nil, err
	}
	served := func(encoded []byte) *contract {
		if read, err := readContract(encoded); err == nil && len(read.services) > 0 {
			read.comments = carried.files
			return read
		}
		return carried
	}
	if encoded, known := cache.load(address); known {
		return served(encoded), nil
	}
	conn, err := dial()
	if err != nil {
		return carried, nil
	}
	set, err := fetchContract(ctx, conn)
	if err != nil {
		switch status.Code(err) {
		case codes.Unimplemented, codes.PermissionDenied, codes.Unauthenticated:
			cache.store(address, nil)
		}
		return carried, nil
	}
	encoded, err := proto.Marshal(set)
	if err != nil {
		return carried, nil
	}
	cache.store(address, encoded)
	return served(encoded), nil
}
