// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.await;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.expire;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The ways in which locks that are mostly right go wrong (spec 2 §4), and what else callers do. */
@Tag("redis")
final class FailureModesTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void waiterBehindManyDeadOnesIsServedAtOnce() throws Exception {
    AcquireResponse holder = acquire(request("a"));
    ListenableFuture<AcquireResponse> waiting = await(TestServer.first(), request("a"));
    awaitWaiters("a", 1);
    TestRedis.commands()
        .eval(
            "for i = 1, 80000 do redis.call('ZADD', KEYS[1], i, 'dead ' .. i .. ' 60000 - x ') end",
            ScriptOutputType.STATUS,
            "quoin:default:locks:{a}:line");

    release("a", holder.getToken());

    assertThat(waiting.get(15, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  @Test
  void holderThatWasTooSlowIsToldSoAndDoesNotReleaseItsSuccessorsLock() {
    AcquireResponse slow = acquire(request("a"));
    expire("a");
    AcquireResponse successor = acquire(request("a"));

    assertThat(Refused.by(() -> release("a", slow.getToken())).reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(successor.getFence()).as("by which it is found out").isGreaterThan(slow.getFence());
    assertThat(state("a").getFence()).isEqualTo(successor.getFence());
  }

  @Test
  void holderThatCrashedIsKnownToOthersAndItsLockIsFreeWhenTheLeaseEnds() {
    acquire(request("a").setLabel("host 7").setLease(Durations.fromSeconds(2)));

    AcquireResponse told = acquire(request("a"));
    assertThat(told.getLabel()).isEqualTo("host 7");
    assertThat(Durations.toMillis(told.getRetryAfter())).isBetween(1L, 2_000L);
    Eventually.until("the lease has ended", () -> acquire(request("a")).getAcquired());
  }

  @Test
  void onlyOneOfManyGetsTheLockWhenItExpires() throws Exception {
    acquire(request("a"));
    List<ListenableFuture<AcquireResponse>> waiting = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      waiting.add(await(i % 2 == 0 ? TestServer.first() : TestServer.second(), request("a")));
    }
    awaitWaiters("a", 10);
    expire("a");
    Callable<Integer> newcomer =
        () -> {
          int taken = 0;
          for (int i = 0; i < 100; i++) {
            taken += acquire(request("a")).getAcquired() ? 1 : 0;
          }
          return taken;
        };
    ExecutorService newcomers = Executors.newFixedThreadPool(4);
    List<Future<Integer>> counts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      counts.add(newcomers.submit(newcomer));
    }
    int taken = 0;
    for (Future<Integer> count : counts) {
      taken += count.get(30, TimeUnit.SECONDS);
    }
    newcomers.shutdown();

    Eventually.until("one of those in line is served", () -> served(waiting) == 1);
    assertThat(taken).as("newcomers served before those in line").isZero();
    assertThat(served(waiting)).isEqualTo(1);
    assertThat(state("a").getWaiterCount()).isEqualTo(9);
    waiting.forEach(one -> one.cancel(true));
    awaitWaiters("a", 0);
  }

  @Test
  void ofAllThatBelieveToHoldTheLockOnlyTheNewestHasTheGreatestFence() {
    List<AcquireResponse> believers = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      believers.add(acquire(request("a")));
      if (i < 4) {
        expire("a");
      }
    }

    assertThat(believers).extracting(AcquireResponse::getFence).isSorted().doesNotHaveDuplicates();
    for (AcquireResponse believer : believers.subList(0, 4)) {
      assertThat(Refused.by(() -> release("a", believer.getToken())).reason())
          .isEqualTo("LOCK_NOT_HELD");
    }
    release("a", believers.get(4).getToken());
  }

  @Test
  void holderThatAcquiresAgainWaitsForItselfAndThatIsSeen() {
    acquire(request("a").setLabel("me").setRequestId("one"));

    AcquireResponse again = acquire(request("a").setLabel("me").setRequestId("two"));
    assertThat(again.getAcquired()).isFalse();
    assertThat(again.getLabel()).isEqualTo("me");
    var waiting = await(TestServer.first(), request("a").setLabel("me").setRequestId("two"));
    awaitWaiters("a", 1);
    GetResponse state = state("a");
    assertThat(state.getHolders(0).getLabel()).isEqualTo("me");
    assertThat(state.getWaiters(0).getLabel()).isEqualTo("me");
    waiting.cancel(true);
  }

  @Test
  void fullLineTakesNobodyMore() {
    acquire(request("a").setLease(Durations.fromHours(1)));
    String fill =
        "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], i, 'gone t' .. i .. ' 1000 - x ') end"
            + " return 1";
    TestRedis.commands()
        .eval(
            fill,
            ScriptOutputType.INTEGER,
            new String[] {"quoin:default:locks:{a}:line"},
            "200000");

    Refused refused = Refused.by(() -> acquire(request("a").setWait(Durations.fromSeconds(30))));

    assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(refused.reason()).isEqualTo("LOCK_TOO_MANY_WAITERS");
    assertThat(state("a").getWaiterCount()).isEqualTo(200_000);
    assertThat(acquire(request("a")).getPosition()).isEqualTo(200_001);
  }

  @Test
  void redisWithoutMemoryRefusesWritesAndKeepsWhatThereIs() {
    AcquireResponse held = acquire(request("a"));
    limitMemory("1mb");
    try {
      Refused refused = Refused.by(() -> acquire(request("b")));

      assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
      assertThat(refused.reason()).isEqualTo("STORE_FULL");
      assertThat(state("a").getFence()).isEqualTo(held.getFence());
    } finally {
      limitMemory("0");
    }
    assertThat(acquire(request("b")).getAcquired()).isTrue();
  }

  private static void limitMemory(String bytes) {
    TestRedis.nodes().forEach(node -> node.commands().configSet("maxmemory", bytes));
  }

  private static long served(List<ListenableFuture<AcquireResponse>> waiting) {
    return waiting.stream().filter(ListenableFuture::isDone).count();
  }
}
