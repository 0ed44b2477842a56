// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// carriedContract is the contract of the version that this program was built with, with its comments.
//
//go:embed contract.binpb
var carriedContract []byte

// contract is what a server can be asked.
type contract struct {
	files    *protoregistry.Files
	types    *dynamicpb.Types
	services []protoreflect.ServiceDescriptor // by name
	comments *protoregistry.Files             // where the comments are, which servers do not tell
}

func readContract(encoded []byte) (*contract, error) {
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(encoded, &set); err != nil {
		return nil, err
	}
	return newContract(&set)
}

func newContract(set *descriptorpb.FileDescriptorSet) (*contract, error) {
	files, err := protodesc.FileOptions{AllowUnresolvable: true}.NewFiles(set)
	if err != nil {
		return nil, err
	}
	c := &contract{files: files, types: dynamicpb.NewTypes(files), comments: files}
	files.RangeFiles(func(file protoreflect.FileDescriptor) bool {
		for i := range file.Services().Len() {
			c.services = append(c.services, file.Services().Get(i))
		}
		return true
	})
	slices.SortFunc(c.services, func(a, b protoreflect.ServiceDescriptor) int {
		return cmp.Compare(a.FullName(), b.FullName())
	})
	return c, nil
}

// method finds an RPC by its full name, or without its package: Locks/Acquire.
func (c *contract) method(name string) (protoreflect.MethodDescriptor, error) {
	name = strings.TrimPrefix(name, "/")
	at := strings.LastIndexAny(name, "/.")
	if at < 0 {
		return nil, fmt.Errorf("%q is no RPC: write quoin.locks.v1.Locks/Acquire", name)
	}
	service, method := name[:at], protoreflect.Name(name[at+1:])
	var found []protoreflect.MethodDescriptor
	for _, one := range c.services {
		if string(one.FullName()) != service && string(one.Name()) != service {
			continue
		}
		if described := one.Methods().ByName(method); described != nil {
			found = append(found, described)
		}
	}
	switch len(found) {
	case 0:
		return nil, fmt.Errorf("there is no RPC %q", name)
	case 1:
		return found[0], nil
	default:
		return nil, fmt.Errorf("several services are called %s: write the package before it", service)
	}
}

// comment is what the contract says about something, as paragraphs of lines.
func (c *contract) comment(of protoreflect.Descriptor) string {
	carried, err := c.comments.FindDescriptorByName(of.FullName())
	if err != nil {
		return ""
	}
	text := carried.ParentFile().SourceLocations().ByDescriptor(carried).LeadingComments
	lines := strings.Split(strings.TrimSpace(text), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimPrefix(strings.TrimRight(line, " "), " ")
	}
	return strings.Join(lines, "\n")
}

// sentence is the first sentence of a comment, in one line and without its full stop.
func sentence(comment string) string {
	paragraph, _, _ := strings.Cut(comment, "\n\n")
	text := strings.Join(strings.Fields(paragraph), " ")
	for at := 0; ; {
		end := strings.Index(text[at:], ". ")
		if end < 0 {
			return strings.TrimSuffix(text, ".")
		}
		at += end + 2
		// "e.g. this" and "1. that" go on.
		if next := rune(text[at]); unicode.IsUpper(next) || next == '`' {
			return text[:at-2]
		}
	}
}

// options reads the options of something with the extensions that the contract itself declares, which
// are unknown fields otherwise.
func (c *contract) options(of protoreflect.Descriptor) protoreflect.Message {
	raw, err := proto.Marshal(of.Options())
	if err != nil {
		return of.Options().ProtoReflect()
	}
	read := of.Options().ProtoReflect().New()
	if (proto.UnmarshalOptions{Resolver: c.types}).Unmarshal(raw, read.Interface()) != nil {
		return of.Options().ProtoReflect()
	}
	return read
}

// option is an option by its full name.
func (c *contract) option(of protoreflect.Descriptor, name protoreflect.FullName) (found protoreflect.Value, ok bool) {
	c.options(of).Range(func(field protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		if field.FullName() == name {
			found, ok = value, true
		}
		return !ok
	})
	return found, ok
}

// namesCaller tells whether a field says who acts.
func (c *contract) namesCaller(field protoreflect.FieldDescriptor) bool {
	value, ok := c.option(field, "quoin.access.v1.acting_user")
	return ok && value.Bool()
}

// isRequired tells whether the rules of a field refuse a request in which it is not set.
func (c *contract) isRequired(field protoreflect.FieldDescriptor) bool {
	value, ok := c.option(field, "buf.validate.field")
	if !ok || field.ContainingOneof() != nil && !field.HasOptionalKeyword() {
		return false
	}
	rules := value.Message()
	named := rules.Descriptor().Fields()
	if ignore := named.ByName("ignore"); ignore != nil && rules.Get(ignore).Enum() != 0 {
		return false
	}
	if required := named.ByName("required"); required != nil && rules.Get(required).Bool() {
		return true
	}
	return !field.HasPresence() && c.refusesZero(rules, field)
}

// refusesZero tells whether the rules of a type refuse its zero value: an empty text, 0, no elements.
func (c *contract) refusesZero(rules protoreflect.Message, field protoreflect.FieldDescriptor) bool {
	choice := rules.Descriptor().Oneofs().ByName("type")
	if choice == nil || rules.WhichOneof(choice) == nil {
		return false
	}
	kind := rules.WhichOneof(choice)
	refuses := false
	rules.Get(kind).Message().Range(func(rule protoreflect.FieldDescriptor, value protoreflect.Value) bool {
		switch {
		case rule.IsExtension():
			// A rule of ours says what it means in those of protovalidate.
			means, ok := c.option(rule, "quoin.rules.v1.means")
			refuses = ok && c.refusesZero(means.Message(), field)
		case rule.Name() == "pattern":
			refuses = !matchesEmpty(value.String())
		case rule.Name() == "not_in":
			for i := range value.List().Len() {
				refuses = refuses || isZero(value.List().Get(i))
			}
		case slices.Contains([]protoreflect.Name{"len", "len_bytes", "min_len", "min_bytes", "min_items", "min_pairs", "gte"}, rule.Name()):
			refuses = isPositive(value)
		case rule.Name() == "gt":
			refuses = isPositive(value) || isZero(value)
		}
		return !refuses
	})
	return refuses
}

func isZero(value protoreflect.Value) bool {
	switch one := value.Interface().(type) {
	case protoreflect.EnumNumber:
		return one == 0
	case int32, int64, uint32, uint64, float32, float64:
		return fmt.Sprint(one) == "0"
	case string:
		return one == ""
	default:
		return false
	}
}

func isPositive(value protoreflect.Value) bool {
	number, err := strconv.ParseFloat(fmt.Sprint(value.Interface()), 64)
	return err == nil && number > 0
}

// kebab writes a name of the contract as people type it: ListDead and list_dead become list-dead.
func kebab(name protoreflect.Name) string {
	var text strings.Builder
	letters := []rune(string(name))
	for i, letter := range letters {
		startsWord := unicode.IsUpper(letter) && i > 0 && letters[i-1] != '_' &&
			(!unicode.IsUpper(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]))
		switch {
		case letter == '_':
			text.WriteByte('-')
		case startsWord:
			text.WriteByte('-')
			fallthrough
		default:
			text.WriteRune(unicode.ToLower(letter))
		}
	}
	return text.String()
}

// words are the values of an enum as people type them, by their numbers: the part of the name that
// differs. The first value is left out where it only says that nothing was said.
func words(enum protoreflect.EnumDescriptor) []string {
	var all []string
	for i := range enum.Values().Len() {
		if value := enum.Values().Get(i); !strings.HasSuffix(string(value.Name()), "_UNSPECIFIED") {
			all = append(all, word(value))
		}
	}
	return all
}

func word(value protoreflect.EnumValueDescriptor) string {
	enum := value.Parent().(protoreflect.EnumDescriptor)
	prefix := strings.ToUpper(strings.ReplaceAll(kebab(enum.Name()), "-", "_")) + "_"
	for i := range enum.Values().Len() {
		if !strings.HasPrefix(string(enum.Values().Get(i).Name()), prefix) {
			prefix = ""
		}
	}
	return strings.ToLower(strings.ReplaceAll(strings.TrimPrefix(string(value.Name()), prefix), "_", "-"))
}
