// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// moment is when tests of what is shown take place.
var moment = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// offline is a run of the program that calls nobody, with all commands.
func offline(t testing.TB) (*app, *cobra.Command) {
	t.Helper()
	a := &app{
		stdin: strings.NewReader(""), stdout: &bytes.Buffer{}, stderr: &bytes.Buffer{}, everything: true,
		env: func(string) string { return "" }, now: func() time.Time { return moment },
	}
	root, err := a.commands(t.Context(), []string{"profile"}) // which needs no server
	if err != nil {
		t.Fatal(err)
	}
	return a, root
}

// TestEveryRPCOfTheContractIsACommand walks the whole contract: every RPC is a command that can be found by
// its path, with help that has the comment of the RPC and of every field, and every field of a request,
// those of messages within it included, can be given.
func TestEveryRPCOfTheContractIsACommand(t *testing.T) {
	a, root := offline(t)
	count := 0
	for _, service := range a.contract.services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			count++
			path := []string{kebab(service.Name()), kebab(method.Name())}
			command, rest, err := root.Find(path)
			if err != nil || len(rest) > 0 || command.CommandPath() != "quoin "+strings.Join(path, " ") {
				t.Errorf("%s is not quoin %s", method.FullName(), strings.Join(path, " "))
				continue
			}
			if command.Short == "" || strings.HasSuffix(command.Short, ".") {
				t.Errorf("%s: %q says nothing in short", method.FullName(), command.Short)
			}
			help := a.helpText(command)
			flat := strings.Join(strings.Fields(help), " ")
			contains(t, flat, sentence(a.contract.comment(method)), "quoin "+strings.Join(path, " "))
			everyFieldCanBeGiven(t, a, method, command, flat)
		}
	}
	if count < 150 {
		t.Errorf("only %d RPCs were found", count)
	}
}

func everyFieldCanBeGiven(t *testing.T, a *app, method protoreflect.MethodDescriptor, command *cobra.Command, help string) {
	t.Helper()
	seen := map[string]bool{}
	for _, one := range fieldsOf(a.contract, nil, method.Input(), func(string) bool { return false }) {
		var steps []string
		for _, step := range one.path {
			steps = append(steps, kebab(step.Name()))
		}
		dotted := strings.Join(steps, ".")
		flag := command.Flags().Lookup(dotted)
		if given, ok := valueOf(flag); !ok || given.path[len(given.path)-1] != one.leaf() {
			flag = command.Flags().Lookup("request." + dotted) // a flag of all commands is called so
		}
		given, ok := valueOf(flag)
		if !ok {
			t.Errorf("%s: %s has no flag", method.FullName(), dotted)
			continue
		}
		if seen[given.name] {
			t.Errorf("%s: two fields have the flag --%s", method.FullName(), given.name)
		}
		seen[given.name] = true
		if !given.isArgument {
			contains(t, help, "--"+given.name)
		}
		if comment := a.contract.comment(one.leaf()); comment != "" && !isWellKnown(one.leaf().ContainingMessage()) {
			contains(t, help, strings.Fields(comment)[0])
		} else if strings.HasPrefix(string(one.leaf().FullName()), "quoin.") {
			t.Errorf("%s has no comment", one.leaf().FullName())
		}
		if err := flag.Value.Set(sample(one.leaf())); err != nil {
			t.Errorf("%s: --%s %s: %v", method.FullName(), given.name, sample(one.leaf()), err)
			continue
		}
		request := dynamicpb.NewMessage(method.Input())
		given.apply(request)
		within := protoreflect.Message(request)
		for _, step := range given.path[:len(given.path)-1] {
			within = within.Get(step).Message()
		}
		if !within.Has(given.leaf()) {
			t.Errorf("%s: --%s does nothing", method.FullName(), given.name)
		}
	}
}

// valueOf is the field that a flag gives.
func valueOf(flag *pflag.Flag) (*field, bool) {
	if flag == nil {
		return nil, false
	}
	one, ok := flag.Value.(*field)
	return one, ok
}

// sample is something that can be typed for a field, and is not its zero value.
func sample(of protoreflect.FieldDescriptor) string {
	if of.IsMap() {
		return "1=" + sample(of.MapValue())
	}
	switch of.Kind() {
	case protoreflect.BoolKind:
		return "true"
	case protoreflect.EnumKind:
		all := words(of.Enum())
		return all[len(all)-1]
	case protoreflect.MessageKind:
		switch of.Message().FullName() {
		case durationType:
			return "90s"
		case timestampType:
			return "in 5m"
		case "google.protobuf.ListValue":
			return "[]"
		}
		return "{}"
	default:
		return "7"
	}
}

// TestEveryAnswerCanBeShown fills every message of the contract with hostile values: whatever way it is
// shown, nothing in it can steer a terminal.
func TestEveryAnswerCanBeShown(t *testing.T) {
	a, _ := offline(t)
	for _, service := range a.contract.services {
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			for _, message := range hostile(method.Output(), 4) {
				for _, isJSON := range []bool{false, true} {
					var out bytes.Buffer
					s := &shower{out: &out, types: a.contract.types, now: a.now, isJSON: isJSON}
					if err := s.answer(message); err != nil {
						t.Fatalf("%s: %v", method.FullName(), err)
					}
					if err := s.event(message); err != nil {
						t.Fatalf("%s: %v", method.FullName(), err)
					}
					cannotSteer(t, string(method.FullName()), out.String())
				}
			}
		}
	}
}

func cannotSteer(t testing.TB, what, text string) {
	t.Helper()
	for _, letter := range text {
		if letter != '\n' && (unicode.IsControl(letter) || letter == '\u202e' || letter == '\u2066' || letter == '\ufeff') {
			t.Fatalf("%s: %U gets to the terminal in %q", what, letter, text)
		}
	}
}

// evil steers terminals: it clears the screen, in two encodings, rings, goes back, and turns text around.
const evil = "a\x1b[2J\u009b2J\a\r\b\x7f\u202eb\u2066\ufeff\nc\td"

// hostile are messages with all of their fields, one for each choice there is.
func hostile(of protoreflect.MessageDescriptor, depth int) []*dynamicpb.Message {
	choices := 1
	for i := range of.Oneofs().Len() {
		choices = max(choices, of.Oneofs().Get(i).Fields().Len())
	}
	var all []*dynamicpb.Message
	for choice := range choices {
		message := dynamicpb.NewMessage(of)
		for i := range of.Fields().Len() {
			one := of.Fields().Get(i)
			if within := one.ContainingOneof(); within != nil && within.Fields().Get(choice%within.Fields().Len()) != one {
				continue
			}
			if value, ok := hostileValue(one, depth); ok {
				message.Set(one, value)
			}
		}
		all = append(all, message)
	}
	return all
}

func hostileValue(of protoreflect.FieldDescriptor, depth int) (protoreflect.Value, bool) {
	holder := dynamicpb.NewMessage(of.ContainingMessage())
	switch {
	case of.IsMap():
		value, ok := hostileSingle(of.MapValue(), depth)
		if !ok {
			return value, false
		}
		key, _ := hostileSingle(of.MapKey(), depth)
		filled := holder.Mutable(of)
		filled.Map().Set(key.MapKey(), value)
		return filled, true
	case of.IsList():
		value, ok := hostileSingle(of, depth)
		if !ok {
			return value, false
		}
		filled := holder.Mutable(of)
		filled.List().Append(value)
		filled.List().Append(value)
		return filled, true
	default:
		return hostileSingle(of, depth)
	}
}

func hostileSingle(of protoreflect.FieldDescriptor, depth int) (protoreflect.Value, bool) {
	switch of.Kind() {
	case protoreflect.BoolKind:
		return protoreflect.ValueOfBool(true), true
	case protoreflect.EnumKind:
		return protoreflect.ValueOfEnum(99), true
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(evil), true
	case protoreflect.BytesKind:
		return protoreflect.ValueOfBytes([]byte(evil)), true
	case protoreflect.DoubleKind:
		return protoreflect.ValueOfFloat64(1e300), true
	case protoreflect.FloatKind:
		return protoreflect.ValueOfFloat32(1.5), true
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		return protoreflect.ValueOfInt32(-7), true
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		return protoreflect.ValueOfUint32(7), true
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		return protoreflect.ValueOfUint64(1 << 63), true
	case protoreflect.MessageKind:
		if of.Message().FullName() == "google.protobuf.Any" {
			return protoreflect.Value{}, false
		}
		if isWellKnown(of.Message()) {
			return hostileWellKnown(of.Message())
		}
		if depth == 0 {
			return protoreflect.Value{}, false
		}
		return protoreflect.ValueOfMessage(hostile(of.Message(), depth-1)[0]), true
	default:
		return protoreflect.ValueOfInt64(-1 << 62), true
	}
}

func hostileWellKnown(of protoreflect.MessageDescriptor) (protoreflect.Value, bool) {
	message := dynamicpb.NewMessage(of)
	if seconds := of.Fields().ByName("seconds"); seconds != nil {
		message.Set(seconds, protoreflect.ValueOfInt64(1_000_000))
	}
	if text := of.Fields().ByName("string_value"); text != nil {
		message.Set(text, protoreflect.ValueOfString(evil))
	}
	return protoreflect.ValueOfMessage(message), true
}

// TestWhatIsTheServersIsKnownInAllPlaces compares the commands of the server's program with those that the
// launcher gives to it, and with those that are shown here.
func TestWhatIsTheServersIsKnownInAllPlaces(t *testing.T) {
	var shown []string
	for _, one := range serverCommands {
		shown = append(shown, one.name)
	}
	read := func(name string) string {
		content, err := os.ReadFile("../../../../" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	var served []string
	for _, found := range regexp.MustCompile(`addSubcommand\(\s*"(\w+)"`).FindAllStringSubmatch(read("server/src/main/java/dev/quoin/server/Main.java"), -1) {
		served = append(served, found[1])
	}
	equal(t, "the program", strings.Join(served, " | "), strings.Join(shown, " | "))
	contains(t, read("deploy/bin/quoin"), "\n  "+strings.Join(shown, " | ")+") ;;\n")
}

// TestTheCarriedContractIsThatOfTheServer compares what the program carries with what the server says.
func TestTheCarriedContractIsThatOfTheServer(t *testing.T) {
	carried, err := readContract(carriedContract)
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, service := range carried.services {
		names[string(service.FullName())] = true
	}
	terminal := online(t)
	terminal.ok("errors", "list-reasons")
	cache := contractCache{folder: terminal.home + "/.cache/quoin", now: time.Now}
	encoded, known := cache.load(address(t))
	if !known {
		t.Fatal("what the server says is not kept")
	}
	served, err := readContract(encoded)
	if err != nil {
		t.Fatal(err)
	}
	for _, service := range served.services {
		if !strings.HasPrefix(string(service.FullName()), "quoin.") {
			continue
		}
		if !names[string(service.FullName())] {
			t.Errorf("%s is not carried: make generate", service.FullName())
			continue
		}
		mine, _ := carried.files.FindDescriptorByName(service.FullName())
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			other := mine.(protoreflect.ServiceDescriptor).Methods().ByName(method.Name())
			if other == nil || fmt.Sprint(shape(method.Input())) != fmt.Sprint(shape(other.Input())) {
				t.Errorf("%s is another one than what is carried: make generate", method.FullName())
			}
		}
	}
}

// shape is what fields a message has.
func shape(of protoreflect.MessageDescriptor) []string {
	var all []string
	for i := range of.Fields().Len() {
		one := of.Fields().Get(i)
		all = append(all, fmt.Sprint(one.Number(), one.Name(), one.Kind(), one.Cardinality()))
	}
	return all
}
