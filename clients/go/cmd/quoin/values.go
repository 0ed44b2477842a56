// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	durationType  = "google.protobuf.Duration"
	timestampType = "google.protobuf.Timestamp"
	valueType     = "google.protobuf.Value"
	// No server takes a request as large as that.
	largestInput = 64 << 20
)

func matchesEmpty(pattern string) bool {
	compiled, err := regexp.Compile(pattern)
	return err != nil || compiled.MatchString("")
}

// parser makes values of the contract of what people type.
type parser struct {
	types *dynamicpb.Types
	now   func() time.Time
	stdin io.Reader
	read  bool // whether the standard input was taken already
}

// scalar reads one value of a field: one element of a repeated one.
func (p *parser) scalar(field protoreflect.FieldDescriptor, text string) (protoreflect.Value, error) {
	none := protoreflect.Value{}
	whole := func(bits int) (int64, error) {
		number, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, bits)
		if errors.Is(err, strconv.ErrRange) {
			return 0, fmt.Errorf("%s is out of range", text)
		}
		if err != nil {
			return 0, fmt.Errorf("%q is no whole number", text)
		}
		return number, nil
	}
	natural := func(bits int) (uint64, error) {
		number, err := strconv.ParseUint(strings.ReplaceAll(text, ",", ""), 10, bits)
		if err != nil {
			return 0, fmt.Errorf("%q is no whole number from 0 on", text)
		}
		return number, nil
	}
	switch field.Kind() {
	case protoreflect.BoolKind:
		switch strings.ToLower(text) {
		case "true", "yes", "on":
			return protoreflect.ValueOfBool(true), nil
		case "false", "no", "off":
			return protoreflect.ValueOfBool(false), nil
		}
		return none, fmt.Errorf("%q is neither true nor false", text)
	case protoreflect.Int32Kind, protoreflect.Sint32Kind, protoreflect.Sfixed32Kind:
		number, err := whole(32)
		return protoreflect.ValueOfInt32(int32(number)), err
	case protoreflect.Int64Kind, protoreflect.Sint64Kind, protoreflect.Sfixed64Kind:
		number, err := whole(64)
		return protoreflect.ValueOfInt64(number), err
	case protoreflect.Uint32Kind, protoreflect.Fixed32Kind:
		number, err := natural(32)
		return protoreflect.ValueOfUint32(uint32(number)), err
	case protoreflect.Uint64Kind, protoreflect.Fixed64Kind:
		number, err := natural(64)
		return protoreflect.ValueOfUint64(number), err
	case protoreflect.FloatKind, protoreflect.DoubleKind:
		number, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return none, fmt.Errorf("%q is no number", text)
		}
		if field.Kind() == protoreflect.FloatKind {
			return protoreflect.ValueOfFloat32(float32(number)), nil
		}
		return protoreflect.ValueOfFloat64(number), nil
	case protoreflect.StringKind:
		return protoreflect.ValueOfString(text), nil
	case protoreflect.BytesKind:
		content, err := p.bytes(text)
		return protoreflect.ValueOfBytes(content), err
	case protoreflect.EnumKind:
		number, err := enumNumber(field.Enum(), text)
		return protoreflect.ValueOfEnum(number), err
	}
	return p.message(field, text)
}

func enumNumber(enum protoreflect.EnumDescriptor, text string) (protoreflect.EnumNumber, error) {
	wanted := strings.ReplaceAll(strings.ToLower(text), "_", "-")
	for i := range enum.Values().Len() {
		value := enum.Values().Get(i)
		full := strings.ReplaceAll(strings.ToLower(string(value.Name())), "_", "-")
		if wanted == word(value) || wanted == full {
			return value.Number(), nil
		}
	}
	return 0, fmt.Errorf("%q is none of %s", text, strings.Join(words(enum), ", "))
}

// bytes are a text, or what a file holds, or the standard input.
func (p *parser) bytes(text string) ([]byte, error) {
	switch {
	case !strings.HasPrefix(text, "@"):
		return []byte(text), nil
	case strings.HasPrefix(text, "@@"):
		return []byte(text[1:]), nil
	case text == "@-":
		return p.input()
	default:
		file, err := os.Open(text[1:])
		if err != nil {
			return nil, err
		}
		defer file.Close()
		return readWhole(file)
	}
}

// readWhole reads all there is, unless that is more than any server takes: a device never ends.
func readWhole(from io.Reader) ([]byte, error) {
	content, err := io.ReadAll(io.LimitReader(from, largestInput+1))
	if err == nil && len(content) > largestInput {
		return nil, fmt.Errorf("there is more than %d MiB to read", largestInput>>20)
	}
	return content, err
}

func (p *parser) input() ([]byte, error) {
	if p.read {
		return nil, errors.New("the standard input is read already")
	}
	p.read = true
	return readWhole(p.stdin)
}

func (p *parser) message(field protoreflect.FieldDescriptor, text string) (protoreflect.Value, error) {
	message := dynamicpb.NewMessage(field.Message())
	set := func(seconds, nanos int64) {
		fields := field.Message().Fields()
		message.Set(fields.ByName("seconds"), protoreflect.ValueOfInt64(seconds))
		message.Set(fields.ByName("nanos"), protoreflect.ValueOfInt32(int32(nanos)))
	}
	switch field.Message().FullName() {
	case durationType:
		length, err := parseDuration(text)
		if err != nil {
			return protoreflect.Value{}, err
		}
		set(int64(length/time.Second), int64(length%time.Second))
	case timestampType:
		moment, err := parseTime(text, p.now())
		if err != nil {
			return protoreflect.Value{}, err
		}
		set(moment.Unix(), int64(moment.Nanosecond()))
	default:
		if err := p.json(message, text); err != nil {
			if field.Message().FullName() != valueType {
				return protoreflect.Value{}, err
			}
			// What is no JSON is a text.
			message.Set(field.Message().Fields().ByName("string_value"), protoreflect.ValueOfString(text))
		}
	}
	return protoreflect.ValueOfMessage(message), nil
}

// json reads JSON, that of a file or of the standard input if the text says so.
func (p *parser) json(into *dynamicpb.Message, text string) error {
	encoded := []byte(text)
	if strings.HasPrefix(text, "@") {
		var err error
		if encoded, err = p.bytes(text); err != nil {
			return err
		}
	}
	if err := (protojson.UnmarshalOptions{Resolver: p.types}).Unmarshal(encoded, into); err != nil {
		return fmt.Errorf("it is no JSON of a %s: %s", into.Descriptor().Name(), plainJSONError(err))
	}
	return nil
}

// plainJSONError is what protojson says without its name.
func plainJSONError(err error) string {
	text := strings.ReplaceAll(err.Error(), "\u00a0", " ")
	return strings.TrimSpace(strings.TrimPrefix(text, "proto:"))
}

var dayPart = regexp.MustCompile(`^(-?)(?:(\d+(?:\.\d+)?)d)?(.*)$`)

// parseDuration reads 30s, 500ms, 1h30m and 7d.
func parseDuration(text string) (time.Duration, error) {
	wrong := fmt.Errorf("%q is no duration: write 500ms, 30s, 5m, 2h or 7d", text)
	compact := strings.ReplaceAll(text, " ", "")
	parts := dayPart.FindStringSubmatch(compact)
	if compact == "" || parts == nil {
		return 0, wrong
	}
	if compact == "0" {
		return 0, nil
	}
	var length time.Duration
	if parts[2] != "" {
		days, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || days > math.MaxInt64/float64(24*time.Hour) {
			return 0, wrong
		}
		length = time.Duration(days * float64(24*time.Hour))
	}
	if parts[3] != "" {
		if strings.ContainsAny(parts[3][:1], "+-") {
			return 0, wrong
		}
		rest, err := time.ParseDuration(parts[3])
		if err != nil || length+rest < 0 {
			return 0, wrong
		}
		length += rest
	}
	if parts[2] == "" && parts[3] == "" {
		return 0, wrong
	}
	if parts[1] != "" {
		length = -length
	}
	return length, nil
}

// parseTime reads a moment: RFC 3339, "in 5m", "5m ago", now, or a date or time of the local zone.
func parseTime(text string, now time.Time) (time.Time, error) {
	trimmed := strings.TrimSpace(text)
	if trimmed == "now" {
		return now, nil
	}
	if length, ok := strings.CutPrefix(trimmed, "in "); ok {
		if after, err := parseDuration(length); err == nil {
			return now.Add(after), nil
		}
	}
	if length, ok := strings.CutSuffix(trimmed, " ago"); ok {
		if before, err := parseDuration(length); err == nil {
			return now.Add(-before), nil
		}
	}
	if moment, err := time.Parse(time.RFC3339Nano, trimmed); err == nil {
		return moment, nil
	}
	for _, layout := range []string{time.DateTime, "2006-01-02T15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if moment, err := time.ParseInLocation(layout, trimmed, time.Local); err == nil {
			return moment, nil
		}
	}
	return time.Time{}, fmt.Errorf(`%q is no time: write 2026-01-31T12:00:00Z, "2026-01-31 12:00", "in 5m" or "5m ago"`, text)
}

// encodeBytes shows bytes that are no text.
func encodeBytes(content []byte) string {
	return "base64:" + base64.StdEncoding.EncodeToString(content)
}
