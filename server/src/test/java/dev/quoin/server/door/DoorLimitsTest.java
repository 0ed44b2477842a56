// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.GetRequest;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What callers by HTTP cannot make the server keep or wait for. */
@Tag("redis")
final class DoorLimitsTest {
  private static final String GET = "quoin.locks.v1.Locks/Get";
  private static final int MOST = 65_536;
  private static final int CONNECTIONS = 12;
  private static final int ENTRIES = 2_500;

  private static TestServer server;
  private static Web web;

  @BeforeAll
  static void start() {
    server =
        TestServer.withHttp(
            "max-request-bytes",
            String.valueOf(MOST),
            "request-timeout",
            "1s",
            "max-unfinished-bytes",
            "100000",
            "max-connections-per-peer",
            String.valueOf(CONNECTIONS));
    web = Web.of(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  private static String named(int length) {
    return "{\"name\": \"" + "x".repeat(length) + "\"}";
  }

  @Test
  void requestsAreAsLargeAsByGrpc() {
    assertThat(web.call(GET, named(MOST - 20)).json().get("message").asText())
        .contains("must be 1 to 512 bytes");
    Web.Answer larger = web.call(GET, named(MOST));
    assertThat(larger.reason()).isEqualTo("REQUEST_TOO_LARGE");
    assertThat(larger.status()).isEqualTo(429);
    Web.Answer much = web.call(GET, named(3 * MOST));
    assertThat(much.reason()).isEqualTo("REQUEST_TOO_LARGE");
    assertThat(much.status()).isEqualTo(413);
    assertThat(web.get(GET, "x-long", "y".repeat(20_000)).status()).isEqualTo(431);
    assertThat(web.get("x".repeat(6_000)).status()).isEqualTo(414);
  }

  @Test
  void requestsThatDoNotArriveAreRefused() {
    String answer =
        Web.raw(
            server.server().httpPort(),
            "POST /"
                + GET
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 100\r\nConnection: close\r\n\r\n{\"name\":");

    assertThat(answer).contains("REQUEST_INCOMPLETE").startsWith("HTTP/1.1 408");
  }

  /** Each may have so much, but not all together. */
  @Test
  void bodiesThatAreNotCompleteHaveABoundTogether() throws Exception {
    List<Socket> sockets = new ArrayList<>();
    try {
      for (int i = 0; i < 4; i++) {
        Socket socket = new Socket("127.0.0.1", server.server().httpPort());
        socket.setSoTimeout(20_000);
        sockets.add(socket);
        send(
            socket,
            "POST /"
                + GET
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 60000\r\nConnection: close\r\n\r\n"
                + "x".repeat(40_000));
      }
      List<String> answers = new ArrayList<>();
      for (Socket socket : sockets) {
        answers.add(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
      }
      assertThat(answers).anyMatch(answer -> answer.contains("OVERLOADED"));
      assertThat(answers).anyMatch(answer -> answer.contains("REQUEST_INCOMPLETE"));
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    assertThat(web.call(GET, "{\"name\": \"a\"}").status()).isEqualTo(200);
  }

  private static void send(Socket socket, String text) throws IOException {
    OutputStream out = socket.getOutputStream();
    out.write(text.getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  @Test
  void connectionsOfBothPortsAreCountedTogether() throws Exception {
    assertThat(server.locks().get(GetRequest.newBuilder().setName("a").build()).getHeld())
        .isFalse();
    List<Socket> sockets = new ArrayList<>();
    try {
      Eventually.until(
          "one is closed at once",
          () -> {
            try {
              Socket socket = new Socket("127.0.0.1", server.server().httpPort());
              sockets.add(socket);
              return sockets.size() > CONNECTIONS || isClosed(socket);
            } catch (IOException e) {
              return true;
            }
          });
      assertThat(sockets.size()).isLessThanOrEqualTo(CONNECTIONS);
      assertThat(isClosed(sockets.get(0))).isFalse();
    } finally {
      for (Socket socket : sockets) {
        socket.close();
      }
    }
    Eventually.until("others may come", () -> isServed());
  }

  private static boolean isServed() {
    try {
      return Web.of(server).get("healthz").status() == 200;
    } catch (RuntimeException e) {
      return false;
    }
  }

  private static boolean isClosed(Socket socket) {
    try {
      socket.setSoTimeout(200);
      return socket.getInputStream().read() < 0;
    } catch (java.net.SocketTimeoutException e) {
      return false;
    } catch (IOException e) {
      return true;
    }
  }

  /** Their answers would have to be kept until the first is there. */
  @Test
  void whoSendsManyRequestsAheadIsCutOff() {
    server.locks().acquire(dev.quoin.locks.v1.AcquireRequest.newBuilder().setName("a").build());
    String wait = "{\"name\": \"a\", \"wait\": \"60s\"}";
    String request =
        "POST /quoin.locks.v1.Locks/Acquire HTTP/1.1\r\nHost: localhost\r\n"
            + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                .formatted(wait.length(), wait);

    assertThat(Web.raw(server.server().httpPort(), request.repeat(50))).isEmpty();
    Eventually.until(
        "nobody waits",
        () ->
            server.locks().get(GetRequest.newBuilder().setName("a").build()).getWaiterCount() == 0);
  }

  /** The log keeps the newest thousand: whoever is further behind was not buffered for. */
  @Test
  void nothingIsBufferedForAReaderThatDoesNotRead() throws Exception {
    LogsGrpc.LogsFutureStub logs = LogsGrpc.newFutureStub(TestServer.first().channel());
    String text = "x".repeat(16_000);
    try (Web.Stream tail = web.open("quoin.logs.v1.Logs/Tail", "{\"names\": [\"app\"]}")) {
      write(logs, "first").get(20, TimeUnit.SECONDS);
      String begin = "";
      while (!begin.contains("first")) {
        begin = tail.nextJson().toString();
      }
      List<Future<?>> writes = new ArrayList<>();
      for (int i = 0; i < ENTRIES; i++) {
        writes.add(write(logs, i + text));
      }
      for (Future<?> write : writes) {
        write.get(60, TimeUnit.SECONDS);
      }
      write(logs, "last").get(20, TimeUnit.SECONDS);

      boolean hasGap = false;
      String message = "";
      while (!message.contains("\"last\"")) {
        message = tail.nextJson().toString();
        hasGap |= message.contains("gap");
      }
      assertThat(hasGap).isTrue();
    }
  }

  private static Future<?> write(LogsGrpc.LogsFutureStub logs, String text) {
    return logs.write(
        WriteRequest.newBuilder()
            .setName("app")
            .setSeverity(Severity.SEVERITY_INFO)
            .setText(text)
            .build());
  }
}
