// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc.LocksBlockingStub;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Five clients, one lock, short leases: a test that many locks fail (spec 2 §4). */
@Tag("redis")
final class LockContentionTest {
  private static final int CLIENTS = 5;
  private static final int GRANTS = 80;
  private static final long LEASE_MILLIS = 200;

  /** What the lock protects: it takes a write only from the newest holder. */
  private static final class Resource {
    private final AtomicLong newestFence = new AtomicLong();
    private final AtomicInteger writesOfStaleHolders = new AtomicInteger();
    private final AtomicInteger refusalsOfRightfulHolders = new AtomicInteger();

    void write(AcquireResponse grant) {
      long seen = newestFence.getAndAccumulate(grant.getFence(), Math::max);
      if (grant.getFence() < seen) {
        writesOfStaleHolders.incrementAndGet();
        if (micros() < Timestamps.toMicros(grant.getExpireTime())) {
          refusalsOfRightfulHolders.incrementAndGet();
        }
      }
    }
  }

  /** A time in microseconds during which a client held the lock: cut off where its lease ended. */
  private record Stay(long begin, long end) {}

  private final ConcurrentLinkedQueue<Stay> stays = new ConcurrentLinkedQueue<>();
  private final ConcurrentLinkedQueue<Long> fences = new ConcurrentLinkedQueue<>();
  private final Resource resource = new Resource();
  private final AtomicInteger overslept = new AtomicInteger();

  @BeforeEach
  void clear() {
    TestRedis.clear();
    // Started before the time begins to run.
    TestServer.first().locks().get(GetRequest.newBuilder().setName("book").build());
    TestServer.second().locks().get(GetRequest.newBuilder().setName("book").build());
  }

  @Test
  void fiveClientsWithShortLeasesNeverHoldTheLockTogether() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      int seed = i;
      all.add(clients.submit(() -> contend(seed)));
    }
    for (Future<?> client : all) {
      client.get(120, TimeUnit.SECONDS);
    }
    clients.shutdown();

    assertNeverTwoAtOnce();
    assertThat(fences).as("every grant has its own fence").doesNotHaveDuplicates();
    assertThat(fences).hasSize(CLIENTS * GRANTS);
    assertThat(overslept).as("clients that outlived their lease").hasPositiveValue();
    assertThat(resource.writesOfStaleHolders)
        .as("stale holders are found out by their fence")
        .hasPositiveValue();
    assertThat(resource.refusalsOfRightfulHolders).hasValue(0);
  }

  @Test
  void nobodyLosesALockBeforeItsLeaseEnds() throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(12);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      int client = i;
      all.add(clients.submit(() -> holdLong(client)));
    }
    for (Future<?> client : all) {
      client.get(120, TimeUnit.SECONDS);
    }
    clients.shutdown();
  }

  /** Redis and the clients of this test read the same clock. */
  private static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }

  private void assertNeverTwoAtOnce() {
    List<Stay> inOrder =
        stays.stream()
            .filter(stay -> stay.end > stay.begin)
            .sorted(Comparator.comparingLong(Stay::begin))
            .toList();
    assertThat(inOrder).isNotEmpty();
    for (int i = 1; i < inOrder.size(); i++) {
      assertThat(inOrder.get(i).begin)
          .as("begin of a stay after the end of the one before")
          .isGreaterThanOrEqualTo(inOrder.get(i - 1).end);
    }
  }

  /** Release throws when the lock is not held, although its lease is ten minutes. */
  private static void holdLong(int client) {
    LocksBlockingStub locks = (client % 2 == 0 ? TestServer.first() : TestServer.second()).locks();
    String name = "long " + client % 3;
    for (int grants = 0; grants < GRANTS; grants++) {
      AcquireResponse granted =
          locks.acquire(
              AcquireRequest.newBuilder()
                  .setName(name)
                  .setLease(Durations.fromSeconds(600))
                  .setWait(Durations.fromSeconds(30))
                  .build());
      assertThat(granted.getAcquired()).isTrue();
      locks.release(ReleaseRequest.newBuilder().setName(name).setToken(granted.getToken()).build());
    }
  }

  /** Mostly releases in time; at times outlives its lease, or is gone without a word. */
  private void contend(int seed) {
    Random random = new Random(seed);
    LocksBlockingStub locks = (seed % 2 == 0 ? TestServer.first() : TestServer.second()).locks();
    int grants = 0;
    while (grants < GRANTS) {
      AcquireResponse granted =
          locks.acquire(
              AcquireRequest.newBuilder()
                  .setName("book")
                  .setLease(Durations.fromMillis(LEASE_MILLIS))
                  .setWait(Durations.fromSeconds(5))
                  .build());
      if (!granted.getAcquired()) {
        continue;
      }
      grants++;
      fences.add(granted.getFence());
      int way = grants == 2 ? 0 : random.nextInt(100);
      if (way == 0) {
        overslept.incrementAndGet();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(LEASE_MILLIS * 2));
        resource.write(granted);
        releaseIfHeld(locks, granted);
      } else {
        long begin = micros();
        resource.write(granted);
        stays.add(
            new Stay(begin, Math.min(micros(), Timestamps.toMicros(granted.getExpireTime()))));
        if (way > 1) {
          releaseIfHeld(locks, granted);
        }
      }
    }
  }

  private static void releaseIfHeld(LocksBlockingStub locks, AcquireResponse granted) {
    try {
      locks.release(
          ReleaseRequest.newBuilder().setName("book").setToken(granted.getToken()).build());
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getDescription()).contains("does not hold the lock");
    }
  }
}
