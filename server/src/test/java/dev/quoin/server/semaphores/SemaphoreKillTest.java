// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.await;
import static dev.quoin.server.semaphores.Permits.awaitWaiters;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.granted;
import static dev.quoin.server.semaphores.Permits.release;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Two servers, one killed in the middle. */
@Tag("redis")
final class SemaphoreKillTest {
  @AfterEach
  void endStreams() {
    Holding.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void holdersAndWaitersOfAKilledServerGiveWayAndTheOthersAreServedInOrder() throws Exception {
    configure("a", 3);
    try (ServerProcess doomed =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      AcquireResponse holder = take("a", 1);
      Holding lost = new Holding();
      SemaphoresGrpc.newStub(doomed.channel())
          .hold(Holding.request("a", 2_000).setPermits(2).build(), lost);
      lost.granted();
      List<ListenableFuture<AcquireResponse>> alive = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        SemaphoresGrpc.newStub(doomed.channel())
            .hold(Holding.request("a", 60_000).setPermits(3).build(), new Holding());
        awaitWaiters("a", 2 * i + 1);
        alive.add(await(i % 2 == 0 ? TestServer.first() : TestServer.second(), ask("a", 2)));
        awaitWaiters("a", 2 * i + 2);
      }

      doomed.kill();

      // Two permits come free with the lease of the killed server's holder; its large requests at
      // the head of the line are in nobody's way.
      AcquireResponse first = granted(alive.get(0));
      assertThat(first.getInUse()).isEqualTo(3);
      release("a", holder);
      long fence = first.getFence();
      AcquireResponse last = first;
      for (ListenableFuture<AcquireResponse> next : alive.subList(1, 4)) {
        release("a", last);
        last = granted(next);
        assertThat(last.getFence()).isGreaterThan(fence);
        fence = last.getFence();
      }
      release("a", last);
      Eventually.until("nobody is left", () -> state("a").getInUse() == 0);
      assertThat(state("a").getWaiterCount()).isZero();
    }
  }
}
