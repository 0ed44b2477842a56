// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/dynamicpb"
)

const (
	// A shell does not wait longer for names, nor show more.
	completionPatience = 2 * time.Second
	mostNames          = 100
)

type completer = func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective)

func complete(command *cobra.Command, flag string, by completer) {
	// It fails only for flags that there are not, or that have one already.
	_ = command.RegisterFlagCompletionFunc(flag, by)
}

func (a *app) completeProfiles(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	read, err := a.readConfiguration()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return slices.Sorted(maps.Keys(read.Profiles)), cobra.ShellCompDirectiveNoFileComp
}

func (a *app) completeNamespaces(command *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	for _, service := range a.contract.services {
		if lists := service.Methods().ByName("ListNamespaces"); lists != nil {
			return a.names(command.Context(), lists, "namespace", nil, begun), cobra.ShellCompDirectiveNoFileComp
		}
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags completes the values of flags: words of enums, and names as for arguments.
func (r *rpc) completeFlags(command *cobra.Command) {
	for _, one := range r.fields {
		for _, name := range []string{one.name, one.dotted} {
			if name != "" {
				complete(command, name, func(command *cobra.Command, typed []string, begun string) ([]string, cobra.ShellCompDirective) {
					_ = takeArguments(r.arguments, typed)
					return r.completeField(command.Context(), one, begun)
				})
			}
		}
	}
}

// completeArgument completes an argument.
func (r *rpc) completeArgument(command *cobra.Command, typed []string, begun string) ([]string, cobra.ShellCompDirective) {
	if takeArguments(r.arguments, typed) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, one := range r.arguments {
		if len(one.values) == 0 || one.leaf().IsList() {
			return r.completeField(command.Context(), one, begun)
		}
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func (r *rpc) completeField(ctx context.Context, one *field, begun string) ([]string, cobra.ShellCompDirective) {
	leaf := one.leaf()
	switch {
	case leaf.Kind() == protoreflect.EnumKind:
		return words(leaf.Enum()), cobra.ShellCompDirectiveNoFileComp
	case leaf.Kind() == protoreflect.BoolKind:
		return []string{"true", "false"}, cobra.ShellCompDirectiveNoFileComp
	case leaf.Kind() == protoreflect.BytesKind:
		return nil, cobra.ShellCompDirectiveDefault
	case leaf.Kind() != protoreflect.StringKind || leaf.IsMap() || !one.isTop():
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	for _, lists := range r.listsOf(leaf) {
		if found := r.app.names(ctx, lists.method, lists.names, r.given(), begun); len(found) > 0 {
			return found, cobra.ShellCompDirectiveNoFileComp
		}
	}
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// given are the texts that were typed for fields of the request, by their names.
func (r *rpc) given() map[protoreflect.Name]string {
	given := map[protoreflect.Name]string{}
	for _, one := range r.fields {
		if one.isTop() && one.leaf().Kind() == protoreflect.StringKind && !one.leaf().IsList() && !one.leaf().IsMap() && len(one.values) == 1 {
			given[one.leaf().Name()] = one.given[0]
		}
	}
	return given
}

// listing is an RPC that lists names: those of its elements, or those that a field of theirs has.
type listing struct {
	method protoreflect.MethodDescriptor
	names  protoreflect.Name
}

// listsOf finds the RPCs that list what a field names, by what the contract calls things: ListQueues lists
// queues; List of Locks lists things that have a name; where the words are the same, the list is that of
// the field. Those of the same service go first.
func (r *rpc) listsOf(of protoreflect.FieldDescriptor) []listing {
	wanted := of.Name()
	if of.IsList() {
		wanted = protoreflect.Name(strings.TrimSuffix(string(wanted), "s"))
	}
	type ranked struct {
		listing
		rank int
	}
	var found []ranked
	mine := r.method.Parent()
	for _, service := range r.app.contract.services {
		if service.ParentFile().Package() != mine.ParentFile().Package() {
			continue
		}
		for i := range service.Methods().Len() {
			method := service.Methods().Get(i)
			rank, ok := lists(method, wanted)
			if !ok {
				continue
			}
			if service.FullName() != mine.FullName() {
				rank += 10
			}
			found = append(found, ranked{listing{method, wanted}, rank})
		}
	}
	slices.SortStableFunc(found, func(first, second ranked) int { return cmp.Compare(first.rank, second.rank) })
	all := make([]listing, len(found))
	for i, one := range found {
		all[i] = one.listing
	}
	return all
}

// lists tells whether an RPC lists what is called so, and how sure that is: the less, the surer.
func lists(method protoreflect.MethodDescriptor, wanted protoreflect.Name) (rank int, ok bool) {
	after, isList := strings.CutPrefix(string(method.Name()), "List")
	if !isList || method.IsStreamingClient() || method.IsStreamingServer() {
		return 0, false
	}
	list, _ := listIn(method.Output())
	if list == nil {
		return 0, false
	}
	if list.Message() == nil {
		// Names alone: they are called as what they name.
		singular := strings.TrimSuffix(strings.TrimSuffix(string(list.Name()), "s"), "e")
		return 0, list.Kind() == protoreflect.StringKind && singular == strings.TrimSuffix(string(wanted), "e")
	}
	if textField(list.Message(), wanted) == nil {
		return 0, false
	}
	if after == "" {
		return 1, true
	}
	return 2, true
}

// listIn is the only list in a message.
func listIn(message protoreflect.MessageDescriptor) (found protoreflect.FieldDescriptor, ok bool) {
	for i := range message.Fields().Len() {
		if one := message.Fields().Get(i); one.IsList() {
			if found != nil {
				return nil, false
			}
			found = one
		}
	}
	return found, found != nil
}

// names asks for names that begin like that. What fails has none: a shell has no place for errors.
func (a *app) names(ctx context.Context, lists protoreflect.MethodDescriptor, wanted protoreflect.Name, given map[protoreflect.Name]string, begun string) []string {
	request := dynamicpb.NewMessage(lists.Input())
	for i := range lists.Input().Fields().Len() {
		one := lists.Input().Fields().Get(i)
		switch {
		case one.Name() == "prefix" && one.Kind() == protoreflect.StringKind:
			request.Set(one, protoreflect.ValueOfString(begun))
		case one.Name() == "page_size" && one.Kind() == protoreflect.Int32Kind:
			request.Set(one, protoreflect.ValueOfInt32(mostNames))
		case given[one.Name()] != "" && one.Kind() == protoreflect.StringKind && !one.IsList():
			request.Set(one, protoreflect.ValueOfString(given[one.Name()]))
		case a.contract.isRequired(one):
			return nil
		}
	}
	client, err := a.client()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, completionPatience)
	defer cancel()
	answer := dynamicpb.NewMessage(lists.Output())
	if a.invoke(ctx, client.Conn(), "/"+string(lists.Parent().FullName())+"/"+string(lists.Name()), request, answer) != nil {
		return nil
	}
	list, _ := listIn(lists.Output())
	var all []string
	for i := range answer.Get(list).List().Len() {
		element := answer.Get(list).List().Get(i)
		name := ""
		if list.Message() == nil {
			name = element.String()
		} else {
			name = element.Message().Get(textField(list.Message(), wanted)).String()
		}
		// Tabs and line breaks mean something to shells.
		if strings.HasPrefix(name, begun) && plain(name) == name && name != "" && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}
