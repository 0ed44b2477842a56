// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsBlockingStub;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class TailFailureTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @Test
  void tailsOutliveARestartOfRedisAndMissNothing() {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
        TestServer server = TestServer.start("redis", redis.uri());
        Tailing tail = Tailing.open(server.channel(), Tailing.of("web", "db"))) {
      LogsBlockingStub logs = LogsGrpc.newBlockingStub(server.channel());
      for (int i = 0; i < 100; i++) {
        if (i == 50) {
          redis.kill();
          assertThat(Refused.by(() -> logs.write(entry("x", "r-x"))).code())
              .isEqualTo(Code.UNAVAILABLE);
          redis.start();
        }
        writeForSure(logs, "entry " + i, "r-" + i);
      }

      tail.awaitTexts(100);
      assertThat(tail.texts()).containsExactlyElementsOf(numbered(0, 100));
      assertThat(tail.gaps()).isEmpty();
      assertThat(tail.end()).isNotDone();
    }
  }

  @Test
  void tailThatEndsWhileItOpensIsToGoOnWhereItWasToBegin() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TestServer stays = TestServer.start("redis", redis.uri(), "redis-timeout", "60s");
        TestServer leaves = TestServer.start("redis", redis.uri(), "redis-timeout", "60s")) {
      LogsBlockingStub logs = LogsGrpc.newBlockingStub(stays.channel());
      String cursor = logs.write(entry("entry 0", "r-0")).getCursor();
      logs.write(entry("entry 1", "r-1"));

      String last;
      redis.freeze();
      try (Tailing opening = Tailing.begin(leaves.channel(), Tailing.of("web").setCursor(cursor))) {
        // Once this is answered the server has the call before it.
        HealthGrpc.newBlockingStub(leaves.channel()).check(HealthCheckRequest.getDefaultInstance());
        CompletableFuture<Void> closed = CompletableFuture.runAsync(leaves.server()::close);
        assertThat(opening.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.OK);
        last = opening.cursor();
        redis.unfreeze();
        closed.get(60, TimeUnit.SECONDS);
      } finally {
        redis.unfreeze();
      }

      assertThat(last).isEqualTo(cursor);
    }
  }

  @Test
  void tailOpenedWhileRedisIsAwayIsRefused() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TestServer server = TestServer.start("redis", redis.uri())) {
      redis.kill();

      try (Tailing tail = Tailing.begin(server.channel(), Tailing.of("web"))) {
        assertThat(tail.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.UNAVAILABLE);
      }
      assertThat(server.server().tails().open()).isZero();
    }
  }

  @Test
  void tailOfAKilledServerGoesOnAtAnother() throws Exception {
    List<String> received = new ArrayList<>();
    String web = "web " + System.nanoTime();
    LogsBlockingStub logs = LogsGrpc.newBlockingStub(TestServer.first().channel());
    String cursor;
    try (ServerProcess killed =
            ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis");
        Tailing tail = Tailing.open(killed.channel(), Tailing.of(web))) {
      IntStream.range(0, 50).forEach(i -> logs.write(named(web, "entry " + i)));
      Eventually.until(PATIENCE, "some have come", () -> tail.texts().size() > 10);
      killed.kill();
      assertThat(tail.end().get(60, TimeUnit.SECONDS).getCode()).isEqualTo(Code.UNAVAILABLE);
      received.addAll(tail.texts());
      cursor = tail.cursor();
    }
    IntStream.range(50, 100).forEach(i -> logs.write(named(web, "entry " + i)));

    try (Tailing rest =
        Tailing.open(TestServer.second().channel(), Tailing.of(web).setCursor(cursor))) {
      rest.awaitTexts(100 - received.size());
      received.addAll(rest.texts());
    }
    assertThat(received).containsExactlyElementsOf(numbered(0, 100));
  }

  /** Writes until it is known that the entry was taken. */
  private static void writeForSure(LogsBlockingStub logs, String text, String requestId) {
    Eventually.until(
        PATIENCE,
        "it is written",
        () -> {
          try {
            logs.write(entry(text, requestId));
            return true;
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
            return false;
          }
        });
  }

  private static WriteRequest entry(String text, String requestId) {
    return named("web", text).toBuilder().setRequestId(requestId).build();
  }

  private static WriteRequest named(String name, String text) {
    return WriteRequest.newBuilder().setName(name).setText(text).build();
  }

  private static List<String> numbered(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "entry " + i).toList();
  }
}
