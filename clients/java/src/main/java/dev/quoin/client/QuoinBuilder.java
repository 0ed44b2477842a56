// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ChannelCredentials;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.NameResolverRegistry;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Settings of a {@link Quoin}. Not safe for use by several threads. */
public final class QuoinBuilder {
  private static final Metadata.Key<String> NAMESPACE =
      Metadata.Key.of("quoin-namespace", Metadata.ASCII_STRING_MARSHALLER);

  static {
    NameResolverRegistry.getDefaultRegistry().register(new AddressList());
  }

  private String address = "localhost:7400";
  private String namespace = "default";
  private Duration deadline = Duration.ofSeconds(5);
  private Duration keepAlive = Duration.ofSeconds(10);
  private int callsPerConnection = 1000;
  private boolean tls;
  private Path authorities;
  private Path certificate;
  private Path key;
  private Supplier<String> token;
  private boolean isTokenFixed;

  QuoinBuilder() {}

  /**
   * Where the servers are; {@code localhost:7400} by default. {@code host:port}, or several such
   * separated by commas, which share the calls; the port is 7400 when left out. All addresses of a
   * host are used. A gRPC target such as {@code dns:///quoin:7400} or {@code unix:/run/quoin} goes
   * as well.
   */
  public QuoinBuilder address(String address) {
    this.address = Objects.requireNonNull(address, "address");
    return this;
  }

  /**
   * Whose data all calls are about; {@code default} by default. 1 to 63 lower-case letters, digits
   * and inner hyphens. Two namespaces never see each other.
   */
  public QuoinBuilder namespace(String namespace) {
    this.namespace = Objects.requireNonNull(namespace, "namespace");
    return this;
  }

  /**
   * How long a unary call may take; 5 s by default. While no server, or no Redis, can be reached it
   * is repeated for as long, where that is safe. The wait for a lock comes on top.
   */
  public QuoinBuilder deadline(Duration deadline) {
    this.deadline = Objects.requireNonNull(deadline, "deadline");
    return this;
  }

  /**
   * How often a silent connection is probed; 10 s, which is also the least, by default. A
   * connection that does not answer within 5 s counts as broken.
   */
  public QuoinBuilder keepAlive(Duration period) {
    this.keepAlive = Objects.requireNonNull(period, "period");
    return this;
  }

  /**
   * How many calls, streams included, one connection may have open; 1,000 by default. When all
   * connections have as many, there is another one. Set it where servers allow less: it must not be
   * more than their {@code max-calls-per-connection}.
   */
  public QuoinBuilder callsPerConnection(int calls) {
    if (calls < 1) {
      throw new IllegalArgumentException("callsPerConnection: must be at least 1");
    }
    this.callsPerConnection = calls;
    return this;
  }

  /** Encrypts the connection; the server must have a certificate this machine trusts. */
  public QuoinBuilder tls() {
    tls = true;
    return this;
  }

  /**
   * Encrypts the connection, trusting other authorities than this machine does.
   *
   * @param authorities PEM file with their certificates
   */
  public QuoinBuilder tls(Path authorities) {
    this.authorities = Objects.requireNonNull(authorities, "authorities");
    return tls();
  }

  /**
   * Encrypts the connection and shows a certificate to the server.
   *
   * @param certificate PEM file with the certificate chain
   * @param key PEM file with the private key, PKCS #8
   */
  public QuoinBuilder clientCertificate(Path certificate, Path key) {
    this.certificate = Objects.requireNonNull(certificate, "certificate");
    this.key = Objects.requireNonNull(key, "key");
    return tls();
  }

  /**
   * Says with a token who calls, to servers that want to know. It is sent as it is: encrypt the
   * connection.
   *
   * @throws IllegalArgumentException when it cannot be one: it must be printable ASCII without
   *     spaces
   */
  public QuoinBuilder token(String token) {
    String checked = Tokens.checked(Objects.requireNonNull(token, "token"));
    this.token = () -> checked;
    this.isTokenFixed = true;
    return this;
  }

  /**
   * The same with a token that changes, such as a JWT. It is asked for before every call and every
   * stream, repeated ones included, on a thread of the client: keep the token while it is good. It
   * may block, within the deadline of the call. When it throws, or gives what cannot be a token,
   * the call fails with UNAUTHENTICATED and nothing else happens; a stream that is opened again
   * asks again.
   */
  public QuoinBuilder token(Supplier<String> token) {
    this.token = Objects.requireNonNull(token, "token");
    this.isTokenFixed = false;
    return this;
  }

  /**
   * The client. It connects when it is first used, so a server that cannot be reached shows then.
   *
   * @throws IllegalArgumentException when the address is none
   * @throws UncheckedIOException when a file cannot be read
   */
  public Quoin build() {
    return new Quoin(this);
  }

  int callsPerConnection() {
    return callsPerConnection;
  }

  Duration deadline() {
    return deadline;
  }

  String address() {
    return address;
  }

  ManagedChannel channel(Executor executor, ClientInterceptor closing, ClientInterceptor repeats) {
    Metadata headers = new Metadata();
    headers.put(NAMESPACE, namespace);
    return Grpc.newChannelBuilder(AddressList.target(address), credentials())
        .executor(executor)
        // The last one is the first to see a call.
        .intercept(
            new BrokenConnections(),
            Tokens.interceptor(token, isTokenFixed ? Runnable::run : executor),
            MetadataUtils.newAttachHeadersInterceptor(headers),
            repeats,
            defaultDeadline(deadline),
            new RequestIds(),
            new CheckedTexts(),
            closing)
        .defaultServiceConfig(Retries.serviceConfig())
        .disableServiceConfigLookUp()
        .keepAliveTime(keepAlive.toNanos(), TimeUnit.NANOSECONDS)
        .keepAliveTimeout(5, TimeUnit.SECONDS)
        .keepAliveWithoutCalls(true)
        .build();
  }

  private ChannelCredentials credentials() {
    if (!tls) {
      return InsecureChannelCredentials.create();
    }
    TlsChannelCredentials.Builder credentials = TlsChannelCredentials.newBuilder();
    try {
      if (authorities != null) {
        credentials.trustManager(authorities.toFile());
      }
      if (certificate != null) {
        credentials.keyManager(certificate.toFile(), key.toFile());
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the files for TLS: " + e.getMessage(), e);
    }
    return credentials.build();
  }

  private static ClientInterceptor defaultDeadline(Duration deadline) {
    return new ClientInterceptor() {
      @Override
      public <Q, R> ClientCall<Q, R> interceptCall(
          MethodDescriptor<Q, R> method, CallOptions options, Channel next) {
        boolean applies =
            method.getType() == MethodDescriptor.MethodType.UNARY && options.getDeadline() == null;
        return next.newCall(
            method,
            applies
                ? options.withDeadlineAfter(deadline.toNanos(), TimeUnit.NANOSECONDS)
                : options);
      }
    };
  }
}
