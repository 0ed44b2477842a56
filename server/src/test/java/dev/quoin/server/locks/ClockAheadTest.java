// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.shared;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.SetArgs;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Leases that were written while the clock of Redis was a year ahead. */
@Tag("redis")
final class ClockAheadTest {
  private static final long YEAR_MILLIS = TimeUnit.DAYS.toMillis(365);
  private static final String OWNER = "quoin:default:locks:{a}:owner";
  private static final String MARKS = "quoin:default:locks:{a}:marks";

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void lockIsHeldForItsLeaseFromNowOn() {
    for (Supplier<AcquireResponse> next :
        java.util.List.<Supplier<AcquireResponse>>of(
            () -> acquire(request("a")),
            () -> acquire(request("a").setRequestId("r-1")),
            () -> acquire(shared("a")))) {
      AcquireResponse held = acquire(request("a"));
      putAhead(held);

      AcquireResponse refused = next.get();

      assertThat(refused.getAcquired()).isFalse();
      assertThat(Durations.toSeconds(refused.getRetryAfter())).isBetween(590L, 600L);
      assertThat(secondsLeft(state("a").getExpireTime())).isBetween(500L, 700L);
      release("a", held.getToken());
    }
  }

  @Test
  void waiterIsServedWhenTheLeaseEnds() throws Exception {
    AcquireResponse held = acquire(request("a").setLease(Durations.fromMillis(500)));
    putAhead(held);
    AcquireRequest waiting = request("a").setWait(Durations.fromSeconds(60)).build();

    AcquireResponse granted =
        TestServer.second().futureLocks().acquire(waiting).get(20, TimeUnit.SECONDS);

    assertThat(granted.getAcquired()).isTrue();
    assertThat(granted.getFence()).isGreaterThan(held.getFence());
  }

  @Test
  void readersHoldTheLockForTheirLeasesFromNowOn() {
    AcquireResponse one = acquire(shared("a"));
    AcquireResponse other = acquire(shared("a").setLease(Durations.fromSeconds(100)));
    double end = TestRedis.commands().zscore(MARKS, one.getToken());
    TestRedis.commands().zadd(MARKS, end - YEAR_MILLIS, one.getToken());
    putOwnerAhead();

    assertThat(acquire(request("a")).getAcquired()).isFalse();

    assertThat(state("a").getReaderCount()).isEqualTo(2);
    assertThat(secondsLeft(state("a").getExpireTime())).isBetween(500L, 700L);
    release("a", one.getToken());
    assertThat(secondsLeft(state("a").getExpireTime())).isBetween(50L, 100L);
    release("a", other.getToken());
    assertThat(acquire(request("a")).getAcquired()).isTrue();
  }

  private static void putAhead(AcquireResponse held) {
    assertThat(held.getAcquired()).isTrue();
    putOwnerAhead();
  }

  /** The end of the lease is the fifth word. */
  private static void putOwnerAhead() {
    String[] words = TestRedis.commands().get(OWNER).split(" ", -1);
    words[4] = String.valueOf(Long.parseLong(words[4]) + YEAR_MILLIS);
    TestRedis.commands().set(OWNER, String.join(" ", words), SetArgs.Builder.keepttl());
  }

  private static long secondsLeft(Timestamp end) {
    return (Timestamps.toMillis(end) - System.currentTimeMillis()) / 1_000;
  }
}
