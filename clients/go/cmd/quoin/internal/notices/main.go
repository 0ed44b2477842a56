// SPDX-License-Identifier: Apache-2.0

// Command notices says what the terminal is made of, for its package: the licences of all modules that
// are linked into it, or a bill of materials (CycloneDX).
package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is a module whose packages are linked.
type module struct {
	Path, Version, Dir string
	texts              []string // of its licences
	licences           []string // their SPDX names
}

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "notices:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	switch {
	case len(arguments) == 1 && arguments[0] == "licences":
		for _, one := range modules {
			fmt.Printf("%s %s (%s)\n\n", one.Path, one.Version, strings.Join(one.licences, ", "))
			for _, text := range one.texts {
				fmt.Printf("%s\n\n", strings.TrimSpace(text))
			}
			fmt.Printf("%s\n\n", strings.Repeat("-", 80))
		}
		return nil
	case len(arguments) == 2 && arguments[0] == "sbom":
		return bill(modules, arguments[1])
	default:
		return errors.New("write licences, or sbom VERSION")
	}
}

// linked are the modules of all packages that the program is linked of, on any system it is built for, and
// Go itself.
func linked() ([]*module, error) {
	found := map[string]*module{}
	for _, system := range []string{"linux", "darwin"} {
		list := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Version}}\t{{.Dir}}{{end}}{{end}}", ".")
		list.Env = append(os.Environ(), "GOOS="+system, "CGO_ENABLED=0")
		list.Stderr = os.Stderr
		output, err := list.Output()
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(output)) {
			parts := strings.Split(strings.TrimSpace(line), "\t")
			if len(parts) != 3 {
				continue // a package of Go
			}
			one := &module{Path: parts[0], Version: parts[1], Dir: parts[2]}
			// Quoin's own client is under the licence of the package.
			if !strings.HasPrefix(one.Path, "github.com/quoin-dev/") {
				found[one.Path] = one
			}
		}
	}
	root, err := exec.Command("go", "env", "GOROOT", "GOVERSION").Output()
	if err != nil {
		return nil, err
	}
	folder, version, _ := strings.Cut(strings.TrimSpace(string(root)), "\n")
	found["std"] = &module{Path: "std", Version: version, Dir: folder}
	var modules []*module
	for _, one := range found {
		if err := one.read(); err != nil {
			return nil, err
		}
		modules = append(modules, one)
	}
	slices.SortFunc(modules, func(a, b *module) int { return cmp.Compare(a.Path, b.Path) })
	return modules, nil
}

var licenceFile = regexp.MustCompile(`(?i)^(licen[cs]e|notice|copying)(\.\w+)?$`)

// read finds the licences of a module.
func (m *module) read() error {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !licenceFile.MatchString(entry.Name()) || entry.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.Dir, entry.Name()))
		if err != nil {
			return err
		}
		m.texts = append(m.texts, string(text))
		for name, says := range map[string]string{
			"Apache-2.0": "Apache License", "MIT": "Permission is hereby granted, free of charge", "BSD-3-Clause": "Redistribution and use in source and binary forms",
		} {
			if strings.Contains(string(text), says) && !slices.Contains(m.licences, name) {
				m.licences = append(m.licences, name)
			}
		}
	}
	slices.Sort(m.licences)
	if len(m.licences) == 0 {
		return fmt.Errorf("%s names no licence that is known", m.Path)
	}
	return nil
}

func bill(modules []*module, version string) error {
	type object = map[string]any
	components := []object{}
	for _, one := range modules {
		licences := []object{}
		for _, name := range one.licences {
			licences = append(licences, object{"license": object{"id": name}})
		}
		url := "pkg:golang/" + one.Path + "@" + one.Version
		components = append(components, object{
			"type": "library", "bom-ref": url, "name": one.Path, "version": one.Version, "purl": url, "licenses": licences,
		})
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(object{
		"bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1, "components": components,
		"metadata": object{"component": object{"type": "application", "name": "quoin", "version": version}},
	})
}
