// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.Web;
import java.util.Base64;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Calls in the frames of gRPC-Web. */
@Tag("redis")
final class GrpcWebTest {
  private static final String ACQUIRE = "quoin.locks.v1.Locks/Acquire";
  private static final String HOLD = "quoin.locks.v1.Locks/Hold";

  private static TestServer server;
  private static Web web;

  @BeforeAll
  static void start() {
    server = TestServer.withHttp();
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

  private static boolean isHeld(String name) {
    return server.locks().get(GetRequest.newBuilder().setName(name).build()).getHeld();
  }

  @Test
  void unaryCallsAreAMessageAndTrailers() throws Exception {
    byte[] request = AcquireRequest.newBuilder().setName("a").build().toByteArray();
    try (Web.Stream answer = web.open(ACQUIRE, Web.WEB, request)) {
      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.type()).isEqualTo(Web.WEB);
      assertThat(AcquireResponse.parseFrom(answer.next()).getAcquired()).isTrue();
      assertThat(answer.trailers()).contains("grpc-status: 0");
    }
    try (Web.Stream answer = web.open(ACQUIRE, "{\"name\": \"a\"}")) {
      assertThat(answer.type()).isEqualTo(Web.WEB_JSON);
      assertThat(answer.nextJson().get("acquired").asBoolean(true)).isFalse();
      assertThat(answer.trailers()).contains("grpc-status: 0");
    }
  }

  @Test
  void textIsBase64() throws Exception {
    byte[] request = AcquireRequest.newBuilder().setName("a").build().toByteArray();

    Web.Answer answer =
        web.post(ACQUIRE, Web.WEB_TEXT, Base64.getEncoder().encode(Web.frame(request)));

    String message = answer.body().substring(0, answer.body().indexOf("gAAAA"));
    byte[] frame = Base64.getDecoder().decode(message);
    assertThat(
            AcquireResponse.parseFrom(java.util.Arrays.copyOfRange(frame, 5, frame.length))
                .getAcquired())
        .isTrue();
    assertThat(web.post(ACQUIRE, Web.WEB_TEXT, "?".getBytes()).body()).isNotEmpty();
  }

  @Test
  void refusalsAreInTheTrailersWithTheirDetails() throws Exception {
    try (Web.Stream answer = web.open(ACQUIRE, Web.WEB, new byte[0])) {
      assertThat(answer.status()).isEqualTo(200);
      String trailers = answer.trailers();
      assertThat(trailers)
          .contains("grpc-status: 3")
          .contains("grpc-message: name: must be 1 to 512 bytes");
      Status details =
          Status.parseFrom(
              Base64.getDecoder()
                  .decode(trailers.split("grpc-status-details-bin: ")[1].split("\r")[0]));
      assertThat(details.getDetails(0).unpack(ErrorInfo.class).getReason())
          .isEqualTo("INVALID_REQUEST");
    }
    try (Web.Stream answer = web.open(ACQUIRE, Web.WEB, new byte[] {1, 2, 3})) {
      assertThat(answer.trailers()).contains("grpc-status: 3").contains("no message");
    }
    try (Web.Stream answer = web.open(HOLD, "{\"nme\": 1}")) {
      assertThat(answer.trailers()).contains("grpc-status: 3").contains("nme");
    }
    assertThat(web.post(ACQUIRE, Web.WEB, new byte[] {0, 0}).body())
        .contains("must be one frame of gRPC-Web");
    assertThat(web.post(ACQUIRE, Web.WEB, new byte[] {1, 0, 0, 0, 0}).body())
        .contains("compressed");
    assertThat(web.post(ACQUIRE, Web.WEB, new byte[] {(byte) 0x80, 0, 0, 0, 0}).body())
        .contains("grpc-status: 3")
        .contains("clients have no trailers to send");
    for (int flag = 2; flag < 0x80; flag *= 2) {
      assertThat(web.post(ACQUIRE, Web.WEB, new byte[] {(byte) flag, 0, 0, 0, 0}).body())
          .contains("grpc-status: 3")
          .contains("flags 0x%02x".formatted(flag));
    }
  }

  @Test
  void streamsLastUntilTheirReaderGoes() throws Exception {
    byte[] request = HoldRequest.newBuilder().setName("a").build().toByteArray();
    try (Web.Stream first = web.open(HOLD, Web.WEB, request);
        Web.Stream second = web.open(HOLD, "{\"name\": \"a\"}")) {
      assertThat(HoldResponse.parseFrom(first.next()).hasGranted()).isTrue();
      assertThat(second.nextJson().has("waiting")).isTrue();
      CompletableFuture<Boolean> granted =
          CompletableFuture.supplyAsync(
              () -> {
                while (!second.nextJson().has("granted")) {
                  // It hears of its place before.
                }
                return true;
              });

      first.close();

      assertThat(granted.get(20, TimeUnit.SECONDS)).isTrue();
      assertThat(isHeld("a")).isTrue();
    }
    Eventually.until("nobody holds it", () -> !isHeld("a"));
  }

  @Test
  void streamsEndWhenTheTimeIsOverThatTheirCallerGave() {
    try (Web.Stream stream = web.open(HOLD, "{\"name\": \"a\"}", "grpc-timeout", "1500m")) {
      assertThat(stream.trailers()).contains("grpc-status: 4");
    }
    Eventually.until("nobody holds it", () -> !isHeld("a"));
  }

  @Test
  void streamsAreToldThatTheServerDrains() {
    TestServer leaving = TestServer.withHttp();
    Web there = Web.of(leaving);
    try (Web.Stream stream = there.open(HOLD, "{\"name\": \"a\"}")) {
      assertThat(stream.nextJson().has("granted")).isTrue();
      CompletableFuture<Void> closing = CompletableFuture.runAsync(leaving::close);

      while (!stream.nextJson().has("reconnect")) {
        // Heartbeats may come before.
      }
      assertThat(stream.trailers()).contains("grpc-status: 0");
      assertThat(closing).succeedsWithin(30, TimeUnit.SECONDS);
    }
  }
}
