// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// help prints what a command does, and what it takes.
func (a *app) help(command *cobra.Command, _ []string) {
	fmt.Fprint(a.stdout, a.helpText(command))
}

func (a *app) helpText(command *cobra.Command) string {
	var text strings.Builder
	width := a.screenWidth()
	long := command.Long
	if long == "" {
		long = command.Short
	}
	if long != "" {
		text.WriteString(wrapped(long, "", width) + "\n\n")
	}
	path := command.CommandPath()
	switch {
	case command.HasAvailableSubCommands() && command.HasParent():
		path += " COMMAND"
	case command.HasAvailableSubCommands():
		path += " SERVICE RPC"
	default:
		path = command.Parent().CommandPath() + " " + command.Use
	}
	text.WriteString(a.title("Usage") + "  " + path + " [flags]\n")
	if len(command.Aliases) > 0 {
		text.WriteString("  also  " + strings.Join(command.Aliases, ", ") + "\n")
	}
	a.helpCommands(&text, command, width)

	var arguments, own []*pflag.Flag
	command.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if flag.Hidden || flag.Name == "help" || !command.HasParent() || command.Root().PersistentFlags().Lookup(flag.Name) != nil {
			return
		}
		if one, ok := flag.Value.(*field); ok && one.isArgument {
			arguments = append(arguments, flag)
			return
		}
		own = append(own, flag)
	})
	a.helpFlags(&text, "Arguments, each of which is also a flag", arguments, width, true)
	a.helpFlags(&text, "Flags", own, width, false)
	var everywhere []*pflag.Flag
	command.Root().PersistentFlags().VisitAll(func(flag *pflag.Flag) { everywhere = append(everywhere, flag) })
	if command.HasParent() {
		names := make([]string, len(everywhere))
		for i, flag := range everywhere {
			names[i] = "--" + flag.Name
		}
		text.WriteString("\n" + a.title("Flags of all commands") + wrapped(strings.Join(names, ", ")+"; see `quoin --help`.", "  ", width) + "\n")
	} else {
		a.helpFlags(&text, "Flags of all commands", everywhere, width, false)
		text.WriteString("\n" + exitHelp + "\n")
	}
	return text.String()
}

func (a *app) title(text string) string {
	if a.isStyled() {
		return "\x1b[1m" + text + "\x1b[0m\n"
	}
	return text + "\n"
}

// helpCommands lists the commands of a command in their groups.
func (a *app) helpCommands(text *strings.Builder, command *cobra.Command, width int) {
	groups := command.Groups()
	if len(groups) == 0 {
		groups = []*cobra.Group{{Title: "Commands"}}
	}
	longest := 0
	for _, one := range command.Commands() {
		if one.IsAvailableCommand() {
			longest = max(longest, len(one.Name()))
		}
	}
	for _, group := range groups {
		begun := false
		for _, one := range command.Commands() {
			if !one.IsAvailableCommand() || one.GroupID != group.ID || one.Name() == "help" {
				continue
			}
			if !begun {
				text.WriteString("\n" + a.title(group.Title))
				begun = true
			}
			indent := strings.Repeat(" ", longest+4)
			short := wrapped(one.Short, indent, width)
			fmt.Fprintf(text, "  %-*s  %s\n", longest, one.Name(), strings.TrimPrefix(short, indent))
		}
	}
}

func (a *app) helpFlags(text *strings.Builder, title string, flags []*pflag.Flag, width int, asArguments bool) {
	if len(flags) == 0 {
		return
	}
	slices.SortStableFunc(flags, func(first, second *pflag.Flag) int { return cmp.Compare(place(first), place(second)) })
	text.WriteString("\n" + a.title(title))
	for _, flag := range flags {
		name := "--" + flag.Name
		if flag.Shorthand != "" {
			name = "-" + flag.Shorthand + ", " + name
		}
		if asArguments {
			name = strings.ToUpper(flag.Name)
		}
		kind, usage := typeNames[flag.Name], flag.Usage
		if one, ok := flag.Value.(*field); ok {
			usage = one.contract.comment(one.leaf())
			kind = one.Type()
			if asArguments && kind == "TEXT" {
				kind = ""
			}
			if one.dotted != "" && one.dotted != flag.Name {
				name += ", --" + one.dotted
			}
			if one.isRequired && !asArguments {
				kind += " (required)"
			}
			if one.leaf().IsList() || one.leaf().IsMap() {
				kind += " ..."
			}
		}
		text.WriteString(wrapped(strings.TrimRight(name+"  "+kind, " "), "  ", max(width, 200)) + "\n")
		if usage != "" {
			text.WriteString(wrapped(usage, "      ", width) + "\n")
		}
	}
}

// place is where a flag is listed: those of the request in the order of the contract, then the others.
func place(flag *pflag.Flag) int {
	if one, ok := flag.Value.(*field); ok {
		return one.order
	}
	return math.MaxInt
}

// wrapped breaks the lines of paragraphs; lines that are indented, or in a list, stay as they are.
func wrapped(text, indent string, width int) string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(text), "\n\n") {
		if len(lines) > 0 {
			lines = append(lines, "")
		}
		line := ""
		flush := func() {
			if line != "" {
				lines = append(lines, indent+line)
				line = ""
			}
		}
		for _, raw := range strings.Split(paragraph, "\n") {
			if strings.HasPrefix(raw, " ") || strings.HasPrefix(raw, "* ") || strings.HasPrefix(raw, "- ") {
				flush()
				lines = append(lines, indent+raw)
				continue
			}
			for _, word := range strings.Fields(raw) {
				if line != "" && len(indent)+len(line)+1+len(word) > width {
					flush()
				}
				if line != "" {
					line += " "
				}
				line += word
			}
		}
		flush()
	}
	return strings.Join(lines, "\n")
}
