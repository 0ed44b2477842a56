// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RawConnection;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.ConnectivityState;
import java.io.IOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What one peer may ask of the server before it is sent away; all others are served meanwhile. */
@Tag("redis")
final class LimitsTest {
  private static final String ACQUIRE = "/quoin.locks.v1.Locks/Acquire";
  private static final String WORK = "/quoin.queues.v1.Queues/Work";
  private static final String HEALTH = "/grpc.health.v1.Health/Check";

  @Test
  void connectionsBeyondTheirNumberAreClosed() throws IOException {
    try (TestServer server = server("max-connections-per-peer", "3")) {
      assertServed(server);
      try (RawConnection second = new RawConnection(server.server().port()).begin();
          RawConnection third = new RawConnection(server.server().port()).begin()) {
        new RawConnection(server.server().port()).awaitClose();
        assertServed(server);
        third.close();
        Eventually.until("there is room again", () -> isServed(server));
      }
    }
  }

  @Test
  void connectionOfItsAgeIsClosedOnceItsCallsHaveEnded() {
    try (TestServer server = server("max-connection-age", "1s")) {
      String held = "held";
      String token =
          server.locks().acquire(AcquireRequest.newBuilder().setName(held).build()).getToken();
      ListenableFuture<AcquireResponse> waiting =
          server
              .futureLocks()
              .acquire(
                  AcquireRequest.newBuilder()
                      .setName(held)
                      .setWait(Durations.fromSeconds(60))
                      .build());
      Eventually.until(
          "a connection takes no new calls",
          () -> server.channel().getState(false) == ConnectivityState.IDLE);
      assertThat(waiting).isNotDone();

      server.locks().release(ReleaseRequest.newBuilder().setName(held).setToken(token).build());

      assertThat(waiting).succeedsWithin(Duration.ofSeconds(20));
      assertServed(server);
    }
  }

  @Test
  void connectionThatSendsSettingsForEverIsClosed() throws IOException {
    try (TestServer server = server()) {
      flood(server, RawConnection.SETTINGS, 0, new byte[0]);
      assertServed(server);
    }
  }

  @Test
  void connectionThatAcknowledgesSettingsForEverIsClosed() throws IOException {
    try (TestServer server = server();
        RawConnection peer = new RawConnection(server.server().port()).begin()) {
      try {
        for (int i = 0; i <= 3_000; i++) {
          peer.send(RawConnection.SETTINGS, 1, 0, new byte[0]);
        }
      } catch (SocketException e) {
        // Closed while it was still sending.
      }
      peer.awaitClose();
      assertServed(server);
    }
  }

  @Test
  void connectionThatSendsPaddingForEverIsClosed() throws IOException {
    try (TestServer server = server();
        RawConnection peer = new RawConnection(server.server().port()).begin()) {
      peer.open(1, ACQUIRE);
      try {
        for (int i = 0; i <= 3_000; i++) {
          peer.send(RawConnection.DATA, 8, 1, new byte[] {2, 0, 0});
        }
      } catch (SocketException e) {
        // Closed while it was still sending.
      }
      peer.awaitClose();
      assertServed(server);
    }
  }

  @Test
  void connectionThatSendsPrioritiesForEverIsClosed() throws IOException {
    try (TestServer server = server()) {
      flood(server, RawConnection.PRIORITY, 1, new byte[] {0, 0, 0, 0, 1});
    }
  }

  @Test
  void connectionThatSendsEmptyDataForEverIsClosed() throws IOException {
    try (TestServer server = server();
        RawConnection peer = new RawConnection(server.server().port()).begin()) {
      peer.open(1, ACQUIRE);
      flood(peer, RawConnection.DATA, 1, new byte[0]);
    }
  }

  @Test
  void connectionThatResetsItsCallsForEverIsClosed() throws IOException {
    try (TestServer server = server("max-resets", "100");
        RawConnection peer = new RawConnection(server.server().port()).begin()) {
      try {
        for (int i = 0; i <= 200; i++) {
          peer.open(2 * i + 1, ACQUIRE);
          peer.send(RawConnection.RST_STREAM, 0, 2 * i + 1, new byte[] {0, 0, 0, 8});
        }
      } catch (SocketException e) {
        // Closed while it was still sending.
      }
      peer.awaitClose();
      assertServed(server);
    }
  }

  @Test
  void requestThatDoesNotArriveIsRefused() throws IOException {
    try (TestServer server = server("request-timeout", "300ms");
        RawConnection peer = new RawConnection(server.server().port()).begin()) {
      peer.open(1, ACQUIRE);
      peer.open(3, HEALTH);
      peer.open(5, WORK);
      peer.send(RawConnection.DATA, 0, 5, part(1000, 10));

      assertThat(peer.awaitEnd(1)).contains("did not arrive within 300 ms");
      assertThat(peer.awaitEnd(3)).contains("did not arrive within 300 ms");
      assertThat(peer.awaitEnd(5)).contains("did not arrive within 300 ms");
      assertServed(server);
    }
  }

  @Test
  void connectionWhoseHeadersAreNotCompleteInTimeIsClosed() throws IOException {
    try (TestServer server = server("request-timeout", "300ms");
        RawConnection peer = new RawConnection(server.server().port()).begin()) {
      peer.open(1, ACQUIRE);
      assertThat(peer.awaitEnd(1)).contains("did not arrive within 300 ms");
      peer.send(RawConnection.HEADERS, 0, 3, new byte[] {0, 1, 'a', 1, 'b'});

      peer.awaitClose();
      assertServed(server);
    }
  }

  @Test
  void unfinishedRequestsOfAConnectionBeyondItsShareAreRefused() throws IOException {
    try (TestServer server = server("max-unfinished-bytes", "100000");
        RawConnection greedy = new RawConnection(server.server().port()).begin()) {
      begin(greedy, 1, 48_000);
      begin(greedy, 3, 16_000);

      assertThat(greedy.awaitEnd(3)).contains("unfinished requests");
      assertServed(server);
    }
  }

  @Test
  void unfinishedRequestsOfAllConnectionsBeyondTheirBytesAreRefused() throws IOException {
    List<RawConnection> peers = new ArrayList<>();
    try (TestServer server = server("max-unfinished-bytes", "100000")) {
      for (int i = 0; i < 4; i++) {
        RawConnection peer = new RawConnection(server.server().port()).begin();
        peers.add(peer);
        begin(peer, 1, 30_000);
        peer.ping();
      }

      assertThat(peers.get(3).awaitEnd(1)).contains("unfinished requests");
      assertServed(server);
    } finally {
      for (RawConnection peer : peers) {
        peer.close();
      }
    }
  }

  /** Sends the beginning of a request. */
  private static void begin(RawConnection peer, int stream, int bytes) throws IOException {
    peer.open(stream, ACQUIRE);
    for (int sent = 0; sent < bytes; sent += 16_000) {
      byte[] next =
          sent == 0
              ? part(1_000_000, Math.min(bytes, 16_000))
              : new byte[Math.min(bytes - sent, 16_000)];
      peer.send(RawConnection.DATA, 0, stream, next);
    }
  }

  /** The beginning of a message. */
  private static byte[] part(int size, int sent) {
    return ByteBuffer.allocate(sent).put((byte) 0).putInt(size).array();
  }

  private static void flood(TestServer server, int type, int stream, byte[] payload)
      throws IOException {
    try (RawConnection peer = new RawConnection(server.server().port()).begin()) {
      flood(peer, type, stream, payload);
    }
  }

  private static void flood(RawConnection peer, int type, int stream, byte[] payload)
      throws IOException {
    try {
      for (int i = 0; i < 1000; i++) {
        peer.send(type, 0, stream, payload);
      }
    } catch (SocketException e) {
      // Closed while it was still sending.
    }
    assertThat(peer.awaitGoAway()).isEqualTo("code 11: too many frames that carry nothing");
  }

  private static TestServer server(String... more) {
    List<String> settings =
        new ArrayList<>(List.of("redis", TestRedis.uri(), "redis-timeout", "10s"));
    settings.addAll(List.of(more));
    return TestServer.start(settings.toArray(String[]::new));
  }

  private static void assertServed(TestServer server) {
    assertThat(server.locks().get(GetRequest.newBuilder().setName("free").build()).getHeld())
        .isFalse();
  }

  private static boolean isServed(TestServer server) {
    var connection = server.newChannel();
    try {
      dev.quoin.locks.v1.LocksGrpc.newBlockingStub(connection)
          .get(GetRequest.newBuilder().setName("free").build());
      return true;
    } catch (io.grpc.StatusRuntimeException e) {
      return false;
    } finally {
      connection.shutdownNow();
    }
  }
}
