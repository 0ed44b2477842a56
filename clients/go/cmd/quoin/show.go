// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	heartbeatType = "quoin.streams.v1.Heartbeat"
	// widest is how many columns a cell takes on a terminal before it is cut.
	widest = 60
)

// shower prints answers.
type shower struct {
	out      io.Writer
	types    *dynamicpb.Types
	now      func() time.Time
	isJSON   bool
	isScreen bool // a terminal reads it
	isStyled bool // ANSI sequences are welcome
	isBrief  bool // times are short, as in lines
}

// answer prints the answer of a unary call.
func (s *shower) answer(message protoreflect.Message) error {
	if s.isJSON {
		return s.json(message)
	}
	_, err := io.WriteString(s.out, s.forPeople(message))
	return err
}

// event prints a message of a stream.
func (s *shower) event(message protoreflect.Message) error {
	if s.isJSON {
		return s.json(message)
	}
	var text strings.Builder
	for _, line := range s.lines(message) {
		text.WriteString(line + "\n")
	}
	_, err := io.WriteString(s.out, text.String())
	return err
}

// json prints a message as ProtoJSON, in one line that always looks the same. What could steer a
// terminal is escaped, which JSON allows everywhere within texts.
func (s *shower) json(message protoreflect.Message) error {
	encoded, err := protojson.MarshalOptions{Resolver: s.types}.Marshal(message.Interface())
	if err != nil {
		return err
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, encoded); err != nil {
		return err
	}
	var line strings.Builder
	for _, letter := range compact.String() {
		switch {
		case isPlain(letter):
			line.WriteRune(letter)
		case letter > 0xffff:
			high, low := (letter-0x10000)>>10+0xd800, (letter-0x10000)&0x3ff+0xdc00
			fmt.Fprintf(&line, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&line, `\u%04x`, letter)
		}
	}
	_, err = io.WriteString(s.out, line.String()+"\n")
	return err
}

// isPlain tells whether a letter only shows itself: no control characters, and nothing that reverses or
// hides what is around it.
func isPlain(letter rune) bool {
	switch letter {
	case '\u200c', '\u200d': // joiners, in scripts and emoji
		return true
	case utf8.RuneError:
		return true
	}
	return unicode.IsPrint(letter) || unicode.Is(unicode.Zs, letter)
}

// plain is a text that cannot steer a terminal.
func plain(text string) string {
	clean := utf8.ValidString(text)
	for _, letter := range text {
		clean = clean && isPlain(letter)
	}
	if clean {
		return text
	}
	var shown strings.Builder
	for i := 0; i < len(text); {
		letter, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case letter == utf8.RuneError && size == 1:
			fmt.Fprintf(&shown, `\x%02x`, text[i])
		case isPlain(letter):
			shown.WriteRune(letter)
		default:
			quoted := strconv.QuoteRune(letter)
			shown.WriteString(quoted[1 : len(quoted)-1])
		}
		i += size
	}
	return shown.String()
}

// pair is a value of a message with the names that lead to it.
type pair struct{ name, text string }

// pairs lists the values of a message that are set; those of messages within it, too, but not lists of
// messages, which follow as tables.
func (s *shower) pairs(message protoreflect.Message, prefix string, skip func(protoreflect.FieldDescriptor) bool) []pair {
	var all []pair
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		one := fields.Get(i)
		if !message.Has(one) || skip(one) {
			continue
		}
		name, value := prefix+string(one.Name()), message.Get(one)
		if one.Message() != nil && !one.IsMap() && !one.IsList() && !isWellKnown(one.Message()) {
			within := s.pairs(value.Message(), name+".", skip)
			if len(within) == 0 {
				within = []pair{{name, "{}"}}
			}
			all = append(all, within...)
			continue
		}
		all = append(all, pair{name, s.value(one, value)})
	}
	return all
}

// value shows the value of a field in one line.
func (s *shower) value(of protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch {
	case of.IsMap():
		var all []string
		value.Map().Range(func(key protoreflect.MapKey, one protoreflect.Value) bool {
			all = append(all, plain(key.String())+"="+s.single(of.MapValue(), one))
			return true
		})
		slices.Sort(all)
		return strings.Join(all, ", ")
	case of.IsList():
		var all []string
		for i := range value.List().Len() {
			all = append(all, s.single(of, value.List().Get(i)))
		}
		return strings.Join(all, ", ")
	default:
		return s.single(of, value)
	}
}

func (s *shower) single(of protoreflect.FieldDescriptor, value protoreflect.Value) string {
	switch of.Kind() {
	case protoreflect.StringKind:
		return plain(value.String())
	case protoreflect.BytesKind:
		if utf8.Valid(value.Bytes()) {
			return plain(string(value.Bytes()))
		}
		return encodeBytes(value.Bytes())
	case protoreflect.EnumKind:
		if known := of.Enum().Values().ByNumber(value.Enum()); known != nil {
			return word(known)
		}
		return strconv.Itoa(int(value.Enum()))
	case protoreflect.FloatKind:
		return strconv.FormatFloat(value.Float(), 'g', -1, 32)
	case protoreflect.DoubleKind:
		return strconv.FormatFloat(value.Float(), 'g', -1, 64)
	case protoreflect.MessageKind, protoreflect.GroupKind:
		return s.message(value.Message())
	default:
		return value.String()
	}
}

func (s *shower) message(message protoreflect.Message) string {
	fields := message.Descriptor().Fields()
	switch message.Descriptor().FullName() {
	case durationType:
		return showDuration(time.Duration(message.Get(fields.ByName("seconds")).Int())*time.Second +
			time.Duration(message.Get(fields.ByName("nanos")).Int()))
	case timestampType:
		moment := time.Unix(message.Get(fields.ByName("seconds")).Int(), message.Get(fields.ByName("nanos")).Int())
		if s.isBrief {
			return moment.Local().Format("2006-01-02T15:04:05")
		}
		return showTime(moment, s.now())
	}
	if isWellKnown(message.Descriptor()) {
		var text bytes.Buffer
		inner := shower{out: &text, types: s.types, isJSON: true}
		if inner.json(message) == nil {
			return strings.TrimSpace(text.String())
		}
	}
	var words []string
	for _, one := range s.pairs(message, "", nothing) {
		words = append(words, one.name+"="+quoted(one.text))
	}
	return "{" + strings.Join(words, " ") + "}"
}

func nothing(protoreflect.FieldDescriptor) bool { return false }

// showDuration is a duration without zeros at its end: 1h30m, 1.5s.
func showDuration(length time.Duration) string {
	if days := length / (24 * time.Hour); length%(24*time.Hour) == 0 && days != 0 {
		return strconv.FormatInt(int64(days), 10) + "d"
	}
	text := length.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// showTime is a moment in the local zone, and how far away that is.
func showTime(moment, now time.Time) string {
	return moment.Local().Format(time.DateTime) + " (" + age(moment, now) + ")"
}

func age(moment, now time.Time) string {
	away := moment.Sub(now)
	long := max(away, -away)
	var text string
	switch {
	case long < time.Second:
		return "now"
	case long < 2*time.Minute:
		text = strconv.Itoa(int(long/time.Second)) + " s"
	case long < 2*time.Hour:
		text = strconv.Itoa(int(long/time.Minute)) + " min"
	case long < 48*time.Hour:
		text = strconv.Itoa(int(long/time.Hour)) + " h"
	default:
		text = strconv.Itoa(int(long/(24*time.Hour))) + " days"
	}
	if away > 0 {
		return "in " + text
	}
	return text + " ago"
}

// forPeople shows an answer as values in two columns, and lists of messages as tables below.
func (s *shower) forPeople(message protoreflect.Message) string {
	var tables []protoreflect.FieldDescriptor
	isTable := func(one protoreflect.FieldDescriptor) bool {
		return one.IsList() && one.Message() != nil && !isWellKnown(one.Message())
	}
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		if one := fields.Get(i); isTable(one) && message.Has(one) {
			tables = append(tables, one)
		}
	}
	below := func(one protoreflect.FieldDescriptor) bool {
		return one.Name() == "next_page_token" || one.ContainingMessage() == message.Descriptor() && isTable(one)
	}
	var text strings.Builder
	if name, ok := onlyList(message.Descriptor()); ok && !isTable(name) && message.Has(name) {
		// A list of names, one in each line.
		list := message.Get(name).List()
		for i := range list.Len() {
			text.WriteString(s.single(name, list.Get(i)) + "\n")
		}
		return text.String()
	}
	pairs := s.pairs(message, "", below)
	longest := 0
	for _, one := range pairs {
		longest = max(longest, columns(one.name))
	}
	for _, one := range pairs {
		text.WriteString(s.bold(one.name) + strings.Repeat(" ", longest-columns(one.name)+2) + one.text + "\n")
	}
	for _, one := range tables {
		if len(pairs) > 0 || len(tables) > 1 {
			if text.Len() > 0 {
				text.WriteString("\n")
			}
			text.WriteString(s.bold(string(one.Name())) + "\n")
		}
		text.WriteString(s.table(one, message.Get(one).List()))
	}
	return text.String()
}

// onlyList is the list of a response that holds nothing else but where it goes on.
func onlyList(response protoreflect.MessageDescriptor) (protoreflect.FieldDescriptor, bool) {
	var found protoreflect.FieldDescriptor
	for i := range response.Fields().Len() {
		one := response.Fields().Get(i)
		switch {
		case one.IsList() && found == nil:
			found = one
		case one.Name() != "next_page_token":
			return nil, false
		}
	}
	return found, found != nil
}

// table shows messages one in a line, with the columns that any of them has.
func (s *shower) table(of protoreflect.FieldDescriptor, list protoreflect.List) string {
	var names []string
	rows := make([]map[string]string, list.Len())
	for i := range list.Len() {
		rows[i] = map[string]string{}
		after := 0
		for _, one := range s.pairs(list.Get(i).Message(), "", nothing) {
			rows[i][one.name] = one.text
			// A column that only later rows have stands where they have it.
			if at := slices.Index(names, one.name); at >= 0 {
				after = at + 1
			} else {
				names = slices.Insert(names, min(after, len(names)), one.name)
				after++
			}
		}
	}
	if len(names) == 0 {
		return strconv.Itoa(list.Len()) + " empty\n"
	}
	cells := make([][]string, list.Len()+1)
	leaf := func(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
	leaves := map[string]int{}
	for _, name := range names {
		leaves[leaf(name)]++
	}
	for _, name := range names {
		header := name
		if leaves[leaf(name)] == 1 {
			header = leaf(name)
		}
		cells[0] = append(cells[0], strings.ToUpper(header))
		for i := range rows {
			text, ok := rows[i][name]
			if !ok || text == "" {
				text = "-"
			}
			cells[i+1] = append(cells[i+1], s.cut(text))
		}
	}
	widths := make([]int, len(names))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	var text strings.Builder
	for at, row := range cells {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell)
			if i < len(row)-1 {
				line.WriteString(strings.Repeat(" ", widths[i]-columns(cell)+2))
			}
		}
		if at == 0 {
			text.WriteString(s.bold(line.String()) + "\n")
		} else {
			text.WriteString(line.String() + "\n")
		}
	}
	return text.String()
}

// cut shortens a cell on a terminal, which would break its line otherwise.
func (s *shower) cut(text string) string {
	if !s.isScreen || columns(text) <= widest {
		return text
	}
	var kept strings.Builder
	taken := 0
	for _, letter := range text {
		if taken += columns(string(letter)); taken >= widest {
			break
		}
		kept.WriteRune(letter)
	}
	return kept.String() + "…"
}

func (s *shower) bold(text string) string {
	if !s.isStyled {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

// columns is how many columns of a terminal a text takes.
func columns(text string) int {
	count := 0
	for _, letter := range text {
		switch {
		case unicode.In(letter, unicode.Mn, unicode.Me, unicode.Cf):
		case width.LookupRune(letter).Kind() == width.EastAsianWide, width.LookupRune(letter).Kind() == width.EastAsianFullwidth:
			count += 2
		default:
			count++
		}
	}
	return count
}

// lines show a message of a stream: what it is, and its values, in one line; what holds a list of messages
// takes a line for each of them. Heartbeats say nothing to people, and neither do cursors.
func (s *shower) lines(message protoreflect.Message) []string {
	brief := *s
	brief.isBrief = true
	words, values, below, hidden := brief.words(message)
	if len(below) == 0 {
		if hidden && len(values) == 0 {
			return nil
		}
		if len(words)+len(values) == 0 {
			return []string{"{}"}
		}
		return []string{strings.Join(append(words, values...), "  ")}
	}
	var all []string
	for _, one := range below {
		inner, more, _, _ := brief.words(one)
		if len(inner) == 0 {
			inner = words
		}
		all = append(all, strings.Join(slices.Concat(inner, values, more), "  "))
	}
	return all
}

// words are what happened by a message of a stream, its values, and the messages it lists.
func (s *shower) words(message protoreflect.Message) (words, values []string, below []protoreflect.Message, hidden bool) {
	skip := func(one protoreflect.FieldDescriptor) bool { return one.Name() == "cursor" }
	fields := message.Descriptor().Fields()
	for i := range fields.Len() {
		one := fields.Get(i)
		if !message.Has(one) || skip(one) {
			continue
		}
		value := message.Get(one)
		isMessage := one.Message() != nil && !one.IsMap() && !isWellKnown(one.Message())
		switch {
		case isMessage && one.Message().FullName() == heartbeatType:
			hidden = true
		case isMessage && one.IsList():
			for i := range value.List().Len() {
				below = append(below, value.List().Get(i).Message())
			}
		case isMessage && one.ContainingOneof() != nil && !one.HasOptionalKeyword():
			// What happened is the message that was chosen of several.
			inner, more, listed, _ := s.words(value.Message())
			words = append(words, kebab(one.Name()))
			words, values, below = append(words, inner...), append(values, more...), append(below, listed...)
		case isMessage:
			for _, within := range s.pairs(value.Message(), string(one.Name())+".", skip) {
				values = append(values, within.name+"="+quoted(within.text))
			}
		default:
			values = append(values, string(one.Name())+"="+quoted(s.value(one, value)))
		}
	}
	return words, values, below, hidden
}

// quoted puts a value in quotes that would not be told from what follows otherwise. It is plain already.
func quoted(text string) string {
	if text == "" || strings.ContainsAny(text, " \"=") {
		return `"` + strings.ReplaceAll(text, `"`, `\"`) + `"`
	}
	return text
}
