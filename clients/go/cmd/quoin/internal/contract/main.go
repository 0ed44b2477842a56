// SPDX-License-Identifier: Apache-2.0

// Command contract makes the contract that the terminal carries: it reads a FileDescriptorSet with
// source information, as buf builds it, and writes one that keeps of that information only the
// comments of Quoin's own files.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "contract:", err)
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer) error {
	// Options stay unknown fields, as they came.
	read, err := io.ReadAll(in)
	if err != nil {
		return err
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(read, &set); err != nil {
		return err
	}
	if len(set.File) == 0 {
		return fmt.Errorf("there are no files")
	}
	for _, file := range set.File {
		file.SourceCodeInfo = comments(file)
	}
	written, err := proto.MarshalOptions{Deterministic: true}.Marshal(&set)
	if err != nil {
		return err
	}
	_, err = out.Write(written)
	return err
}

// comments are the comments that stand before the things of a file, without where they stand.
func comments(file *descriptorpb.FileDescriptorProto) *descriptorpb.SourceCodeInfo {
	if !strings.HasPrefix(file.GetPackage(), "quoin.") {
		return nil
	}
	kept := &descriptorpb.SourceCodeInfo{}
	for _, location := range file.GetSourceCodeInfo().GetLocation() {
		// The licence stands before the syntax, which nobody asks about.
		if location.GetLeadingComments() == "" || location.GetPath()[0] == 12 {
			continue
		}
		kept.Location = append(kept.Location, &descriptorpb.SourceCodeInfo_Location{
			Path: location.Path, Span: []int32{0, 0, 0}, LeadingComments: location.LeadingComments,
		})
	}
	return kept
}
