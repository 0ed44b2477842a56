// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"
)

const (
	defaultProfile = "default"
	// largestToken bounds what is read where a token should be.
	largestToken = 64 << 10
)

// profile is how a server is reached, and as whom.
type profile struct {
	Address          string `yaml:"address,omitempty"`
	Namespace        string `yaml:"namespace,omitempty"`
	Token            string `yaml:"token,omitempty"`
	TokenFile        string `yaml:"token-file,omitempty"`
	TLS              *bool  `yaml:"tls,omitempty"` // unset: for all but loopback
	CA               string `yaml:"tls-ca,omitempty"`
	Certificate      string `yaml:"tls-cert,omitempty"`
	Key              string `yaml:"tls-key,omitempty"`
	TokenInPlaintext bool   `yaml:"token-in-plaintext,omitempty"`
}

// over is this profile where it says something, and the other one elsewhere.
func (p profile) over(other profile) profile {
	pick := func(mine, its string) string {
		if mine != "" {
			return mine
		}
		return its
	}
	merged := profile{
		Address:          pick(p.Address, other.Address),
		Namespace:        pick(p.Namespace, other.Namespace),
		Token:            p.Token,
		TokenFile:        p.TokenFile,
		TLS:              p.TLS,
		CA:               pick(p.CA, other.CA),
		Certificate:      pick(p.Certificate, other.Certificate),
		Key:              pick(p.Key, other.Key),
		TokenInPlaintext: p.TokenInPlaintext || other.TokenInPlaintext,
	}
	if merged.Token == "" && merged.TokenFile == "" {
		merged.Token, merged.TokenFile = other.Token, other.TokenFile
	}
	if merged.TLS == nil {
		merged.TLS = other.TLS
	}
	return merged
}

// configuration is the file with the profiles.
type configuration struct {
	Use      string             `yaml:"use,omitempty"`
	Profiles map[string]profile `yaml:"profiles,omitempty"`
}

// hasToken tells whether the file holds a secret.
func (c configuration) hasToken() bool {
	for _, one := range c.Profiles {
		if one.Token != "" {
			return true
		}
	}
	return false
}

// configurationFile is where the profiles are.
func (a *app) configurationFile() (string, error) {
	folder := a.env("XDG_CONFIG_HOME")
	if !filepath.IsAbs(folder) {
		home := a.env("HOME")
		if home == "" {
			return "", errors.New("neither XDG_CONFIG_HOME nor HOME says where profiles are")
		}
		folder = filepath.Join(home, ".config")
	}
	return filepath.Join(folder, "quoin", "config.yaml"), nil
}

func (a *app) readConfiguration() (configuration, error) {
	var read configuration
	name, err := a.configurationFile()
	if err != nil {
		return read, nil // there is none, then
	}
	content, err := os.ReadFile(name)
	if errors.Is(err, os.ErrNotExist) {
		return read, nil
	}
	if err != nil {
		return read, usage(err)
	}
	decoder := yaml.NewDecoder(strings.NewReader(string(content)))
	decoder.KnownFields(true)
	if err := decoder.Decode(&read); err != nil && err != io.EOF {
		return read, usage(fmt.Errorf("%s: %s", name, strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	if about, err := os.Stat(name); err == nil && read.hasToken() && about.Mode().Perm()&0o077 != 0 {
		return read, usage(fmt.Errorf("%s holds a token and can be read by others: chmod 600 %s", name, name))
	}
	return read, nil
}

// writeConfiguration writes the file as a whole, for its owner only.
func (a *app) writeConfiguration(c configuration) error {
	name, err := a.configurationFile()
	if err != nil {
		return usage(err)
	}
	content, err := yaml.Marshal(c)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return usage(err)
	}
	file, err := os.CreateTemp(filepath.Dir(name), "config-") // with mode 0600
	if err != nil {
		return usage(err)
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err == nil {
		err = os.Rename(file.Name(), name)
	}
	if err != nil {
		os.Remove(file.Name())
		return usage(err)
	}
	return nil
}

// chosen is the profile that a name, the environment or the file chooses, and its name.
func (a *app) chosen(c configuration, name string) (profile, string, error) {
	for _, one := range []string{name, a.env("QUOIN_PROFILE"), c.Use} {
		if one == "" {
			continue
		}
		found, ok := c.Profiles[one]
		if !ok {
			return profile{}, one, usage(fmt.Errorf("there is no profile %q: `quoin profile list` shows those there are", one))
		}
		return found, one, nil
	}
	return c.Profiles[defaultProfile], defaultProfile, nil
}

var profileName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$`)

func (a *app) profileCommand() *cobra.Command {
	group := &cobra.Command{
		Use:   "profile",
		Short: "Keep addresses, namespaces and tokens under names",
		Long: "Keeps how servers are reached under names, in quoin/config.yaml below $XDG_CONFIG_HOME (~/.config), readable by you only.\n\n" +
			"A flag goes before an environment variable (QUOIN_ADDRESS, QUOIN_NAMESPACE, QUOIN_TOKEN, QUOIN_TOKEN_FILE), and that before the profile. " +
			"The profile is the one --profile names, else QUOIN_PROFILE, else what `quoin profile use` chose, else the one called default.",
		Args: noArguments,
		RunE: needsCommand,
	}
	takesToken := false
	set := &cobra.Command{
		Use:   "set NAME",
		Short: "Write a profile, or change what flags say of it",
		Long: "Writes a profile, or changes of it what flags say: the address, the namespace, the file with the token, TLS.\n\n" +
			"  quoin profile set prod --address quoin.example:7400 --namespace shop --token-file ~/.quoin-token\n" +
			"  pass show quoin | quoin profile set prod --token-stdin\n\n" +
			"A flag with an empty value removes what the profile says.",
		Args: exactly("NAME"),
		RunE: func(command *cobra.Command, arguments []string) error {
			name := arguments[0]
			if !profileName.MatchString(name) {
				return usage(fmt.Errorf("%q cannot be the name of a profile: write letters, digits, dots, hyphens", name))
			}
			read, err := a.readConfiguration()
			if err != nil {
				return err
			}
			changed, err := a.changed(command, read.Profiles[name])
			if err != nil {
				return err
			}
			if takesToken {
				given, err := io.ReadAll(io.LimitReader(a.stdin, largestToken))
				if err != nil {
					return usage(err)
				}
				if changed.Token = strings.TrimSpace(string(given)); changed.Token == "" {
					return usage(errors.New("there is no token on the standard input"))
				}
				changed.TokenFile = ""
			}
			if read.Profiles == nil {
				read.Profiles = map[string]profile{}
			}
			read.Profiles[name] = changed
			return a.writeConfiguration(read)
		},
	}
	set.Flags().BoolVar(&takesToken, "token-stdin", false, "Keep the token that the standard input holds.")
	use := &cobra.Command{
		Use:   "use NAME",
		Short: "Choose the profile of calls that name none",
		Args:  exactly("NAME"),
		RunE: func(_ *cobra.Command, arguments []string) error {
			read, err := a.readConfiguration()
			if err != nil {
				return err
			}
			if _, _, err := a.chosen(read, arguments[0]); err != nil {
				return err
			}
			read.Use = arguments[0]
			return a.writeConfiguration(read)
		},
		ValidArgsFunction: a.completeProfiles,
	}
	remove := &cobra.Command{
		Use:   "delete NAME",
		Short: "Forget a profile",
		Args:  exactly("NAME"),
		RunE: func(_ *cobra.Command, arguments []string) error {
			read, err := a.readConfiguration()
			if err != nil {
				return err
			}
			if _, _, err := a.chosen(read, arguments[0]); err != nil {
				return err
			}
			delete(read.Profiles, arguments[0])
			if read.Use == arguments[0] {
				read.Use = ""
			}
			return a.writeConfiguration(read)
		},
		ValidArgsFunction: a.completeProfiles,
	}
	list := &cobra.Command{
		Use:   "list",
		Short: "List the profiles; * is the one in use",
		Args:  noArguments,
		RunE: func(*cobra.Command, []string) error {
			read, err := a.readConfiguration()
			if err != nil {
				return err
			}
			_, inUse, _ := a.chosen(read, a.flags.profile)
			fmt.Fprint(a.stdout, profileTable(read, inUse))
			return nil
		},
	}
	group.AddCommand(set, use, list, remove)
	return group
}

// changed is a profile with what the flags of a command say.
func (a *app) changed(command *cobra.Command, p profile) (profile, error) {
	given := func(name string) bool { return command.Flags().Changed(name) }
	f := a.flags
	for name, change := range map[string]func(){
		"address":            func() { p.Address = f.address },
		"namespace":          func() { p.Namespace = f.namespace },
		"token-file":         func() { p.TokenFile, p.Token = absolute(f.tokenFile), "" },
		"tls-ca":             func() { p.CA = absolute(f.ca) },
		"tls-cert":           func() { p.Certificate = absolute(f.certificate) },
		"tls-key":            func() { p.Key = absolute(f.key) },
		"token-in-plaintext": func() { p.TokenInPlaintext = f.tokenInPlaintext },
	} {
		if given(name) {
			change()
		}
	}
	if given("tls") || given("plaintext") {
		choice, err := f.transport()
		if err != nil {
			return p, err
		}
		p.TLS = choice
	}
	return p, nil
}

// absolute is a path that means the same from everywhere.
func absolute(path string) string {
	if path == "" {
		return ""
	}
	full, err := filepath.Abs(path)
	if err != nil {
		return path
	}
	return full
}

func profileTable(c configuration, inUse string) string {
	rows := [][]string{{"", "NAME", "ADDRESS", "NAMESPACE", "TOKEN", "TLS"}}
	for _, name := range slices.Sorted(maps.Keys(c.Profiles)) {
		one := c.Profiles[name]
		mark, token, tls := " ", "-", "-"
		if name == inUse {
			mark = "*"
		}
		switch {
		case one.Token != "":
			token = "kept"
		case one.TokenFile != "":
			token = one.TokenFile
		}
		if one.TLS != nil {
			tls = map[bool]string{true: "yes", false: "no"}[*one.TLS]
		}
		rows = append(rows, []string{mark, name, orDash(one.Address), orDash(one.Namespace), token, tls})
	}
	return alignedRows(rows)
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return plain(text)
}

// alignedRows shows rows of cells below each other.
func alignedRows(rows [][]string) string {
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	var text strings.Builder
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			line.WriteString(cell + strings.Repeat(" ", widths[i]-columns(cell)+2))
		}
		text.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
	return text.String()
}
