// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"fmt"
	"net"
	"strings"

	"google.golang.org/grpc/resolver"
)

const (
	defaultHost = "localhost"
	defaultPort = "7400"
	listScheme  = "quoin-list"
)

// targetOf makes a target for gRPC of an address as callers write it.
func targetOf(address string) (string, error) {
	if strings.Contains(address, "://") || strings.HasPrefix(address, "unix:") {
		return address, nil
	}
	if strings.TrimSpace(address) == "" {
		address = defaultHost
	}
	var servers []string
	for one := range strings.SplitSeq(address, ",") {
		server, err := withPort(strings.TrimSpace(one))
		if err != nil {
			return "", err
		}
		servers = append(servers, server)
	}
	if len(servers) == 1 {
		return "dns:///" + servers[0], nil
	}
	return listScheme + ":///" + strings.Join(servers, ","), nil
}

func withPort(server string) (string, error) {
	host, port, err := net.SplitHostPort(server)
	if err != nil {
		host, port = strings.TrimSuffix(strings.TrimPrefix(server, "["), "]"), defaultPort
	}
	if host == "" || port == "" || strings.ContainsAny(host, " \t/@?#%[]") ||
		strings.Contains(host, ":") && net.ParseIP(host) == nil {
		return "", fmt.Errorf("quoin: %q is no address: write host:port", server)
	}
	if _, err := net.LookupPort("tcp", port); err != nil {
		return "", fmt.Errorf("quoin: %q is no address: %w", server, err)
	}
	return net.JoinHostPort(host, port), nil
}

// listBuilder makes gRPC use several servers. Names are looked up whenever a connection is made.
type listBuilder struct{}

func (listBuilder) Scheme() string { return listScheme }

// OverrideAuthority gives calls a valid authority before a server is chosen.
func (listBuilder) OverrideAuthority(target resolver.Target) string {
	first, _, _ := strings.Cut(target.Endpoint(), ",")
	return first
}

func (listBuilder) Build(
	target resolver.Target, cc resolver.ClientConn, _ resolver.BuildOptions,
) (resolver.Resolver, error) {
	var state resolver.State
	for server := range strings.SplitSeq(target.Endpoint(), ",") {
		state.Addresses = append(state.Addresses, resolver.Address{Addr: server, ServerName: server})
	}
	return fixed{}, cc.UpdateState(state)
}

// fixed is a resolver whose answer never changes.
type fixed struct{}

func (fixed) ResolveNow(resolver.ResolveNowOptions) {}
func (fixed) Close()                                {}
