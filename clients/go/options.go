// SPDX-License-Identifier: Apache-2.0

package quoin

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

// serviceConfig has servers share the calls.
const serviceConfig = `{"loadBalancingConfig": [{"round_robin": {}}]}`

// Option is a setting of [Dial].
type Option func(*settings)

type settings struct {
	namespace string
	deadline  time.Duration
	keepAlive time.Duration
	tls       *tls.Config
	token     *tokenSource
	logger    *slog.Logger
	more      []grpc.DialOption
}

func defaults() settings {
	return settings{namespace: "default", deadline: 5 * time.Second, keepAlive: 10 * time.Second}
}

// WithNamespace says whose data all calls are about, "default" by default: 1 to 63 lower-case
// letters, digits and inner hyphens. Two namespaces never see each other.
func WithNamespace(namespace string) Option {
	return func(s *settings) { s.namespace = namespace }
}

// WithDeadline says how long a unary call may take when its context has no deadline; 5 s by default.
// While no server, or no Redis, can be reached it is repeated for as long, where that is safe. The
// wait of a request, for a lock for example, comes on top.
func WithDeadline(deadline time.Duration) Option {
	return func(s *settings) { s.deadline = deadline }
}

// WithKeepAlive says how often a silent connection is probed; 10 s, which is also the least, by
// default. A connection that does not answer within 5 s counts as broken.
func WithKeepAlive(period time.Duration) Option {
	return func(s *settings) { s.keepAlive = period }
}

// WithTLS encrypts the connection. The server must have a certificate that config trusts; nil is
// what this machine trusts. [TLSFiles] makes a config of PEM files.
func WithTLS(config *tls.Config) Option {
	if config == nil {
		config = &tls.Config{}
	}
	return func(s *settings) { s.tls = config.Clone() }
}

// WithToken says with a token who calls, to servers that want to know. It is sent as it is: encrypt
// the connection. [Dial] fails if it cannot be a token: printable ASCII without spaces.
func WithToken(token string) Option {
	return func(s *settings) { s.token = &tokenSource{fixed: token} }
}

// WithTokenSource is WithToken for a token that changes, such as a JWT. The function is asked before
// every call and every stream, repeated ones included, by several goroutines: keep the token while
// it is good. It gets the context of the call. When it fails, the call fails with UNAUTHENTICATED,
// the error wraps that of the function, and nothing else happens; a stream that is opened again asks
// again.
func WithTokenSource(token func(ctx context.Context) (string, error)) Option {
	return func(s *settings) { s.token = &tokenSource{ask: token} }
}

// WithLogger says where the client logs what happens in the background: that a connection or a stream
// was lost and is back, and what functions of the program did that they should not. It is
// [slog.Default] by default.
func WithLogger(logger *slog.Logger) Option {
	return func(s *settings) { s.logger = logger }
}

// WithDialOptions adds options of gRPC, for example interceptors, which then run closest to the
// wire, or a dialer.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.more = append(s.more, options...) }
}

// TLSFiles makes a config for [WithTLS]. authorities is a file with the certificates to trust, ""
// for those this machine trusts; certificate and key are files to show who this client is, or both
// are "".
func TLSFiles(authorities, certificate, key string) (*tls.Config, error) {
	config := &tls.Config{}
	if authorities != "" {
		pem, err := os.ReadFile(authorities)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("quoin: no certificate in %s", authorities)
		}
	}
	if certificate != "" || key != "" {
		pair, err := tls.LoadX509KeyPair(certificate, key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (s *settings) transport() credentials.TransportCredentials {
	if s.tls != nil {
		return credentials.NewTLS(s.tls)
	}
	return insecure.NewCredentials()
}

func (s *settings) dialOptions(c *clientCore) []grpc.DialOption {
	// Leases run: a server that comes back is to be found within a second, not within two minutes.
	connecting := backoff.DefaultConfig
	connecting.BaseDelay = 100 * time.Millisecond
	connecting.MaxDelay = time.Second
	return append([]grpc.DialOption{
		grpc.WithResolvers(listBuilder{}),
		grpc.WithDefaultServiceConfig(serviceConfig),
		grpc.WithDisableServiceConfig(),
		grpc.WithDisableRetry(), // repeat does it
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           connecting,
			MinConnectTimeout: 5 * time.Second,
		}),
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time:                s.keepAlive,
			Timeout:             5 * time.Second,
			PermitWithoutStream: true,
		}),
		grpc.WithIdleTimeout(0),
		grpc.WithChainUnaryInterceptor(c.interceptUnary),
		grpc.WithChainStreamInterceptor(c.interceptStream),
	}, s.more...)
}
