// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import io.grpc.Status;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class LocksTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final Duration LONG = Duration.ofSeconds(30);
  private static final Duration SHORT = Duration.ofMillis(1500);

  private final String namespace = SharedServer.freshNamespace();
  private final Quoin quoin = SERVER.client(namespace);
  private final Locks locks = quoin.locks();

  @AfterEach
  void closeClient() {
    quoin.close();
  }

  @Test
  void aFreeLockIsTakenAndDescribesItsGrant() {
    try (LeaseHandle lock = locks.tryAcquire("report", LONG).orElseThrow()) {
      assertThat(lock.name()).isEqualTo("report");
      assertThat(lock.token()).isNotEmpty();
      assertThat(lock.fence()).isPositive();
      assertThat(lock.isHeld()).isTrue();
      assertThat(Times.instant(locks.get(r -> r.setName("report")).getExpireTime()))
          .isEqualTo(lock.expireTime());
    }
  }

  @Test
  void aLockHeldByAnotherIsNotTaken() {
    LockOptions options = LockOptions.lease(LONG).withLabel("worker-1");
    try (LeaseHandle lock = locks.acquire("report", options).orElseThrow()) {
      assertThat(locks.tryAcquire("report", LONG)).isEmpty();

      GetResponse state = locks.get(r -> r.setName("report"));
      assertThat(state.getHeld()).isTrue();
      assertThat(state.getLabel()).isEqualTo("worker-1");
      assertThat(state.getFence()).isEqualTo(lock.fence());
    }
  }

  @Test
  void whoWaitsGetsTheLockWhenItIsGivenBack() {
    LeaseHandle first = locks.tryAcquire("report", LONG).orElseThrow();
    CompletableFuture<Optional<LeaseHandle>> waiting =
        locks.acquireAsync("report", LockOptions.lease(LONG).withMaxWait(LONG));
    Eventually.until(
        "somebody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 1);

    first.close();

    LeaseHandle second = Eventually.get(waiting).orElseThrow();
    assertThat(second.isHeld()).isTrue();
    assertThat(second.fence()).isGreaterThan(first.fence());
  }

  @Test
  void aLockWonAfterWaitingLongerThanItsLeaseIsHeld() {
    LeaseHandle first = locks.tryAcquire("report", LONG).orElseThrow();
    long asked = System.nanoTime();
    CompletableFuture<Optional<LeaseHandle>> waiting =
        locks.acquireAsync("report", LockOptions.lease(SHORT).withMaxWait(LONG));
    Eventually.until(
        "the wait is longer than the lease",
        () ->
            System.nanoTime() - asked > SHORT.toNanos()
                && locks.get(r -> r.setName("report")).getWaiterCount() == 1);

    first.close();

    assertThat(Eventually.get(waiting).orElseThrow().isHeld()).isTrue();
  }

  @Test
  void aWaitInVainEndsEmpty() {
    locks.tryAcquire("report", LONG).orElseThrow();

    assertThat(locks.acquire("report", LockOptions.lease(LONG).withMaxWait(Duration.ofMillis(20))))
        .isEmpty();
  }

  @Test
  void aFutureThatIsCancelledLeavesTheLine() {
    locks.tryAcquire("report", LONG).orElseThrow();
    CompletableFuture<Optional<LeaseHandle>> waiting =
        locks.acquireAsync("report", LockOptions.lease(LONG).withMaxWait(LONG));
    Eventually.until(
        "somebody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 1);

    waiting.cancel(true);

    Eventually.until(
        "nobody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 0);
  }

  @Test
  void aThreadThatIsInterruptedLeavesTheLine() throws Exception {
    locks.tryAcquire("report", LONG).orElseThrow();
    CompletableFuture<QuoinException> thrown = new CompletableFuture<>();
    Thread waiting =
        new Thread(
            () -> {
              try {
                locks.acquire("report", LockOptions.lease(LONG).withMaxWait(LONG));
              } catch (QuoinException e) {
                thrown.complete(e);
              }
            });
    waiting.start();
    Eventually.until(
        "somebody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 1);

    waiting.interrupt();

    assertThat(Eventually.get(thrown).code()).isEqualTo(Status.Code.CANCELLED);
    Eventually.until(
        "nobody waits", () -> locks.get(r -> r.setName("report")).getWaiterCount() == 0);
    waiting.join();
  }

  @Test
  void anOpenLockIsRenewed() {
    LeaseHandle lock = locks.tryAcquire("report", SHORT).orElseThrow();
    Instant first = lock.expireTime();

    Eventually.until("it is renewed", () -> lock.expireTime().isAfter(first));

    assertThat(lock.isHeld()).isTrue();
    assertThat(locks.get(r -> r.setName("report")).getFence()).isEqualTo(lock.fence());
  }

  @Test
  void aLossIsToldOnceAndClosingIsHarmless() throws InterruptedException {
    LeaseHandle lock = locks.tryAcquire("report", SHORT).orElseThrow();
    BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
    lock.onLost(losses::add);

    SERVER.expire(namespace, "report");

    assertThat(losses.poll(20, TimeUnit.SECONDS).getReason())
        .isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    assertThat(lock.isHeld()).isFalse();
    lock.close();
    lock.close();
    BlockingQueue<Lost> late = new LinkedBlockingQueue<>();
    lock.onLost(late::add);
    assertThat(late.poll(20, TimeUnit.SECONDS).getReason())
        .isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    assertThat(losses).isEmpty();
  }

  @Test
  void closingALockThatIsGoneDoesNotThrow() {
    LeaseHandle lock = locks.tryAcquire("report", LONG).orElseThrow();
    SERVER.expire(namespace, "report");

    lock.close();
    lock.close();

    assertThat(lock.isHeld()).isFalse();
  }

  @Test
  void nothingIsHeardOfALockThatIsClosed() throws InterruptedException {
    LeaseHandle closed = locks.tryAcquire("closed", SHORT).orElseThrow();
    List<Lost> losses = new CopyOnWriteArrayList<>();
    closed.onLost(losses::add);
    closed.close();

    // Another one, whose loss is heard of later than that of the first could be.
    LeaseHandle lost = locks.tryAcquire("lost", SHORT).orElseThrow();
    BlockingQueue<Lost> heard = new LinkedBlockingQueue<>();
    lost.onLost(heard::add);
    SERVER.expire(namespace, "lost");

    assertThat(heard.poll(20, TimeUnit.SECONDS)).isNotNull();
    assertThat(losses).isEmpty();
  }

  @Test
  void workIsDoneUnderALockOrNotAtAll() {
    List<Long> fences = new CopyOnWriteArrayList<>();
    LockOptions options = LockOptions.lease(LONG);

    boolean done =
        locks.run(
            "report",
            options,
            lock -> {
              fences.add(lock.fence());
              assertThat(locks.run("report", options, other -> fences.add(0L))).isFalse();
            });

    assertThat(done).isTrue();
    assertThat(fences).hasSize(1);
    assertThat(locks.get(r -> r.setName("report")).getHeld()).isFalse();
  }

  @Test
  void namespacesDoNotSeeEachOther() {
    try (Quoin other = SERVER.client(SharedServer.freshNamespace())) {
      locks.tryAcquire("report", LONG).orElseThrow();

      assertThat(other.locks().get(r -> r.setName("report")).getHeld()).isFalse();
      assertThat(other.locks().tryAcquire("report", LONG)).isPresent();
    }
  }

  @Test
  void closingTheClientGivesBackItsLocks() {
    Quoin other = SERVER.client(namespace);
    LeaseHandle leased = other.locks().tryAcquire("leased", LONG).orElseThrow();
    LeaseHandle held = other.locks().hold("held", LockOptions.lease(LONG));

    other.close();

    assertThat(locks.get(r -> r.setName("leased")).getHeld()).isFalse();
    assertThat(locks.get(r -> r.setName("held")).getHeld()).isFalse();
    assertThat(leased.isHeld() || held.isHeld()).isFalse();
    assertThatThrownBy(() -> other.locks().get(r -> r.setName("leased")))
        .isInstanceOf(ClosedException.class);
  }

  @Test
  void aRepeatedRequestIsAnsweredWithTheSameGrant() {
    AcquireRequest request =
        AcquireRequest.newBuilder().setName("report").setRequestId("5d1f7c2a90b34e68").build();
    LocksGrpc.LocksBlockingStub stub = LocksGrpc.newBlockingStub(quoin.channel());

    AcquireResponse first = stub.acquire(request);

    assertThat(stub.acquire(request)).isEqualTo(first);
    assertThatThrownBy(() -> stub.acquire(request.toBuilder().setLabel("other").build()))
        .extracting(failure -> QuoinException.from(failure).reason())
        .isEqualTo(ErrorReason.ERROR_REASON_REQUEST_ID_REUSED);
  }
}
