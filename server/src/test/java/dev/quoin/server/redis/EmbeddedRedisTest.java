// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedRedisTest {
  private static final AcquireRequest LONG_LOCK =
      AcquireRequest.newBuilder().setName("a").setLease(Durations.fromSeconds(600)).build();

  private static final int KILLS = 6;

  @TempDir Path data;

  @Test
  void dataSurvivesAnOrderlyRestart() {
    AcquireResponse held;
    try (TestServer server = TestServer.start("data", data.toString())) {
      held = server.locks().acquire(LONG_LOCK);
    }
    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(fence(server)).isEqualTo(held.getFence());
    }
  }

  @Test
  void dataSurvivesTheKillingOfTheServer() {
    AcquireResponse held;
    try (ServerProcess server = ServerProcess.start("--data", data.toString())) {
      held = server.locks().acquire(LONG_LOCK);
      server.kill();
    }
    try (TestServer server = TestServer.start("data", data.toString())) {
      assertThat(fence(server)).isEqualTo(held.getFence());
    }
  }

  @Test
  void redisOfAKilledServerEndsByItself() throws Exception {
    try (ServerProcess server = ServerProcess.start("--data", data.toString())) {
      long pid = Long.parseLong(Files.readString(data.resolve("redis.pid")).trim());
      ProcessHandle redis = ProcessHandle.of(pid).orElseThrow();
      assertThat(redis.isAlive()).isTrue();

      server.kill();

      Eventually.until("Redis ends", () -> !redis.isAlive());
    }
  }

  @Test
  void dataFolderHasOneUserAtATime() {
    try (TestServer first = TestServer.start("data", data.toString())) {
      assertThat(first.server().embedded()).isPresent();
      assertThatThrownBy(() -> TestServer.start("data", data.toString()))
          .hasMessageContaining("data")
          .hasMessageContaining("another Quoin server uses this folder");
    }
  }

  @Test
  void killedRedisIsStartedAgainAndHasItsData() {
    try (TestServer server = TestServer.start("data", data.toString())) {
      AcquireResponse held = server.locks().acquire(LONG_LOCK);
      long pid = server.server().embedded().orElseThrow().pid();

      ProcessHandle.of(pid).orElseThrow().destroyForcibly();

      Eventually.until(
          Duration.ofSeconds(10),
          "locks are served again",
          () -> {
            try {
              return server.server().embedded().orElseThrow().pid() != pid
                  && fence(server) == held.getFence();
            } catch (StatusRuntimeException e) {
              return false;
            }
          });
    }
  }

  @Test
  void redisOfAnotherFolderIsLeftAloneWhateverItsProcessIdIs(@TempDir Path other) throws Exception {
    try (TestServer neighbour = TestServer.start("data", other.toString())) {
      long pid = neighbour.server().embedded().orElseThrow().pid();
      Files.writeString(data.resolve("redis.pid"), pid + "\n");

      try (TestServer server = TestServer.start("data", data.toString())) {
        assertThat(server.locks().acquire(LONG_LOCK).getAcquired()).isTrue();
        assertThat(neighbour.locks().acquire(LONG_LOCK).getAcquired()).isTrue();
        assertThat(neighbour.server().embedded().orElseThrow().pid()).isEqualTo(pid);
      }
    }
  }

  @Test
  void serverStartsAlthoughItsRedisIsKilledMeanwhile() throws Exception {
    FutureTask<Void> kills = new FutureTask<>(this::killRedisSomeTimes, null);
    new Thread(kills, "kills").start();
    try (TestServer server = TestServer.start("data", data.toString())) {
      kills.get(20, TimeUnit.SECONDS);
      Eventually.until(Duration.ofSeconds(10), "locks are served", () -> canAcquire(server));
    }
  }

  private static boolean canAcquire(TestServer server) {
    try {
      server.locks().acquire(LONG_LOCK);
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** Each Redis that comes up a little later in its life than the one before. */
  private void killRedisSomeTimes() {
    long killed = 0;
    for (int i = 0; i < KILLS; i++) {
      long before = killed;
      Eventually.until("another Redis is there", () -> pid() > 0 && pid() != before);
      killed = pid();
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20L * i));
      ProcessHandle.of(killed).ifPresent(ProcessHandle::destroyForcibly);
    }
  }

  private long pid() {
    try {
      return Long.parseLong(Files.readString(data.resolve("redis.pid")).trim());
    } catch (IOException | NumberFormatException e) {
      return 0;
    }
  }

  private static long fence(TestServer server) {
    return server.locks().get(GetRequest.newBuilder().setName("a").build()).getFence();
  }
}
