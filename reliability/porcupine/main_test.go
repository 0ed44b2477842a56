// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/anishathalye/porcupine"
)

func TestHistories(t *testing.T) {
	for name, test := range map[string]struct {
		history string
		want    bool
	}{
		"a read beside a write sees either": {
			`{"kind":"WRITE","called":1,"answered":10,"value":7}
			{"kind":"READ","called":2,"answered":3,"value":0}
			{"kind":"READ","called":4,"answered":5,"value":7}`, true},
		"a read does not go back": {
			`{"kind":"WRITE","called":1,"answered":10,"value":7}
			{"kind":"READ","called":2,"answered":3,"value":7}
			{"kind":"READ","called":4,"answered":5,"value":0}`, false},
		"a read is not stale": {
			`{"kind":"WRITE","called":1,"answered":2,"value":7}
			{"kind":"READ","called":3,"answered":4,"value":0}`, false},
		"what was not answered may have happened late": {
			`{"kind":"WRITE","called":1,"value":7}
			{"kind":"READ","called":2,"answered":3,"value":0}
			{"kind":"READ","called":50,"answered":60,"value":7}`, true},
		"what was not answered may never have happened": {
			`{"kind":"WRITE","called":1,"value":7}
			{"kind":"READ","called":50,"answered":60,"value":0}`, true},
		"of two that take the same only one can": {
			`{"kind":"COMPARE_AND_SET","called":1,"answered":5,"expected":0,"value":1}
			{"kind":"COMPARE_AND_SET","called":2,"answered":6,"expected":0,"value":2}`, false},
		"a compare-and-set that was not answered may have failed": {
			`{"kind":"COMPARE_AND_SET","called":1,"expected":0,"value":1}
			{"kind":"COMPARE_AND_SET","called":2,"answered":6,"expected":0,"value":2}
			{"kind":"READ","called":50,"answered":60,"value":2}`, true},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "register")
			lines := strings.ReplaceAll(test.history, "\t", "")
			if err := os.WriteFile(file, []byte(lines), 0o600); err != nil {
				t.Fatal(err)
			}
			history, err := read(file)
			if err != nil {
				t.Fatal(err)
			}
			if got := porcupine.CheckOperations(register, history); got != test.want {
				t.Errorf("linearizable: %v, not %v", got, test.want)
			}
		})
	}
}
