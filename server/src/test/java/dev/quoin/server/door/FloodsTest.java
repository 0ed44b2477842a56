// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Pem;
import dev.quoin.server.testing.RawConnection;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.SocketException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Frames that carry nothing end an HTTP/2 connection, however it has become one. */
@Tag("redis")
final class FloodsTest {
  private static final String GET = "quoin.locks.v1.Locks/Get";
  private static final String RESETS = "100";
  private static final int MANY = 3_000;

  @TempDir static Path folder;
  private static TestServer plain;
  private static TestServer secret;
  private static SSLContext tls;

  @BeforeAll
  static void start() throws Exception {
    TestRedis.clear();
    Pem own = Pem.make(Files.createDirectory(folder.resolve("own")));
    String certificate = Files.writeString(folder.resolve("tls.crt"), own.certificate()).toString();
    String key = Files.writeString(folder.resolve("tls.key"), own.key()).toString();
    plain = TestServer.withHttp("max-resets", RESETS);
    secret =
        TestServer.withHttp("max-resets", RESETS, "tls-certificate", certificate, "tls-key", key);
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry(
        "own",
        io.grpc.util.CertificateUtils.getX509Certificates(
            new ByteArrayInputStream(own.certificate().getBytes()))[0]);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
  }

  @AfterAll
  static void stop() {
    plain.close();
    secret.close();
  }

  /** A way to HTTP/2. */
  private enum Way {
    PREFACE,
    UPGRADE,
    TLS;

    RawConnection open() throws IOException {
      return switch (this) {
        case PREFACE -> new RawConnection(plain.server().httpPort()).begin();
        case UPGRADE -> new RawConnection(plain.server().httpPort()).upgrade();
        case TLS -> {
          SSLSocket socket =
              (SSLSocket)
                  tls.getSocketFactory().createSocket("localhost", secret.server().httpPort());
          SSLParameters parameters = socket.getSSLParameters();
          parameters.setApplicationProtocols(new String[] {"h2"});
          socket.setSSLParameters(parameters);
          socket.startHandshake();
          yield new RawConnection(socket).begin();
        }
      };
    }

    /** A client like any other, by HTTP/2 in the same way. */
    Web client() {
      HttpClient.Builder client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_2);
      return this == TLS
          ? new Web(
              "https://localhost:" + secret.server().httpPort(), client.sslContext(tls).build())
          : new Web("http://localhost:" + plain.server().httpPort(), client.build());
    }
  }

  /** A kind of frame. */
  private record Frame(String name, int type, int flags, int stream, byte[] payload) {}

  private static final List<Frame> FRAMES =
      List.of(
          new Frame("settings", RawConnection.SETTINGS, 0, 0, new byte[0]),
          new Frame("acknowledgements of settings", RawConnection.SETTINGS, 1, 0, new byte[0]),
          new Frame("pings", RawConnection.PING, 0, 0, new byte[8]),
          new Frame("answers to pings", RawConnection.PING, 1, 0, new byte[8]),
          new Frame("priorities", RawConnection.PRIORITY, 0, 3, new byte[] {0, 0, 0, 0, 1}),
          new Frame("frames of unknown types", 99, 0, 0, new byte[0]));

  @TestFactory
  Stream<DynamicTest> framesThatCarryNothingEndTheConnection() {
    List<DynamicTest> tests = new ArrayList<>();
    for (Way way : Way.values()) {
      for (Frame frame : FRAMES) {
        tests.add(DynamicTest.dynamicTest(way + ", " + frame.name(), () -> flood(way, frame)));
      }
    }
    return tests.stream();
  }

  private static void flood(Way way, Frame frame) throws IOException {
    Web client = way.client();
    try (RawConnection peer = way.open()) {
      peer.ping();
      send(peer, frame, MANY);
      assertThat(peer.awaitGoAway()).isEqualTo("code 11: too many frames that carry nothing");
    }
    Web.Answer answer = client.call(GET, "{\"name\": \"a\"}");
    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.whole().version()).isEqualTo(HttpClient.Version.HTTP_2);
  }

  private static void send(RawConnection peer, Frame frame, int count) throws IOException {
    try {
      for (int i = 0; i < count; i++) {
        peer.send(frame.type(), frame.flags(), frame.stream(), frame.payload());
      }
    } catch (SocketException e) {
      // Closed while it was still sending.
    }
  }

  @Test
  void emptyDataEndsTheConnection() throws IOException {
    for (Way way : Way.values()) {
      try (RawConnection peer = way.open()) {
        peer.open(3, '/' + GET);
        send(peer, new Frame("", RawConnection.DATA, 8, 3, new byte[] {2, 0, 0}), MANY);
        assertThat(peer.awaitGoAway()).as(way.name()).startsWith("code 11");
      }
    }
  }

  @Test
  void resetsEndTheConnection() throws IOException {
    for (Way way : Way.values()) {
      try (RawConnection peer = way.open()) {
        try {
          for (int i = 1; i <= 300; i++) {
            peer.open(2 * i + 1, '/' + GET);
            peer.send(RawConnection.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
          }
        } catch (SocketException e) {
          // Closed while it was still sending.
        }
        assertThat(peer.awaitGoAway()).as(way.name()).startsWith("code 11");
      }
    }
  }

  @Test
  void framesThatAreSentAheadOfAnUpgradeAreCounted() throws IOException {
    try (RawConnection peer = new RawConnection(plain.server().httpPort())) {
      peer.askForUpgrade();
      peer.begin();
      send(peer, FRAMES.get(0), MANY);
      peer.awaitUpgrade();
      assertThat(peer.awaitGoAway()).isEqualTo("code 11: too many frames that carry nothing");
    }
  }

  @Test
  void aFewOfThemAreServed() throws IOException {
    for (Way way : Way.values()) {
      try (RawConnection peer = way.open()) {
        for (Frame frame : FRAMES) {
          send(peer, frame, frame.flags() == 0 ? 50 : 0);
        }
        peer.ping();
        peer.open(3, "/healthz");
        assertThat(peer.awaitEnd(3)).as(way.name()).isNotEmpty();
      }
    }
  }
}
