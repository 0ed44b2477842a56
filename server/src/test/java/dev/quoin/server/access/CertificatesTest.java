// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Pem;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.ClientInterceptor;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.MetadataUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Client certificates say who calls, alone and beside tokens. */
@Tag("redis")
final class CertificatesTest {
  private static final String TEAM1 = "spiffe://example/team1";

  @TempDir Path folder;
  private final List<ManagedChannel> channels = new ArrayList<>();
  private final String token = Tokens.random();
  private Pem own;
  private Pem team1;
  private Pem team2;
  private Pem nameless;

  @BeforeEach
  void make() throws Exception {
    TestRedis.clear();
    own = Pem.make(folder);
    team1 = Pem.make(folder, "uri:" + TEAM1 + ",dns:team1.example");
    team2 = Pem.make(folder, "dns:team2.example");
    nameless = Pem.make(folder, "");
  }

  @AfterEach
  void close() {
    channels.forEach(ManagedChannel::shutdownNow);
  }

  /** What began it all: the certificate of a team force-released the lock of another one. */
  @Test
  void aTeamCannotTakeTheLockOfAnother() throws Exception {
    try (TestServer server = server("tls-client-authorities", authorities())) {
      LocksGrpc.LocksBlockingStub first = locks(server, team1);
      first.acquire(AcquireRequest.newBuilder().setName("a").build());

      Refused other =
          Refused.by(
              () -> locks(server, team2).revoke(RevokeRequest.newBuilder().setName("a").build()));

      assertThat(other.code()).isEqualTo(Code.PERMISSION_DENIED);
      assertThat(other.status().getMessage()).contains("\"team2.example\"");
      assertThat(first.get(GetRequest.newBuilder().setName("a").build()).getLabel())
          .isEqualTo(TEAM1);
    }
  }

  @Test
  void certificateWithoutANameIsNobody() throws Exception {
    try (TestServer server = server("tls-client-authorities", authorities())) {
      assertThat(code(locks(server, nameless))).isEqualTo(Code.UNAUTHENTICATED);
      // Nobody gets in without a certificate where there is nothing else.
      assertThat(code(locks(server, null))).isEqualTo(Code.UNAVAILABLE);
    }
  }

  /** Connections stay open for an hour, and sessions can be resumed for a day. */
  @Test
  void connectionsEndWithTheAuthority() throws Exception {
    try (TestServer server = server("tls-client-authorities", authorities())) {
      LocksGrpc.LocksBlockingStub locks = locks(server, team1);
      assertThat(code(locks)).isNull();

      Files.writeString(folder.resolve("clients.crt"), team2.certificate());

      Eventually.until(
          Duration.ofSeconds(60), "it is nobody's", () -> code(locks) == Code.UNAUTHENTICATED);
      assertThat(code(locks(server, team2))).isEqualTo(Code.PERMISSION_DENIED);
    }
  }

  @Test
  void tokensStandInForCertificatesWhereThereAreBoth() throws Exception {
    Path tokens =
        Files.writeString(
            folder.resolve("tokens.yaml"),
            "tokens: [{principal: team2.example, digest: '%s'}]".formatted(Tokens.digest(token)));
    try (TestServer server =
        server("tls-client-authorities", authorities(), "tokens", tokens.toString())) {
      assertThat(code(locks(server, team1))).isNull();
      assertThat(code(locks(server, null))).isEqualTo(Code.UNAUTHENTICATED);
      assertThat(code(locks(server, null).withInterceptors(bearer(token))))
          .isEqualTo(Code.PERMISSION_DENIED);
      // A token that is given counts, good or bad, whatever certificate is shown.
      assertThat(code(locks(server, team1).withInterceptors(bearer(token))))
          .isEqualTo(Code.PERMISSION_DENIED);
      assertThat(code(locks(server, team1).withInterceptors(bearer("wrong"))))
          .isEqualTo(Code.UNAUTHENTICATED);
    }
  }

  private String authorities() throws IOException {
    return Files.writeString(
            folder.resolve("clients.crt"),
            team1.certificate() + team2.certificate() + nameless.certificate())
        .toString();
  }

  private TestServer server(String... more) throws IOException {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "redis", TestRedis.uri(),
                "redis-timeout", "10s",
                "tls-certificate",
                    Files.writeString(folder.resolve("tls.crt"), own.certificate()).toString(),
                "tls-key", Files.writeString(folder.resolve("tls.key"), own.key()).toString(),
                "policy",
                    Files.writeString(
                            folder.resolve("policy.yaml"),
                            """
                            roles: {operator: [{'*': admin}]}
                            bindings:
                              - {role: operator, principals: ['%s'], namespaces: [default]}
                              - {role: operator, principals: [team2.example], namespaces: [team2]}
                            """
                                .formatted(TEAM1))
                        .toString()));
    settings.addAll(List.of(more));
    return TestServer.start(settings.toArray(String[]::new));
  }

  private LocksGrpc.LocksBlockingStub locks(TestServer server, Pem client) throws IOException {
    TlsChannelCredentials.Builder credentials =
        TlsChannelCredentials.newBuilder().trustManager(stream(own.certificate()));
    if (client != null) {
      credentials.keyManager(stream(client.certificate()), stream(client.key()));
    }
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress("127.0.0.1", server.server().port(), credentials.build())
            .overrideAuthority("localhost")
            .build();
    channels.add(channel);
    return LocksGrpc.newBlockingStub(channel);
  }

  private static ByteArrayInputStream stream(String text) {
    return new ByteArrayInputStream(text.getBytes());
  }

  private static Code code(LocksGrpc.LocksBlockingStub locks) {
    try {
      locks.get(GetRequest.newBuilder().setName("a").build());
      return null;
    } catch (io.grpc.StatusRuntimeException e) {
      return e.getStatus().getCode();
    }
  }

  private static ClientInterceptor bearer(String token) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }
}
