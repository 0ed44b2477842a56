// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server is killed while others go on. */
@Tag("redis")
final class ServerKillTest {
  @AfterEach
  void endStreams() {
    Holding.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void leasesOfAKilledServersHoldersEndAndTheNextWaiterGetsTheLock() throws Exception {
    try (ServerProcess doomed = startServer()) {
      Holding holding = new Holding();
      doomed.asyncLocks().hold(Holding.request("a", 1_000).build(), holding);
      long fence = holding.granted().getFence();
      ListenableFuture<AcquireResponse> waiting = waitFor(TestServer.first(), "a");
      awaitWaiters("a", 1);

      doomed.kill();

      AcquireResponse granted = waiting.get(5, TimeUnit.SECONDS);
      assertThat(granted.getAcquired()).isTrue();
      assertThat(granted.getFence()).isGreaterThan(fence);
    }
  }

  @Test
  void waitersOfAKilledServerCostTheOthersNothing() throws Exception {
    AcquireResponse holder =
        TestServer.first()
            .locks()
            .acquire(
                AcquireRequest.newBuilder()
                    .setName("a")
                    .setLease(Durations.fromSeconds(60))
                    .build());
    try (ServerProcess doomed = startServer()) {
      for (int i = 0; i < 5; i++) {
        doomed.asyncLocks().hold(HoldRequest.newBuilder().setName("a").build(), new Holding());
        awaitWaiters("a", i + 1);
      }
      ListenableFuture<AcquireResponse> alive = waitFor(TestServer.second(), "a");
      awaitWaiters("a", 6);
      doomed.kill();

      TestServer.first()
          .locks()
          .release(ReleaseRequest.newBuilder().setName("a").setToken(holder.getToken()).build());

      // Long before the marks of the dead server run out, 15 s after its last one.
      assertThat(alive.get(8, TimeUnit.SECONDS).getAcquired()).isTrue();
    }
  }

  private static ServerProcess startServer() {
    return ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true");
  }

  private static ListenableFuture<AcquireResponse> waitFor(TestServer server, String name) {
    return server
        .futureLocks()
        .acquire(
            AcquireRequest.newBuilder().setName(name).setWait(Durations.fromSeconds(60)).build());
  }

  private static void awaitWaiters(String name, int count) {
    Eventually.until(
        count + " wait",
        () ->
            TestServer.first()
                    .locks()
                    .get(GetRequest.newBuilder().setName(name).build())
                    .getWaiterCount()
                == count);
  }
}
