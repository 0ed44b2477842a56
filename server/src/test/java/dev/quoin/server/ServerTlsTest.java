// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Pem;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.TlsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The server behind TLS of its own. */
final class ServerTlsTest {
  @TempDir Path folder;

  @Test
  void changedCertificateIsUsedOnceItGoesWithItsKey() throws Exception {
    Pem before = Pem.make(Files.createDirectory(folder.resolve("before")));
    Pem after = Pem.make(Files.createDirectory(folder.resolve("after")));
    Path certificate = Files.writeString(folder.resolve("tls.crt"), before.certificate());
    Path key = Files.writeString(folder.resolve("tls.key"), before.key());
    try (TestServer server = server(certificate, key)) {
      assertThat(isServed(server, before)).isTrue();
      assertThat(isServed(server, after)).isFalse();

      Files.writeString(certificate, after.certificate());
      assertThat(isServed(server, before)).isTrue();
      Files.writeString(key, after.key());

      Eventually.until(
          Duration.ofSeconds(60), "the new one is used", () -> isServed(server, after));
      assertThat(isServed(server, before)).isFalse();
    }
  }

  @Test
  void changedAuthoritiesOfClientsAreUsed() throws Exception {
    Pem own = Pem.make(Files.createDirectory(folder.resolve("own")));
    Pem before = Pem.make(Files.createDirectory(folder.resolve("before")));
    Pem after = Pem.make(Files.createDirectory(folder.resolve("after")));
    Path certificate = Files.writeString(folder.resolve("tls.crt"), own.certificate());
    Path key = Files.writeString(folder.resolve("tls.key"), own.key());
    Path authorities = Files.writeString(folder.resolve("clients.crt"), before.certificate());
    try (TestServer server =
        TestServer.start(
            "redis", TestRedis.uri(),
            "tls-certificate", certificate.toString(),
            "tls-key", key.toString(),
            "tls-client-authorities", authorities.toString())) {
      assertThat(isServed(server, own)).isFalse();
      assertThat(isServed(server, own, before)).isTrue();
      assertThat(isServed(server, own, after)).isFalse();

      Files.writeString(authorities, "not a certificate");
      assertThat(isServed(server, own, before)).isTrue();
      Files.writeString(authorities, after.certificate());

      Eventually.until(
          Duration.ofSeconds(60), "the new one is used", () -> isServed(server, own, after));
      assertThat(isServed(server, own, before)).isFalse();
    }
  }

  @Test
  void certificateWithAnotherKeyStopsTheStart() throws Exception {
    Pem one = Pem.make(Files.createDirectory(folder.resolve("one")));
    Pem other = Pem.make(Files.createDirectory(folder.resolve("other")));
    Path certificate = Files.writeString(folder.resolve("tls.crt"), one.certificate());
    Path key = Files.writeString(folder.resolve("tls.key"), other.key());

    assertThatThrownBy(() -> server(certificate, key).close())
        .isInstanceOf(BadSettings.class)
        .hasMessageContaining("tls-key")
        .hasMessageContaining("is not that of the certificate");
  }

  @Test
  void endpointOfMetricsTellsWhetherCallsAreServed() throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    try (TestServer server =
        TestServer.start("redis", TestRedis.uri(), "metrics-port", String.valueOf(port))) {
      assertThat(server.channel()).isNotNull();
      Eventually.until("it is ready", () -> status(port, "/ready") == 200);
      assertThat(status(port, "/other")).isEqualTo(404);
    }
  }

  private static int status(int port, String path) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
      return connection.getResponseCode();
    } catch (IOException e) {
      return 0;
    }
  }

  private static TestServer server(Path certificate, Path key) {
    return TestServer.start(
        "redis", TestRedis.uri(),
        "tls-certificate", certificate.toString(),
        "tls-key", key.toString());
  }

  /** Over a connection of its own, which trusts one certificate only. */
  private static boolean isServed(TestServer server, Pem trusted) {
    return isServed(server, trusting(trusted));
  }

  /** The same for a client that shows a certificate. */
  private static boolean isServed(TestServer server, Pem trusted, Pem client) {
    try {
      return isServed(
          server,
          TlsChannelCredentials.newBuilder()
              .trustManager(new ByteArrayInputStream(trusted.certificate().getBytes()))
              .keyManager(
                  new ByteArrayInputStream(client.certificate().getBytes()),
                  new ByteArrayInputStream(client.key().getBytes()))
              .build());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static boolean isServed(TestServer server, ChannelCredentials credentials) {
    ManagedChannel channel =
        Grpc.newChannelBuilderForAddress("127.0.0.1", server.server().port(), credentials)
            .overrideAuthority("localhost")
            .build();
    try {
      LocksGrpc.newBlockingStub(channel).get(GetRequest.newBuilder().setName("a").build());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    } finally {
      channel.shutdownNow();
    }
  }

  private static ChannelCredentials trusting(Pem trusted) {
    try {
      return TlsChannelCredentials.newBuilder()
          .trustManager(new ByteArrayInputStream(trusted.certificate().getBytes()))
          .build();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
