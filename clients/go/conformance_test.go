// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	quoin "github.com/quoin-dev/quoin/clients/go"
	errorsv1 "github.com/quoin-dev/quoin/clients/go/errors/v1"
	"go.yaml.in/yaml/v3"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/protobuf/proto"
)

// TestConformance carries out the cases that every client must pass; the README beside them says
// what they mean.
func TestConformance(t *testing.T) {
	files, err := filepath.Glob("../conformance/*.yaml")
	must(t, err)
	if len(files) == 0 {
		t.Fatal("there are no cases")
	}
	for _, path := range files {
		var file struct {
			Feature, Service string
			Cases            []struct {
				Name, Server, Token string
				Steps               []map[string]any
			}
		}
		must(t, yaml.Unmarshal(value[[]byte](t)(os.ReadFile(path)), &file))
		for _, one := range file.Cases {
			t.Run(file.Feature+": "+one.Name, func(t *testing.T) {
				t.Parallel()
				options := []quoin.Option{quoin.WithNamespace(freshName())}
				if one.Token != "" {
					options = append(options, quoin.WithToken(one.Token))
				}
				where := address(t)
				if one.Server == "guarded" {
					where = guarded.at(t)
				}
				run := &conformance{
					t: t, where: filepath.Base(path) + " in Go", client: dial(t, where, options...),
					service: file.Service, known: map[string]any{}, named: map[string]*openCall{},
				}
				for i, step := range one.Steps {
					run.step = i + 1
					times, repeated := step["times"].(int)
					if !repeated {
						run.carryOut(step)
					}
					for turn := range times {
						run.carryOut(turned(step, turn+1).(map[string]any))
					}
				}
			})
		}
	}
}

// conformance carries out the steps of one case.
type conformance struct {
	t       *testing.T
	where   string
	step    int
	client  *quoin.Client
	service string
	known   map[string]any
	named   map[string]*openCall
}

func (c *conformance) carryOut(step map[string]any) {
	c.t.Helper()
	if end, ok := step["end"].(string); ok {
		c.named[end].cancel()
		return
	}
	call := c.named[fmt.Sprint(step["from"])]
	if step["from"] == nil {
		call = c.open(step["call"].(string), c.filledIn(step["with"]), step["as"] != nil)
	} else if step["with"] != nil {
		c.send(call, c.filledIn(step["with"]))
	}
	if name, ok := step["as"].(string); ok {
		c.named[name] = call
	}
	expected, receives := step["receives"].([]any)
	for i, one := range expected {
		_, wanted := one.(map[string]any)["heartbeat"]
		message := c.next(call)
		for _, beat := message["heartbeat"]; beat && !wanted; _, beat = message["heartbeat"] {
			message = c.next(call)
		}
		c.match(fmt.Sprintf("receives[%d]", i), one, message)
	}
	switch {
	case step["fails"] != nil:
		c.refused(step, c.ended(call))
	case step["then"] != nil || step["as"] == nil && !receives && call.unary:
		c.match("then", step["then"], c.next(call))
	}
	if step["ends"] == true {
		if err := c.ended(call); err != nil {
			c.fail("the stream fails: %v", err)
		}
	}
}

// turned is a part of a step as it is in one of its turns.
func turned(part any, turn int) any {
	switch part := part.(type) {
	case map[string]any:
		turns := map[string]any{}
		for key, value := range part {
			turns[key] = turned(value, turn)
		}
		return turns
	case []any:
		turns := make([]any, len(part))
		for i, value := range part {
			turns[i] = turned(value, turn)
		}
		return turns
	case string:
		return strings.ReplaceAll(part, "#", strconv.Itoa(turn))
	}
	return part
}

// filledIn is a request with variables replaced by their values.
func (c *conformance) filledIn(part any) any {
	switch part := part.(type) {
	case map[string]any:
		filled := map[string]any{}
		for key, value := range part {
			filled[key] = c.filledIn(value)
		}
		return filled
	case []any:
		filled := make([]any, len(part))
		for i, value := range part {
			filled[i] = c.filledIn(value)
		}
		return filled
	case string:
		if strings.HasPrefix(part, "$") {
			return c.known[part]
		}
	case nil:
		return map[string]any{}
	}
	return part
}

func (c *conformance) refused(step map[string]any, err error) {
	c.t.Helper()
	name := step["fails"].(string)
	var refusal *quoin.Error
	if !errors.Is(err, quoin.Reason(name)) || !errors.As(err, &refusal) {
		c.fail("fails with %v, not %s", err, name)
	}
	reason := errorsv1.ErrorReason(errorsv1.ErrorReason_value["ERROR_REASON_"+name])
	options := reason.Descriptor().Values().ByNumber(reason.Number()).Options()
	if want := proto.GetExtension(options, errorsv1.E_Code).(code.Code); int(refusal.Code) != int(want) {
		c.fail("the code is %s, not %s", refusal.Code, want)
	}
	if fields, ok := step["fields"].([]any); ok {
		var got, want []string
		for _, violation := range refusal.Violations {
			got = append(got, violation.Field)
		}
		for _, field := range fields {
			want = append(want, field.(string))
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			c.fail("the fields are %v, not %v", got, want)
		}
	}
}

func (c *conformance) fail(format string, arguments ...any) {
	c.t.Helper()
	c.t.Fatalf("%s, step %d: %s", c.where, c.step, fmt.Sprintf(format, arguments...))
}
