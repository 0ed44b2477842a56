// SPDX-License-Identifier: Apache-2.0

package quoin_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// match compares what came, as JSON has it, with what a case says must be so.
func (c *conformance) match(path string, expected, actual any) {
	c.t.Helper()
	switch expected := expected.(type) {
	case map[string]any:
		message, ok := actual.(map[string]any)
		if !ok && len(expected) > 0 || actual == nil {
			c.fail("%s is not set", path)
		}
		for key, value := range expected {
			c.matchField(path+"."+key, value, message, key)
		}
	case []any:
		list, _ := actual.([]any)
		if len(list) != len(expected) {
			c.fail("%s has %d elements, not %d: %v", path, len(list), len(expected), list)
		}
		for i, value := range expected {
			c.match(fmt.Sprintf("%s[%d]", path, i), value, list[i])
		}
	case string:
		c.matchText(path, expected, actual)
	case nil:
	default:
		if !sameNumber(expected, actual) && !reflect.DeepEqual(expected, actual) {
			c.fail("%s is %v, not %v", path, actual, expected)
		}
	}
}

// matchField also knows null, which is a message field that is not set.
func (c *conformance) matchField(path string, expected any, message map[string]any, key string) {
	c.t.Helper()
	actual, set := message[key]
	if expected == nil && set {
		c.fail("%s is set: %v", path, actual)
	}
	if expected != nil {
		c.match(path, expected, actual)
	}
}

func (c *conformance) matchText(path, expected string, actual any) {
	c.t.Helper()
	text := fmt.Sprint(actual)
	switch {
	case expected == "$any":
		if actual == nil || slices.Contains([]string{"", "0", "false"}, text) {
			c.fail("%s is %v", path, actual)
		}
	case strings.HasPrefix(expected, "$"):
		if known, ok := c.known[expected]; ok && known != actual {
			c.fail("%s is %v, not %s = %v", path, actual, expected, known)
		}
		c.known[expected] = actual
	case strings.HasPrefix(expected, ">$"):
		bound := number(c.known[expected[1:]])
		if got := number(actual); !(got > bound) {
			c.fail("%s is %d, not greater than %d", path, got, bound)
		}
	case actual != expected:
		c.fail("%s is %v, not %q", path, actual, expected)
	}
}

func sameNumber(expected, actual any) bool {
	got, ok := actual.(json.Number)
	want, err := strconv.ParseFloat(fmt.Sprint(expected), 64)
	float, errGot := got.Float64()
	return ok && err == nil && errGot == nil && float == want
}

func number(value any) int64 {
	parsed, _ := strconv.ParseInt(fmt.Sprint(value), 10, 64)
	return parsed
}
