// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

// serverCommands are those of the server, which the launcher of its package brings.
var serverCommands = []struct{ name, about string }{
	{"serve", "Start a server"},
	{"doctor", "Look at Redis and the settings of a server, and say what is wrong"},
	{"token", "Make tokens for callers"},
	{"policy", "Test what a policy allows"},
}

// launcherVariable is where the launcher says where it is.
const launcherVariable = "QUOIN_LAUNCHER"

const about = `Uses a server of Quoin: quoin SERVICE RPC ARGUMENTS.

Everything that a server can be asked is a command: its services, their RPCs, and for each field of a request an argument or a flag. What a request must have are arguments, in the order of the contract; who acts, switches and messages are flags, and so is everything else.

  quoin locks acquire report --lease 60s
  quoin queues enqueue mail --kind hello --text hi
  quoin chat subscribe --user ann
  quoin call quoin.locks.v1.Locks/Acquire '{"name": "report"}'

A field of a message within the request has the flag --task.kind, or --kind where no other field is called so. A list is given by repeating the flag, a map as KEY=VALUE, what is longer as JSON. Durations are written 500ms, 30s, 2h, 7d; times as 2026-01-31T12:00:00Z, "2026-01-31 12:00", "in 5m" or "5m ago"; bytes as text, @FILE or @- for the standard input. Before an argument that begins with a hyphen write --.

RPCs that take a stream of requests read them from the standard input, as JSON, one a line.`

// commands makes the commands. Flags are made only for the services that the arguments name.
func (a *app) commands(ctx context.Context, arguments []string) (*cobra.Command, error) {
	cobra.EnableCommandSorting = false
	root := &cobra.Command{
		Use: "quoin", Short: "Use a server of Quoin", Long: about, Version: version,
		SilenceErrors: true, SilenceUsage: true, Args: cobra.ArbitraryArgs, RunE: needsCommand,
	}
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("quoin {{.Version}}\n")
	root.SetHelpFunc(a.help)
	root.SetFlagErrorFunc(flagError)
	a.flags = flags{}
	a.flags.add(root.PersistentFlags())
	root.SetGlobalNormalizationFunc(underscores)
	complete(root, "profile", a.completeProfiles)
	complete(root, "namespace", a.completeNamespaces)

	root.AddGroup(&cobra.Group{ID: "services", Title: "Services"}, &cobra.Group{ID: "others", Title: "Services of other packages"}, &cobra.Group{ID: "own", Title: "Other commands"})
	if launcher := a.env(launcherVariable); launcher != "" {
		root.AddGroup(&cobra.Group{ID: "server", Title: "The server"})
	}
	own := []*cobra.Command{a.callCommand(), a.profileCommand(), a.completionCommand()}
	for _, one := range own {
		one.GroupID = "own"
	}
	for _, one := range serverCommands {
		own = append(own, a.serverCommand(one.name, one.about))
	}
	if err := a.learn(ctx, root, arguments); err != nil {
		return nil, err
	}
	root.AddCommand(a.serviceCommands(root, own, arguments)...)
	root.AddCommand(own...)
	return root, nil
}

// learn finds out what can be asked, of the server that the arguments choose.
func (a *app) learn(ctx context.Context, root *cobra.Command, arguments []string) error {
	early := pflag.NewFlagSet("", pflag.ContinueOnError)
	early.ParseErrorsAllowlist.UnknownFlags = true
	early.SetNormalizeFunc(underscores)
	early.Usage = func() {}
	chosen := a.flags
	chosen.add(early)
	early.BoolP("help", "h", false, "")
	early.Parse(arguments) // what is wrong with them is said later
	a.cached = false
	address := ""
	needs := needsContract(root, early.Args())
	a.flags = chosen
	if needs {
		if t, err := a.target(); err == nil {
			address = t.Address
			_, a.cached = a.cache().load(address)
		}
	}
	var err error
	dial := func() (grpc.ClientConnInterface, error) {
		client, err := a.client()
		if err != nil {
			return nil, err
		}
		return client.Conn(), nil
	}
	if address == "" {
		a.contract, err = readContract(carriedContract)
	} else {
		a.contract, err = loadContract(ctx, a.cache(), address, dial)
	}
	a.flags = flags{}
	return err
}

// needsContract tells whether a command is about what the server serves.
func needsContract(root *cobra.Command, words []string) bool {
	words = slices.DeleteFunc(slices.Clone(words), func(word string) bool {
		return strings.HasPrefix(word, cobra.ShellCompRequestCmd)
	})
	if len(words) == 0 {
		return true
	}
	switch words[0] {
	case "profile", "completion":
		return false
	}
	return !slices.ContainsFunc(serverCommands, func(one struct{ name, about string }) bool { return one.name == words[0] })
}

// knows tells whether the arguments name a command that there is. Completion does without what is newer than
// the cache: it has to be quick.
func knows(root *cobra.Command, arguments []string) bool {
	if len(arguments) > 0 && strings.HasPrefix(arguments[0], cobra.ShellCompRequestCmd) {
		return true
	}
	if len(arguments) > 0 && arguments[0] == "help" {
		arguments = arguments[1:]
	}
	found, rest, err := root.Find(arguments)
	if err != nil {
		return false
	}
	if !found.HasSubCommands() {
		return true
	}
	return !slices.ContainsFunc(rest, func(word string) bool { return !strings.HasPrefix(word, "-") })
}

// rpc is an RPC as a command.
type rpc struct {
	app       *app
	method    protoreflect.MethodDescriptor
	parser    *parser
	fields    []*field
	arguments []*field
	request   string // JSON to begin with
	all       bool   // all pages
}

// serviceCommands are one command for each service, named like it: Locks is locks. Where its package has no
// other service, the name of the package serves, too: ads for AdServer. Of services with one name, the
// others are named with their package.
func (a *app) serviceCommands(root *cobra.Command, own []*cobra.Command, arguments []string) []*cobra.Command {
	taken := map[string]bool{"help": true}
	for _, one := range own {
		taken[one.Name()] = true
	}
	inPackage := map[protoreflect.FullName]int{}
	for _, service := range a.contract.services {
		inPackage[service.ParentFile().Package()]++
	}
	// Quoin's own go first, and newer versions before older ones.
	services := slices.Clone(a.contract.services)
	slices.SortStableFunc(services, func(first, second protoreflect.ServiceDescriptor) int {
		isOwn := func(one protoreflect.ServiceDescriptor) int {
			if strings.HasPrefix(string(one.FullName()), "quoin.") {
				return 0
			}
			return 1
		}
		return cmp.Or(isOwn(first)-isOwn(second), cmp.Compare(second.ParentFile().Package(), first.ParentFile().Package()))
	})
	var groups []*cobra.Command
	names := map[string]protoreflect.ServiceDescriptor{}
	for _, service := range services {
		name := kebab(service.Name())
		if taken[name] {
			name = strings.ReplaceAll(string(service.ParentFile().Package()), ".", "-") + "-" + name
		}
		taken[name] = true
		names[name] = service
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		service := names[name]
		group := &cobra.Command{
			Use: name, Short: sentence(a.contract.comment(service)), Long: a.contract.comment(service),
			GroupID: "services", Args: cobra.ArbitraryArgs, RunE: needsCommand,
		}
		if !strings.HasPrefix(string(service.FullName()), "quoin.") {
			group.GroupID = "others"
			group.Short = cmp.Or(group.Short, string(service.FullName()))
		}
		parts := strings.Split(string(service.ParentFile().Package()), ".")
		if len(parts) > 1 && inPackage[service.ParentFile().Package()] == 1 {
			if alias := parts[len(parts)-2]; !taken[alias] {
				taken[alias] = true
				group.Aliases = []string{alias}
			}
		}
		// Who asks for help or completion of the root needs no more than this.
		if a.everything || slices.Contains(arguments, name) || slices.ContainsFunc(group.Aliases, func(alias string) bool { return slices.Contains(arguments, alias) }) {
			for i := range service.Methods().Len() {
				group.AddCommand(a.rpcCommand(root, service.Methods().Get(i)))
			}
		}
		groups = append(groups, group)
	}
	return groups
}

func (a *app) rpcCommand(root *cobra.Command, method protoreflect.MethodDescriptor) *cobra.Command {
	r := &rpc{app: a, method: method, parser: &parser{types: a.contract.types, now: a.now, stdin: a.stdin}}
	command := &cobra.Command{
		Short: sentence(a.contract.comment(method)), Long: a.contract.comment(method),
		Args: cobra.ArbitraryArgs, ValidArgsFunction: r.completeArgument,
		RunE: func(command *cobra.Command, typed []string) error { return r.run(command.Context(), typed) },
	}
	command.Flags().StringVar(&r.request, "request", "", "The request as JSON, or @FILE, or @-; arguments and flags go before it.")
	isTaken := func(name string) bool {
		return name == "help" || root.PersistentFlags().Lookup(name) != nil || command.Flags().Lookup(name) != nil
	}
	if hasPages(method) {
		command.Flags().BoolVar(&r.all, "all", false, "All pages, one after the other.")
	}
	if method.IsStreamingClient() {
		command.Long += "\n\nRequests are read from the standard input, as JSON, one a line. "
		if hasChoice(method.Input()) {
			command.Long += "What arguments and flags say makes the first one."
		} else {
			command.Long += "What arguments and flags say goes for every one; without input it is the only one."
		}
	}
	r.fields = fieldsOf(a.contract, r.parser, method.Input(), isTaken)
	r.arguments = argumentsOf(a.contract, r.fields)
	addFlags(command.Flags(), r.fields)
	r.completeFlags(command)
	command.Use = kebab(method.Name())
	for _, one := range r.arguments {
		name := strings.ToUpper(one.name)
		if one.leaf().IsList() {
			name += "..."
		}
		if method.IsStreamingClient() {
			name = "[" + name + "]"
		}
		command.Use += " " + name
	}
	return command
}

// hasPages tells whether the answers of a method come in pages.
func hasPages(method protoreflect.MethodDescriptor) bool {
	return !method.IsStreamingClient() && !method.IsStreamingServer() &&
		textField(method.Input(), "page_token") != nil && textField(method.Output(), "next_page_token") != nil
}

// textField is a field of a message that holds one text, nil if there is none of that name.
func textField(message protoreflect.MessageDescriptor, name protoreflect.Name) protoreflect.FieldDescriptor {
	found := message.Fields().ByName(name)
	if found == nil || found.Kind() != protoreflect.StringKind || found.IsList() || found.IsMap() {
		return nil
	}
	return found
}

func (a *app) callCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "call RPC [JSON]",
		Short: "Call an RPC with a request in JSON",
		Long: "Calls an RPC with a request in JSON, or @FILE, or @- for the standard input; without one the request is empty.\n\n" +
			"  quoin call quoin.locks.v1.Locks/Acquire '{\"name\": \"report\", \"lease\": \"60s\"}'\n\n" +
			"An RPC that takes a stream of requests reads them from the standard input, one a line.",
		Args: cobra.ArbitraryArgs,
		RunE: func(command *cobra.Command, typed []string) error {
			if len(typed) == 0 || len(typed) > 2 {
				return usage(errors.New("write quoin call RPC and a request in JSON"))
			}
			method, err := a.contract.method(typed[0])
			if err != nil {
				return usage(err)
			}
			r := &rpc{app: a, method: method, parser: &parser{types: a.contract.types, now: a.now, stdin: a.stdin}}
			if len(typed) == 2 {
				r.request = typed[1]
			}
			return r.run(command.Context(), nil)
		},
		ValidArgsFunction: func(_ *cobra.Command, typed []string, begun string) ([]string, cobra.ShellCompDirective) {
			if len(typed) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var all []string
			for _, service := range a.contract.services {
				for i := range service.Methods().Len() {
					if name := string(service.FullName()) + "/" + string(service.Methods().Get(i).Name()); strings.HasPrefix(name, begun) {
						all = append(all, name)
					}
				}
			}
			return all, cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func (a *app) completionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "completion bash|zsh|fish",
		Short: "Print the script that completes commands in a shell",
		Long: "Prints the script that completes commands, flags and names in a shell.\n\n" +
			"  bash:  source <(quoin completion bash)\n" +
			"  zsh:   source <(quoin completion zsh)\n" +
			"  fish:  quoin completion fish | source\n\n" +
			"Put the line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish.",
		ValidArgs: []string{"bash", "zsh", "fish"},
		Args:      exactly("SHELL"),
		RunE: func(command *cobra.Command, typed []string) error {
			switch typed[0] {
			case "bash":
				return command.Root().GenBashCompletionV2(a.stdout, true)
			case "zsh":
				return command.Root().GenZshCompletion(a.stdout)
			case "fish":
				return command.Root().GenFishCompletion(a.stdout, true)
			}
			return usage(fmt.Errorf("%q is none of bash, zsh, fish", typed[0]))
		},
	}
}

// serverCommand is a command of the server, for which the launcher starts Java.
func (a *app) serverCommand(name, about string) *cobra.Command {
	launcher := a.env(launcherVariable)
	command := &cobra.Command{
		Use: name, Short: about, DisableFlagParsing: true,
		RunE: func(_ *cobra.Command, typed []string) error {
			if launcher == "" {
				return usage(fmt.Errorf("`quoin %s` belongs to the server: it comes with the server's package, which needs Java; this is the program that calls one", name))
			}
			path, err := exec.LookPath(launcher)
			if err != nil {
				return usage(err)
			}
			return syscall.Exec(path, append([]string{path, name}, typed...), os.Environ())
		},
	}
	if launcher == "" {
		command.Hidden = true
	} else {
		command.GroupID = "server"
	}
	return command
}

// needsCommand is what a command does that only has others: it shows which, or says that there is none of
// that name.
func needsCommand(command *cobra.Command, typed []string) error {
	if len(typed) == 0 {
		return command.Help()
	}
	text := fmt.Sprintf("%s has no command %q", command.CommandPath(), typed[0])
	command.SuggestionsMinimumDistance = 2
	if near := command.SuggestionsFor(typed[0]); len(near) > 0 {
		text += "; did you mean " + strings.Join(near, ", ") + "?"
	} else {
		text += ": `" + command.CommandPath() + " --help` shows those there are"
	}
	return usage(errors.New(text))
}

func noArguments(command *cobra.Command, typed []string) error {
	if len(typed) > 0 {
		return needsCommand(command, typed)
	}
	return nil
}

func exactly(names ...string) cobra.PositionalArgs {
	return func(command *cobra.Command, typed []string) error {
		if len(typed) != len(names) {
			return usage(fmt.Errorf("write %s %s", command.CommandPath(), strings.Join(names, " ")))
		}
		return nil
	}
}

// flagError says what is wrong with a flag.
func flagError(command *cobra.Command, err error) error {
	if errors.Is(err, pflag.ErrHelp) {
		return err
	}
	var wrong *pflag.InvalidValueError
	var unknown *pflag.NotExistError
	switch {
	case errors.As(err, &wrong):
		return usage(fmt.Errorf("--%s: %w", wrong.GetFlag().Name, wrong.Unwrap()))
	case errors.As(err, &unknown):
		name := "--" + unknown.GetSpecifiedName()
		if unknown.GetSpecifiedShortnames() != "" {
			name = "-" + unknown.GetSpecifiedName()
		}
		text := fmt.Sprintf("%s has no flag %s", command.CommandPath(), name)
		if unknown.GetSpecifiedShortnames() != "" {
			text += "; before an argument that begins with a hyphen write --"
		} else {
			text += ": `" + command.CommandPath() + " --help` shows those there are"
		}
		return usage(errors.New(text))
	default:
		return usage(err)
	}
}

// empty is a request with nothing in it.
func (r *rpc) empty() *dynamicpb.Message { return dynamicpb.NewMessage(r.method.Input()) }
