// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.Mode;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many readers and writers at once: a writer is alone, and everybody has a turn. */
@Tag("redis")
final class SharedContentionTest {
  private static final int CLIENTS = 8;
  private static final int TURNS = 40;
  private static final int WRITER = 1_000;

  /** Readers inside count 1 each, a writer counts {@value #WRITER}. */
  private final AtomicInteger inside = new AtomicInteger();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void writersAreAloneReadersAreNotAndEverybodyHasItsTurns() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);

    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      int seed = i;
      Callable<Void> client = () -> turns(new Random(seed));
      all.add(clients.submit(client));
    }
    for (Future<?> one : all) {
      one.get(60, TimeUnit.SECONDS);
    }
    clients.shutdown();
    assertThat(LockCalls.state("both").getHeld()).isFalse();
    assertThat(LockCalls.state("both").getWaiterCount()).isZero();
  }

  private Void turns(Random random) {
    for (int i = 0; i < TURNS; i++) {
      TestServer server = random.nextBoolean() ? TestServer.first() : TestServer.second();
      boolean reads = random.nextInt(3) > 0;
      AcquireResponse granted =
          server
              .locks()
              .acquire(
                  LockCalls.request("both")
                      .setMode(reads ? Mode.MODE_SHARED : Mode.MODE_EXCLUSIVE)
                      .setWait(Durations.fromSeconds(50))
                      .build());
      assertThat(granted.getAcquired()).isTrue();
      int own = reads ? 1 : WRITER;
      int together = inside.addAndGet(own);
      assertThat(reads ? together : together - WRITER)
          .as(reads ? "readers with a reader" : "others with a writer")
          .isBetween(reads ? 1 : 0, reads ? CLIENTS : 0);
      inside.addAndGet(-own);
      LockCalls.release("both", granted.getToken());
    }
    return null;
  }
}
