// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** A server that finds its Redis through a Sentinel. */
final class SentinelTest {
  @Test
  void serverFollowsAFailOverAndFencesRiseOnTheNewMaster() {
    try (RedisProcess master = RedisProcess.start("--appendonly", "no");
        RedisProcess replica =
            RedisProcess.start("--appendonly", "no", "--replicaof", "127.0.0.1 " + master.port());
        RedisProcess sentinel = RedisProcess.startSentinel(master);
        TestServer server =
            TestServer.start(
                "redis", "redis-sentinel://127.0.0.1:" + sentinel.port() + "/0#quoin")) {
      AcquireResponse before = acquire(server);
      assertThat(master.commands().dbsize()).isPositive();
      Eventually.until(
          Duration.ofSeconds(40),
          "the replica has what the master has and the Sentinel knows it",
          () -> isKnown(sentinel, replica) && replica.commands().dbsize() > 0);

      master.kill();

      AtomicReference<AcquireResponse> after = new AtomicReference<>();
      Eventually.until(
          Duration.ofSeconds(60),
          "locks are served by the new master",
          () -> {
            try {
              after.set(acquire(server));
              return true;
            } catch (StatusRuntimeException e) {
              assertThat(e.getStatus().getCode().name()).isIn("UNAVAILABLE", "DEADLINE_EXCEEDED");
              return false;
            }
          });
      assertThat(after.get().getFence()).isGreaterThan(before.getFence());
    }
  }

  private static AcquireResponse acquire(TestServer server) {
    return server
        .locks()
        .withDeadlineAfter(5, java.util.concurrent.TimeUnit.SECONDS)
        .acquire(AcquireRequest.newBuilder().setName("a" + System.nanoTime()).build());
  }

  private static boolean isKnown(RedisProcess sentinel, RedisProcess replica) {
    return sentinel.commands().info("sentinel").contains("slaves=1")
        && replica.commands().info("replication").contains("master_link_status:up");
  }
}
