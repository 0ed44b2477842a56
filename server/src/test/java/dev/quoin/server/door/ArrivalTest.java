// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests that come slowly, or by halves, or whose sender goes. */
@Tag("redis")
final class ArrivalTest {
  private static final String GET = "/quoin.locks.v1.Locks/Get";
  private static final String ACQUIRE = "/quoin.locks.v1.Locks/Acquire";
  private static final String HEAD =
      " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

  private static final long MOST_NANOS = TimeUnit.MILLISECONDS.toNanos(800);

  private static TestServer server;

  @BeforeAll
  static void start() {
    server = TestServer.withHttp("request-timeout", "1s");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  private static Socket connect(TestServer to) throws IOException {
    Socket socket = new Socket("127.0.0.1", to.server().httpPort());
    socket.setSoTimeout(20_000);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
  }

  private static String rest(Socket socket) throws IOException {
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  /** Sends a byte every now and then until the server closes; returns what it has answered. */
  private static String drip(Socket socket, String begin, String each) throws IOException {
    CompletableFuture<String> answer = CompletableFuture.supplyAsync(() -> allOf(socket));
    try {
      send(socket, begin);
      Eventually.until(
          "the connection is closed",
          () -> {
            try {
              send(socket, each);
              return answer.isDone();
            } catch (IOException e) {
              return true;
            }
          });
    } catch (SocketException e) {
      // Closed, too.
    }
    return answer.join();
  }

  /** What comes until the server closes, be it in the midst of what it is sent. */
  private static String allOf(Socket socket) {
    StringBuilder answer = new StringBuilder();
    try {
      int next = socket.getInputStream().read();
      while (next >= 0) {
        answer.append((char) next);
        next = socket.getInputStream().read();
      }
    } catch (IOException e) {
      // Closed, too.
    }
    return answer.toString();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\r\n",
        "GE",
        "GET /healthz HTTP/1.1\r\n",
        "PRI * HTTP/2.0\r\n",
        "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /healthz HTTP/1.1\r\n"
      })
  void headersThatDripInEndTheConnection(String begin) throws IOException {
    try (Socket socket = connect(server)) {
      assertThat(drip(socket, begin, begin.startsWith("PRI") ? "" : "\r")).doesNotContain("404");
    }
  }

  @Test
  void bodyThatDripsInIsRefusedAndItsConnectionClosed() throws IOException {
    try (Socket socket = connect(server)) {
      String answer =
          drip(socket, "POST " + GET + HEAD + "Content-Length: 100000\r\n\r\n{\"name\": \"", "a");

      assertThat(answer)
          .startsWith("HTTP/1.1 408")
          .contains("REQUEST_INCOMPLETE")
          .containsIgnoringCase("connection: close");
    }
  }

  @Test
  void chunksThatDripInAreRefusedToo() throws IOException {
    try (Socket socket = connect(server)) {
      String answer =
          drip(socket, "POST " + GET + HEAD + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n");

      assertThat(answer).startsWith("HTTP/1.1 408");
    }
  }

  /** Nobody reads it, but it keeps the connection. */
  @Test
  void bodyOfAPageThatDripsInEndsTheConnection() throws IOException {
    try (Socket socket = connect(server)) {
      String answer =
          drip(
              socket,
              "GET /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n",
              "a");

      assertThat(answer).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void connectionServesAnyNumberOfRequests() throws IOException {
    try (Socket socket = connect(server)) {
      String request = "POST " + GET + HEAD + "Content-Length: 13\r\n\r\n{\"name\": \"a\"}";
      for (int i = 0; i < 5; i++) {
        send(socket, request);
        assertThat(Web.readAnswer(socket)).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void shutdownDoesNotWaitForWhatHasNotArrived() throws IOException {
    TestServer leaving = TestServer.withHttp("drain-timeout", "60s", "request-timeout", "60s");
    try (Socket socket = connect(leaving)) {
      send(socket, "POST " + GET + HEAD + "Content-Length: 100000\r\n\r\n{\"name\":");
      Web.of(leaving).get("healthz");
      CompletableFuture<Void> closing = CompletableFuture.runAsync(leaving::close);

      assertThat(rest(socket)).startsWith("HTTP/1.1 503").contains("SHUTTING_DOWN");
      assertThat(closing).succeedsWithin(20, TimeUnit.SECONDS);
    }
  }

  /** Armeria itself tells a second later; a busy machine may need some tries to be faster. */
  @Test
  void whoGoesWaitsNoLonger() throws IOException {
    String held =
        server.locks().acquire(AcquireRequest.newBuilder().setName("a").build()).getToken();
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 5 && best > MOST_NANOS; i++) {
      best = Math.min(best, nanosToLeave());
    }
    assertThat(best).isLessThan(MOST_NANOS);

    server.locks().release(ReleaseRequest.newBuilder().setName("a").setToken(held).build());
    assertThat(server.locks().get(GetRequest.newBuilder().setName("a").build()).getHeld())
        .isFalse();
  }

  /** How long somebody waits in line after its connection has been closed. */
  private static long nanosToLeave() throws IOException {
    String body = "{\"name\": \"a\", \"wait\": \"60s\", \"lease\": \"60s\"}";
    String length = "Content-Length: %d\r\n\r\n".formatted(body.length());
    try (Socket socket = connect(server)) {
      send(socket, "POST " + ACQUIRE + HEAD + length + body);
      Eventually.until("it waits", () -> waiters() == 1);
    }
    long gone = System.nanoTime();
    Eventually.until("nobody waits", () -> waiters() == 0);
    return System.nanoTime() - gone;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "Host: localhost\r\nHost: evil.example\r\n", "Host: a\r\nhost: a\r\n"})
  void requestsSayOnceWhomTheyAsk(String hosts) {
    String answer =
        Web.raw(
            server.server().httpPort(),
            "POST "
                + GET
                + " HTTP/1.1\r\n"
                + hosts
                + "Content-Type: application/json\r\n"
                + "Content-Length: 13\r\n\r\n{\"name\": \"a\"}");

    assertThat(answer).startsWith("HTTP/1.1 400").contains("header Host").contains("\"code\":3");
  }

  /** As load balancers do that look whether a server is well. */
  @Test
  void whoSpeaksHttp10NeedNotSayWhomItAsks() {
    int port = server.server().httpPort();

    assertThat(Web.rawAnswer(port, "GET /readyz HTTP/1.0\r\n\r\n")).startsWith("HTTP/1.1 200");
    assertThat(Web.rawAnswer(port, "GET /readyz HTTP/1.0\r\nHost: evil.example\r\n\r\n"))
        .startsWith("HTTP/1.1 403");
    assertThat(Web.rawAnswer(port, "GET /readyz HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"))
        .startsWith("HTTP/1.1 400");
  }

  private static int waiters() {
    return (int) server.locks().get(GetRequest.newBuilder().setName("a").build()).getWaiterCount();
  }
}
