// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.locks.v1.GetResponse;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class HoldTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final LockOptions LONG = LockOptions.lease(Duration.ofSeconds(30));
  private static final LockOptions SHORT = LockOptions.lease(Duration.ofMillis(1500));

  private final String namespace = SharedServer.freshNamespace();
  private final Quoin quoin = SERVER.client(namespace);
  private final Locks locks = quoin.locks();

  @AfterEach
  void closeClient() {
    quoin.close();
  }

  @Test
  void aFreeLockIsHeldAtOnce() {
    try (LeaseHandle lock = locks.hold("report", LONG.withLabel("worker-1"))) {
      assertThat(lock.isHeld()).isTrue();

      GetResponse state = locks.get(r -> r.setName("report"));
      assertThat(state.getLabel()).isEqualTo("worker-1");
      assertThat(state.getFence()).isEqualTo(lock.fence());
      assertThat(Times.instant(state.getExpireTime())).isEqualTo(lock.expireTime());
    }
  }

  @Test
  void whoWaitsIsToldItsPlaceUntilItsTurn() throws InterruptedException {
    LeaseHandle first = locks.hold("report", LONG);
    BlockingQueue<Long> ofSecond = new LinkedBlockingQueue<>();
    BlockingQueue<Long> ofThird = new LinkedBlockingQueue<>();
    CompletableFuture<LeaseHandle> second =
        locks.holdAsync("report", LONG.withOnWaiting(ofSecond::add));
    awaitPlace(1, ofSecond);
    CompletableFuture<LeaseHandle> third =
        locks.holdAsync("report", LONG.withOnWaiting(ofThird::add));
    awaitPlace(2, ofThird);

    first.close();

    assertThat(Eventually.get(second).fence()).isGreaterThan(first.fence());
    awaitPlace(1, ofThird);
    Eventually.get(second).close();
    assertThat(Eventually.get(third).isHeld()).isTrue();
  }

  @Test
  void aLockWonAfterWaitingLongerThanItsLeaseIsHeld() {
    LeaseHandle first = locks.hold("report", LONG);
    long asked = System.nanoTime();
    CompletableFuture<LeaseHandle> waiting = locks.holdAsync("report", SHORT);
    Eventually.until(
        "the wait is longer than the lease",
        () -> System.nanoTime() - asked > SHORT.lease().toNanos());

    first.close();

    assertThat(Eventually.get(waiting).isHeld()).isTrue();
  }

  @Test
  void closingFreesTheLockAtOnce() {
    LeaseHandle lock = locks.hold("report", LONG);

    lock.close();
    lock.close();

    assertThat(lock.isHeld()).isFalse();
    assertThat(locks.get(r -> r.setName("report")).getHeld()).isFalse();
  }

  @Test
  void aFutureThatIsEndedLeavesTheLine() {
    locks.hold("report", LONG);
    CompletableFuture<LeaseHandle> waiting = locks.holdAsync("report", LONG);
    Eventually.until(
        "somebody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 1);

    waiting.orTimeout(1, TimeUnit.MILLISECONDS);

    Eventually.until(
        "nobody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 0);
  }

  @Test
  void theServerRenewsAHeldLock() {
    LeaseHandle lock = locks.hold("report", SHORT);
    Instant first = lock.expireTime();

    Eventually.until("it is renewed", () -> lock.expireTime().isAfter(first));

    assertThat(lock.isHeld()).isTrue();
  }

  @Test
  void aLossIsTold() throws InterruptedException {
    LeaseHandle lock = locks.hold("report", SHORT);
    BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
    lock.onLost(losses::add);

    SERVER.expire(namespace, "report");

    assertThat(losses.poll(20, TimeUnit.SECONDS).getReason())
        .isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    assertThat(lock.isHeld()).isFalse();
    lock.close();
    assertThat(losses).isEmpty();
  }

  @Test
  void aHoldThatIsNotAllowedIsRefused() {
    assertThatThrownBy(() -> locks.hold("", LONG)).isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void aHeldLockAndItsLineSurviveARestartOfTheServer() {
    try (TestServer server = new TestServer();
        Quoin client = Quoin.connect(server.address())) {
      BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
      LeaseHandle first = client.locks().hold("report", LONG);
      first.onLost(losses::add);
      CompletableFuture<LeaseHandle> second = client.locks().holdAsync("report", LONG);
      Eventually.until(
          "somebody waits",
          () -> client.locks().get(r -> r.setName("report")).getWaiterCount() == 1);
      Instant before = first.expireTime();

      server.stop();
      server.start();

      Eventually.until("it goes on", () -> first.expireTime().isAfter(before.plusMillis(1)));
      Eventually.until("somebody waits", () -> waiters(client) == 1);
      assertThat(first.isHeld()).isTrue();
      assertThat(client.locks().get(r -> r.setName("report")).getFence()).isEqualTo(first.fence());
      assertThat(losses).isEmpty();

      first.close();
      assertThat(Eventually.get(second).fence()).isGreaterThan(first.fence());
    }
  }

  /** How many wait; -1 while the server is away. */
  private static long waiters(Quoin client) {
    try {
      return client.locks().get(r -> r.setName("report")).getWaiterCount();
    } catch (UnavailableException e) {
      return -1;
    }
  }

  /** A place may be told more than once: every few seconds while nothing changes. */
  private static void awaitPlace(long place, BlockingQueue<Long> told) throws InterruptedException {
    Long newest;
    do {
      newest = told.poll(20, TimeUnit.SECONDS);
      assertThat(newest).as("a place is told").isNotNull();
    } while (newest != place);
  }
}
