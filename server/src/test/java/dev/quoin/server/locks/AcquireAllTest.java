// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.awaitFree;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.shared;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireAllResponse.Grant;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class AcquireAllTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void allLocksAreTakenWithTokensInTheOrderOfTheNamesAndOneTimeOfTheirEnd() {
    AcquireAllResponse all = acquireAll(names("c", "a", "b").setLabel("me"));

    assertThat(all.getAcquired()).isTrue();
    assertThat(all.getGrantsList()).extracting(Grant::getName).containsExactly("c", "a", "b");
    for (Grant grant : all.getGrantsList()) {
      assertThat(state(grant.getName()).getLabel()).isEqualTo("me");
      assertThat(state(grant.getName()).getFence()).isEqualTo(grant.getFence());
      assertThat(Timestamps.compare(state(grant.getName()).getExpireTime(), all.getExpireTime()))
          .as("it lasts at least as long")
          .isNotNegative();
      release(grant.getName(), grant.getToken());
    }
  }

  @Test
  void oneBusyLockMeansNoneAndIsNamed() {
    acquire(request("b").setLabel("other"));

    AcquireAllResponse none = acquireAll(names("a", "b", "c"));

    assertThat(none.getAcquired()).isFalse();
    assertThat(none.getGrantsList()).isEmpty();
    assertThat(none.hasExpireTime()).isFalse();
    assertThat(none.getBusyName()).isEqualTo("b");
    assertThat(none.getLabel()).isEqualTo("other");
    assertThat(none.getPosition()).isEqualTo(1);
    assertThat(none.hasRetryAfter()).isTrue();
    assertThat(state("a").getHeld()).isFalse();
    assertThat(state("c").getHeld()).isFalse();
  }

  @Test
  void waitsForABusyLockAndKeepsTheOthersMeanwhile() throws Exception {
    AcquireResponse busy = acquire(request("b"));
    ListenableFuture<AcquireAllResponse> waiting =
        waitForAll(names("a", "b", "c").setLease(Durations.fromMillis(400)), 60);
    awaitWaiters("b", 1);
    long fence = state("a").getFence();
    long first = Timestamps.toMillis(state("a").getExpireTime());
    Eventually.until(
        "the lease of the lock it has is renewed",
        () -> Timestamps.toMillis(state("a").getExpireTime()) > first + 1_000);
    assertThat(state("a").getFence()).isEqualTo(fence);

    release("b", busy.getToken());

    assertThat(waiting.get(10, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  @Test
  void waitInVainGivesEverythingBack() {
    acquire(request("b"));

    AcquireAllResponse none = acquireAll(names("a", "b").setWait(Durations.fromMillis(200)));

    assertThat(none.getAcquired()).isFalse();
    assertThat(none.getBusyName()).isEqualTo("b");
    assertThat(state("a").getHeld()).isFalse();
    assertThat(state("b").getWaiterCount()).isZero();
  }

  @Test
  void cancelledCallGivesEverythingBack() {
    acquire(request("b"));
    ListenableFuture<AcquireAllResponse> waiting = waitForAll(names("a", "b"), 60);
    awaitWaiters("b", 1);

    waiting.cancel(true);

    awaitFree("a");
    awaitWaiters("b", 0);
  }

  @Test
  void cancellingAtAnyMomentLeavesNothingHeld() {
    Random random = new Random(7);
    for (int i = 0; i < 40; i++) {
      ListenableFuture<AcquireAllResponse> call =
          waitForAll(names("a", "b", "c", "d").setLease(Durations.fromMillis(500)), 60);
      long until = System.nanoTime() + random.nextInt(4_000_000);
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      call.cancel(true);
    }
    for (String name : List.of("a", "b", "c", "d")) {
      awaitFree(name);
      awaitWaiters(name, 0);
    }
  }

  @Test
  void lockThatIsRevokedWhileItWaitsEndsTheCall() {
    acquire(request("b"));
    ListenableFuture<AcquireAllResponse> waiting =
        waitForAll(names("a", "b").setLease(Durations.fromMillis(600)), 60);
    awaitWaiters("b", 1);

    TestServer.second()
        .locks()
        .revoke(RevokeRequest.newBuilder().setName("a").setExplanation("stop").build());

    assertThat(waiting)
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableOfType(ExecutionException.class)
        .satisfies(e -> assertThat(Refused.of(e.getCause()).reason()).isEqualTo("LOCK_REVOKED"));
    awaitWaiters("b", 0);
  }

  @Test
  void readersTakeAllTogether() {
    acquire(shared("a"));

    assertThat(acquireAll(names("a", "b").setMode(Mode.MODE_SHARED)).getAcquired()).isTrue();
    assertThat(acquireAll(names("b", "a").setMode(Mode.MODE_SHARED)).getAcquired()).isTrue();
    assertThat(state("a").getReaderCount()).isEqualTo(3);
    assertThat(acquireAll(names("b")).getBusyName()).isEqualTo("b");
  }

  @Test
  void repeatedRequestGetsTheSameGrants() {
    AcquireAllRequest.Builder request = names("a", "b").setRequestId("r-1");
    AcquireAllResponse granted = acquireAll(request);

    assertThat(acquireAll(request).getGrantsList()).isEqualTo(granted.getGrantsList());
    assertThat(Refused.by(() -> acquireAll(names("a").setRequestId("r-1"))).reason())
        .isEqualTo("REQUEST_ID_REUSED");
    assertThat(Refused.by(() -> acquire(request("a").setRequestId("r-1"))).reason())
        .isEqualTo("REQUEST_ID_REUSED");
  }

  @Test
  void requestThatGotNothingMayBeRepeated() throws Exception {
    AcquireResponse busy = acquire(request("b"));
    AcquireAllRequest.Builder request = names("a", "b").setRequestId("r-1");
    assertThat(acquireAll(request).getAcquired()).isFalse();
    assertThat(acquireAll(request).getAcquired()).isFalse();
    release("b", busy.getToken());

    assertThat(acquireAll(request).getAcquired()).isTrue();
  }

  @Test
  void badNamesAreRefused() {
    assertThat(fields(names("a", "b", "a"))).containsExactly("names");
    assertThat(fields(names())).containsExactly("names");
    assertThat(fields(names("a", ""))).containsExactly("names[1]");
    assertThat(fields(names("a\n"))).containsExactly("names[0]");
    assertThat(fields(names().addAllNames(Collections.nCopies(17, "a")))).contains("names");
    assertThat(TestRedis.commands().keys("quoin:default:locks:{[^%]*")).isEmpty();
  }

  @Test
  void callersThatNameTheLocksInDifferentOrdersNeverWaitInACircle() throws Exception {
    int clients = 6;
    List<String> names = List.of("a", "b", "c", "d");
    AtomicIntegerArray inside = new AtomicIntegerArray(names.size());
    ExecutorService pool = Executors.newFixedThreadPool(clients);
    List<Future<Integer>> counts = new ArrayList<>();
    for (int c = 0; c < clients; c++) {
      Random random = new Random(c);
      Callable<Integer> client = () -> contend(random, names, inside, 15);
      counts.add(pool.submit(client));
    }
    for (Future<Integer> count : counts) {
      assertThat(count.get(60, TimeUnit.SECONDS)).isEqualTo(15);
    }
    pool.shutdown();
  }

  private static int contend(
      Random random, List<String> names, AtomicIntegerArray inside, int rounds) {
    for (int i = 0; i < rounds; i++) {
      List<String> some = new ArrayList<>(names);
      Collections.shuffle(some, random);
      List<String> wanted = some.subList(0, 2 + random.nextInt(3));
      TestServer server = random.nextBoolean() ? TestServer.first() : TestServer.second();
      AcquireAllResponse all =
          server
              .locks()
              .acquireAll(
                  names(wanted.toArray(String[]::new)).setWait(Durations.fromSeconds(50)).build());
      assertThat(all.getAcquired()).isTrue();
      for (String name : wanted) {
        assertThat(inside.incrementAndGet(names.indexOf(name))).isEqualTo(1);
      }
      for (Grant grant : all.getGrantsList()) {
        inside.decrementAndGet(names.indexOf(grant.getName()));
        release(grant.getName(), grant.getToken());
      }
    }
    return rounds;
  }

  private static List<String> fields(AcquireAllRequest.Builder request) {
    Refused refused = Refused.by(() -> acquireAll(request));
    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    return refused.fields();
  }

  private static AcquireAllRequest.Builder names(String... names) {
    return AcquireAllRequest.newBuilder()
        .addAllNames(List.of(names))
        .setLease(Durations.fromSeconds(600));
  }

  private static AcquireAllResponse acquireAll(AcquireAllRequest.Builder request) {
    return TestServer.first().locks().acquireAll(request.build());
  }

  private static ListenableFuture<AcquireAllResponse> waitForAll(
      AcquireAllRequest.Builder request, int seconds) {
    return TestServer.first()
        .futureLocks()
        .acquireAll(request.setWait(Durations.fromSeconds(seconds)).build());
  }
}
