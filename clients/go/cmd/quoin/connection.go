// SPDX-License-Identifier: Apache-2.0

package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"strings"
	"sync/atomic"
	"time"

	quoin "github.com/quoin-dev/quoin/clients/go"
	"github.com/spf13/pflag"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

const defaultAddress = "localhost:7400"

// flags are those that all commands have.
type flags struct {
	profile          string
	address          string
	namespace        string
	tokenFile        string
	tls, plaintext   bool
	ca               string
	certificate, key string
	tokenInPlaintext bool
	timeout          string
	isJSON           bool
}

func (f *flags) add(to *pflag.FlagSet) {
	to.StringVar(&f.address, "address", "", "Where the server is, host:port, or several separated by commas. Default "+defaultAddress+".")
	to.StringVarP(&f.namespace, "namespace", "n", "", "Whose data it is about. Default is \"default\".")
	to.StringVar(&f.profile, "profile", "", "Which profile to use, see `quoin profile`.")
	to.StringVar(&f.tokenFile, "token-file", "", "File with the token that says who calls.")
	to.BoolVar(&f.tls, "tls", false, "Encrypt. That is the default, but on loopback.")
	to.BoolVar(&f.plaintext, "plaintext", false, "Do not encrypt.")
	to.StringVar(&f.ca, "tls-ca", "", "File with the certificates to trust, in place of those this machine trusts.")
	to.StringVar(&f.certificate, "tls-cert", "", "File with a certificate that says who calls.")
	to.StringVar(&f.key, "tls-key", "", "File with the key of that certificate.")
	to.BoolVar(&f.tokenInPlaintext, "token-in-plaintext", false, "Send the token even where the network can read it.")
	to.StringVar(&f.timeout, "timeout", "", "How long to wait for the answer, beyond what the request asks to wait: default 10s. A stream has no limit unless it is given.")
	to.BoolVar(&f.isJSON, "json", false, "Print JSON, one line for each message.")
}

// typeNames are what the flags take, for the help.
var typeNames = map[string]string{
	"address": "HOST:PORT", "namespace": "NAME", "profile": "NAME", "token-file": "FILE", "tls-ca": "FILE", "tls-cert": "FILE", "tls-key": "FILE", "timeout": "DURATION",
	"request": "JSON",
}

// transport is what --tls and --plaintext say, nil for nothing.
func (f *flags) transport() (*bool, error) {
	if f.tls && f.plaintext {
		return nil, usage(errors.New("--tls and --plaintext exclude each other"))
	}
	if f.tls || f.plaintext {
		encrypts := f.tls
		return &encrypts, nil
	}
	return nil, nil
}

// limit is how long a call may take, 0 when that was not said.
func (f *flags) limit() (time.Duration, error) {
	if f.timeout == "" {
		return 0, nil
	}
	limit, err := parseDuration(f.timeout)
	if err != nil || limit <= 0 {
		return 0, usage(fmt.Errorf("--timeout: %q is no duration above 0", f.timeout))
	}
	return limit, nil
}

// target is what flags, environment and profile say together.
func (a *app) target() (profile, error) {
	read, err := a.readConfiguration()
	if err != nil {
		return profile{}, err
	}
	kept, _, err := a.chosen(read, a.flags.profile)
	if err != nil {
		return profile{}, err
	}
	choice, err := a.flags.transport()
	if err != nil {
		return profile{}, err
	}
	byEnvironment := profile{
		Address: a.env("QUOIN_ADDRESS"), Namespace: a.env("QUOIN_NAMESPACE"), Token: a.env("QUOIN_TOKEN"), TokenFile: a.env("QUOIN_TOKEN_FILE"),
	}
	byFlags := profile{
		Address: a.flags.address, Namespace: a.flags.namespace, TokenFile: a.flags.tokenFile, TLS: choice,
		CA: a.flags.ca, Certificate: a.flags.certificate, Key: a.flags.key, TokenInPlaintext: a.flags.tokenInPlaintext,
	}
	t := byFlags.over(byEnvironment).over(kept)
	t.Address = cmp.Or(t.Address, defaultAddress)
	if t.TLS == nil {
		encrypts := !isLoopback(t.Address) || t.CA != "" || t.Certificate != ""
		t.TLS = &encrypts
	}
	return t, nil
}

// token is the secret that says who calls, "" for none.
func (p profile) token() (string, error) {
	token := p.Token
	if token == "" && p.TokenFile != "" {
		file, err := os.Open(p.TokenFile)
		if err != nil {
			return "", usage(fmt.Errorf("the token cannot be read: %w", err))
		}
		defer file.Close()
		content, err := io.ReadAll(io.LimitReader(file, largestToken))
		if err != nil {
			return "", usage(fmt.Errorf("the token cannot be read: %w", err))
		}
		if token = strings.TrimSpace(string(content)); token == "" {
			return "", usage(fmt.Errorf("%s holds no token", p.TokenFile))
		}
	}
	if token != "" && !*p.TLS && !isLoopback(p.Address) && !p.TokenInPlaintext {
		return "", usage(fmt.Errorf("the token would go to %s for everybody to read: use --tls, or --token-in-plaintext if you mean it", p.Address))
	}
	return token, nil
}

// isLoopback tells whether all of the addresses stay on this machine.
func isLoopback(addresses string) bool {
	if strings.HasPrefix(addresses, "unix:") {
		return true
	}
	for address := range strings.SplitSeq(addresses, ",") {
		host, _, err := net.SplitHostPort(strings.TrimSpace(address))
		if err != nil {
			host = strings.Trim(strings.TrimSpace(address), "[]")
		}
		ip := net.ParseIP(host)
		if !strings.EqualFold(host, "localhost") && (ip == nil || !ip.IsLoopback()) {
			return false
		}
	}
	return true
}

// client is the connection to the target, made when it is first needed.
func (a *app) client() (*quoin.Client, error) {
	if a.connected != nil {
		return a.connected, nil
	}
	t, err := a.target()
	if err != nil {
		return nil, err
	}
	token, err := t.token()
	if err != nil {
		return nil, err
	}
	options := []quoin.Option{
		quoin.WithLogger(slog.New(slog.DiscardHandler)),
		quoin.WithDialOptions(grpc.WithStatsHandler(&a.reached), grpc.WithChainUnaryInterceptor(a.reached.giveUp)),
	}
	if t.Namespace != "" {
		options = append(options, quoin.WithNamespace(t.Namespace))
	}
	if token != "" {
		options = append(options, quoin.WithToken(token))
	}
	if *t.TLS {
		config, err := quoin.TLSFiles(t.CA, t.Certificate, t.Key)
		if err != nil {
			return nil, usage(err)
		}
		options = append(options, quoin.WithTLS(config))
	}
	client, err := quoin.Dial(t.Address, options...)
	if err != nil {
		return nil, usage(errors.New(strings.TrimPrefix(err.Error(), "quoin: ")))
	}
	a.connected = client
	return client, nil
}

// reachable notes whether there was ever a connection. The client tries again and again while there is
// none, as programs want it; who sits at a terminal wants to know at once.
type reachable struct{ once atomic.Bool }

func (r *reachable) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (r *reachable) HandleConn(_ context.Context, event stats.ConnStats) {
	if _, begins := event.(*stats.ConnBegin); begins {
		r.once.Store(true)
	}
}

func (r *reachable) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }
func (r *reachable) HandleRPC(context.Context, stats.RPCStats)                       {}

// giveUpKey is where a call keeps how to end it.
type giveUpKey struct{}

// giveUp ends a call that met no server.
func (r *reachable) giveUp(
	ctx context.Context, method string, request, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, options ...grpc.CallOption,
) error {
	err := invoke(ctx, method, request, reply, cc, options...)
	if end, ok := ctx.Value(giveUpKey{}).(context.CancelCauseFunc); ok && status.Code(err) == codes.Unavailable && !r.once.Load() {
		end(err)
	}
	return err
}

// invoke makes a unary call; if there is no server it fails with that.
func (a *app) invoke(ctx context.Context, conn grpc.ClientConnInterface, method string, request, answer proto.Message) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	err := conn.Invoke(context.WithValue(ctx, giveUpKey{}, end), method, request, answer)
	if cause := context.Cause(ctx); err != nil && status.Code(cause) == codes.Unavailable {
		return &quoin.Error{Code: codes.Unavailable, Message: status.Convert(cause).Message()}
	}
	return err
}
