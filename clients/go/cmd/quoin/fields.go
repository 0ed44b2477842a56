// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/pflag"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// deepest is how far messages within messages have flags; what is deeper is written as JSON.
const deepest = 4

// field is a field of a request, or of a message within it, as an argument or a flag. It is the value
// of its flags.
type field struct {
	contract   *contract
	parser     *parser
	path       []protoreflect.FieldDescriptor
	order      int      // within the request
	name       string   // of the flag
	dotted     string   // the other name of the flag, "" if there is none
	isRequired bool     // at the top of the request
	isArgument bool     // can stand without the name of a flag
	given      []string // as typed
	values     []protoreflect.Value
	keys       []protoreflect.MapKey // of a map, one for each value
}

func (f *field) leaf() protoreflect.FieldDescriptor { return f.path[len(f.path)-1] }

func (f *field) isTop() bool { return len(f.path) == 1 }

// String is what is shown as the default of a flag: nothing.
func (f *field) String() string { return "" }

// Type names what a flag takes.
func (f *field) Type() string {
	leaf := f.leaf()
	if leaf.IsMap() {
		return "KEY=" + typeName(leaf.MapValue())
	}
	return typeName(leaf)
}

func typeName(leaf protoreflect.FieldDescriptor) string {
	switch leaf.Kind() {
	case protoreflect.BoolKind:
		return ""
	case protoreflect.StringKind:
		return "TEXT"
	case protoreflect.BytesKind:
		return "TEXT|@FILE"
	case protoreflect.EnumKind:
		return strings.Join(words(leaf.Enum()), "|")
	case protoreflect.MessageKind, protoreflect.GroupKind:
		switch leaf.Message().FullName() {
		case durationType:
			return "DURATION"
		case timestampType:
			return "TIME"
		}
		return "JSON"
	default:
		return "NUMBER"
	}
}

// Set takes what was typed, once for every element.
func (f *field) Set(text string) error {
	leaf := f.leaf()
	if !leaf.IsList() && !leaf.IsMap() && len(f.values) > 0 {
		return fmt.Errorf("it is given twice, %q and %q", f.given[0], text)
	}
	value, err := f.parse(text)
	if err != nil {
		return err
	}
	f.given = append(f.given, text)
	f.values = append(f.values, value)
	return nil
}

func (f *field) parse(text string) (protoreflect.Value, error) {
	leaf := f.leaf()
	if !leaf.IsMap() {
		return f.parser.scalar(leaf, text)
	}
	key, rest, ok := strings.Cut(text, "=")
	if !ok {
		return protoreflect.Value{}, fmt.Errorf("%q has no =: write KEY=VALUE", text)
	}
	parsed, err := f.parser.scalar(leaf.MapKey(), key)
	if err != nil {
		return protoreflect.Value{}, err
	}
	value, err := f.parser.scalar(leaf.MapValue(), rest)
	if err != nil {
		return protoreflect.Value{}, err
	}
	if slices.ContainsFunc(f.keys, func(known protoreflect.MapKey) bool { return known.Interface() == parsed.MapKey().Interface() }) {
		return protoreflect.Value{}, fmt.Errorf("the key %q is given twice", key)
	}
	f.keys = append(f.keys, parsed.MapKey())
	return value, nil
}

// apply writes what was typed into a request, in place of what was there.
func (f *field) apply(request protoreflect.Message) {
	for _, step := range f.path[:len(f.path)-1] {
		request = request.Mutable(step).Message()
	}
	leaf := f.leaf()
	request.Clear(leaf)
	switch {
	case leaf.IsMap():
		for i, value := range f.values {
			request.Mutable(leaf).Map().Set(f.keys[i], value)
		}
	case leaf.IsList():
		for _, value := range f.values {
			request.Mutable(leaf).List().Append(value)
		}
	default:
		request.Set(leaf, f.values[0])
	}
}

// holds tells whether what a field says is within what another one says.
func (f *field) holds(other *field) bool {
	return len(f.path) < len(other.path) && slices.Equal(f.path, other.path[:len(f.path)])
}

// fieldsOf lists the fields of a request, and of the messages within it, in their order, with the names
// of their flags.
func fieldsOf(c *contract, p *parser, request protoreflect.MessageDescriptor, isTaken func(string) bool) []*field {
	var all []*field
	var collect func(message protoreflect.MessageDescriptor, path []protoreflect.FieldDescriptor)
	collect = func(message protoreflect.MessageDescriptor, path []protoreflect.FieldDescriptor) {
		for i := range message.Fields().Len() {
			leaf := message.Fields().Get(i)
			one := &field{contract: c, parser: p, order: len(all), path: append(slices.Clone(path), leaf)}
			one.isRequired = one.isTop() && c.isRequired(leaf)
			all = append(all, one)
			if hasFlagsWithin(leaf, path) {
				collect(leaf.Message(), one.path)
			}
		}
	}
	collect(request, nil)
	nameFlags(all, isTaken)
	return all
}

// hasFlagsWithin tells whether the fields of a message have flags of their own.
func hasFlagsWithin(leaf protoreflect.FieldDescriptor, path []protoreflect.FieldDescriptor) bool {
	if leaf.Message() == nil || leaf.IsList() || leaf.IsMap() || len(path)+1 >= deepest || isWellKnown(leaf.Message()) {
		return false
	}
	for _, above := range append(slices.Clone(path), leaf) {
		if above.ContainingMessage().FullName() == leaf.Message().FullName() {
			return false
		}
	}
	return true
}

func isWellKnown(message protoreflect.MessageDescriptor) bool {
	return message.ParentFile().Package() == "google.protobuf"
}

// nameFlags gives every field its flag: its own name where that is unambiguous, and always that with
// those of the messages around it.
func nameFlags(all []*field, isTaken func(string) bool) {
	used := map[string]int{}
	top := map[string]bool{}
	for _, one := range all {
		used[kebab(one.leaf().Name())]++
		if one.isTop() {
			top[kebab(one.leaf().Name())] = true
		}
	}
	for _, one := range all {
		short := kebab(one.leaf().Name())
		var steps []string
		for _, step := range one.path {
			steps = append(steps, kebab(step.Name()))
		}
		dotted := strings.Join(steps, ".")
		if one.isTop() {
			if one.name = dotted; isTaken(dotted) {
				one.name = "request." + dotted
			}
			continue
		}
		one.dotted = dotted
		switch text, ok := textOf(one.leaf()); {
		case ok && used[text] == 0 && !isTaken(text):
			used[text]++
			one.name = text
		case used[short] == 1 && !top[short] && !isTaken(short):
			one.name = short
		default:
			one.name, one.dotted = dotted, ""
		}
	}
}

// textOf is the shorter name of a text beside bytes that say the same: payload and payload_text.
func textOf(leaf protoreflect.FieldDescriptor) (string, bool) {
	bare, ok := strings.CutSuffix(string(leaf.Name()), "_text")
	if !ok || leaf.Kind() != protoreflect.StringKind {
		return "", false
	}
	beside := leaf.ContainingMessage().Fields().ByName(protoreflect.Name(bare))
	return "text", beside != nil && beside.Kind() == protoreflect.BytesKind
}

// argumentsOf are the fields that can be given without the name of a flag: what a request must have, in
// its order, at the top and of one value; then what it must have several of, if there is one such.
// Who acts, switches and messages stay flags.
func argumentsOf(c *contract, all []*field) []*field {
	var arguments, several []*field
	for _, one := range all {
		leaf := one.leaf()
		if !one.isRequired || leaf.IsMap() || leaf.Kind() == protoreflect.BoolKind || c.namesCaller(leaf) ||
			leaf.Message() != nil && !isWellKnown(leaf.Message()) {
			continue
		}
		if leaf.IsList() {
			several = append(several, one)
		} else {
			arguments = append(arguments, one)
		}
	}
	if len(several) == 1 {
		arguments = append(arguments, several[0])
	}
	for _, one := range arguments {
		one.isArgument = true
	}
	return arguments
}

// takeArguments gives arguments to the fields they are for; those whose flag was given take none.
func takeArguments(arguments []*field, typed []string) error {
	var open []*field
	for _, one := range arguments {
		if len(one.values) == 0 {
			open = append(open, one)
		}
	}
	for len(typed) > 0 {
		if len(open) == 0 {
			return fmt.Errorf("%q is one argument too many", typed[0])
		}
		if err := open[0].Set(typed[0]); err != nil {
			return fmt.Errorf("%s: %w", strings.ToUpper(open[0].name), err)
		}
		typed = typed[1:]
		if !open[0].leaf().IsList() {
			open = open[1:]
		}
	}
	return nil
}

// missing are the fields that a request must have and that were not given.
func missing(all []*field, within protoreflect.Message) []string {
	var names []string
	for _, one := range all {
		if !one.isRequired || within.Has(one.leaf()) {
			continue
		}
		// What is zero on purpose is for the server to judge.
		if slices.ContainsFunc(all, func(other *field) bool {
			return len(other.values) > 0 && (other == one || one.holds(other))
		}) {
			continue
		}
		switch {
		case one.isArgument:
			names = append(names, strings.ToUpper(one.name))
		case one.leaf().Message() != nil && !isWellKnown(one.leaf().Message()):
			names = append(names, "--"+one.name+", or flags for what is in it")
		default:
			names = append(names, "--"+one.name)
		}
	}
	return names
}

// checkGiven refuses flags that exclude each other: several of one oneof, a message as a whole and
// fields of it.
func checkGiven(all []*field) error {
	var given []*field
	for _, one := range all {
		if len(one.values) > 0 {
			given = append(given, one)
		}
	}
	for i, one := range given {
		for _, other := range given[i+1:] {
			if one.holds(other) || other.holds(one) {
				return fmt.Errorf("--%s and --%s exclude each other: the one is a part of the other", one.name, other.name)
			}
			for step := range min(len(one.path), len(other.path)) {
				first, second := one.path[step], other.path[step]
				if first == second {
					continue
				}
				if choice := first.ContainingOneof(); choice != nil && choice == second.ContainingOneof() {
					return fmt.Errorf("--%s and --%s exclude each other: only one %s can be given", one.name, other.name, choice.Name())
				}
				break
			}
		}
	}
	return nil
}

// addFlags adds the flags of the fields, the second names of which are not shown.
func addFlags(flags *pflag.FlagSet, all []*field) {
	for _, one := range all {
		names := []string{one.name}
		if one.dotted != "" {
			names = append(names, one.dotted)
		}
		for i, name := range names {
			flag := flags.VarPF(one, name, "", sentence(one.contract.comment(one.leaf())))
			flag.Hidden = i > 0
			if one.leaf().Kind() == protoreflect.BoolKind && !one.leaf().IsList() {
				flag.NoOptDefVal = "true"
			}
		}
	}
}

// underscores lets flags be written as the contract writes fields.
func underscores(_ *pflag.FlagSet, name string) pflag.NormalizedName {
	return pflag.NormalizedName(strings.ReplaceAll(name, "_", "-"))
}

// buildRequest makes a request of what was typed, upon one that was given as JSON.
func buildRequest(request *dynamicpb.Message, all []*field) {
	for _, one := range all {
		if len(one.values) > 0 {
			one.apply(request)
		}
	}
}
