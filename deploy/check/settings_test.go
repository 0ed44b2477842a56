// SPDX-License-Identifier: Apache-2.0

package check

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// settings returns the names of all settings of the server, from the sample made of its code.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	names := map[string]bool{}
	for _, match := range regexp.MustCompile(`(?m)^#([a-z][a-z-]*): `).FindAllStringSubmatch(read(t, "../quoin.yaml"), -1) {
		names[match[1]] = true
	}
	if len(names) < 20 {
		t.Fatalf("only %d settings found in the sample", len(names))
	}
	return names
}

// isSetting tells whether an environment variable is one that the server or its launcher knows.
func isSetting(t *testing.T, variable string) bool {
	t.Helper()
	name := strings.ReplaceAll(strings.ToLower(strings.TrimPrefix(variable, "QUOIN_")), "_", "-")
	return variable == "QUOIN_JAVA_OPTS" || strings.HasPrefix(variable, "QUOIN_") && settings(t)[name]
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
