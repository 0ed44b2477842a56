// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.semaphores.v1.GetResponse;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class SemaphoresTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final PermitOptions LONG = PermitOptions.lease(Duration.ofSeconds(30));
  private static final PermitOptions SHORT = PermitOptions.lease(Duration.ofMillis(1500));

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Semaphores semaphores = quoin.semaphores();

  @AfterEach
  void closeClient() {
    quoin.close();
  }

  @Test
  void permitsAreTakenUpToTheLimit() {
    semaphores.configure(r -> r.setName("api").setLimit(3));
    try (LeaseHandle two =
        semaphores.acquire("api", LONG.withPermits(2).withLabel("me")).orElseThrow()) {
      assertThat(two.isHeld()).isTrue();
      assertThat(semaphores.acquire("api", LONG.withPermits(2))).isEmpty();

      GetResponse state = semaphores.get(r -> r.setName("api"));
      assertThat(state.getLimit()).isEqualTo(3);
      assertThat(state.getInUse()).isEqualTo(2);
      assertThat(state.getHoldersList())
          .singleElement()
          .satisfies(
              holder -> {
                assertThat(holder.getLabel()).isEqualTo("me");
                assertThat(holder.getFence()).isEqualTo(two.fence());
                assertThat(Times.instant(holder.getExpireTime())).isEqualTo(two.expireTime());
              });
    }
    assertThat(semaphores.get(r -> r.setName("api")).getInUse()).isZero();
  }

  @Test
  void whoWaitsGetsPermitsWhenTheyAreGivenBack() {
    LeaseHandle first = semaphores.acquire("api", LONG.withLimit(1)).orElseThrow();
    CompletableFuture<Optional<LeaseHandle>> waiting =
        semaphores.acquireAsync("api", LONG.withMaxWait(Duration.ofSeconds(30)));
    Eventually.until(
        "somebody waits", () -> semaphores.get(r -> r.setName("api")).getWaiterCount() == 1);

    first.close();

    assertThat(Eventually.get(waiting).orElseThrow().fence()).isGreaterThan(first.fence());
  }

  @Test
  void thisProcessRenewsWhatItAcquired() {
    LeaseHandle permits = semaphores.acquire("api", SHORT.withLimit(1)).orElseThrow();
    Instant first = permits.expireTime();

    Eventually.until("it is renewed", () -> permits.expireTime().isAfter(first));

    assertThat(permits.isHeld()).isTrue();
  }

  @Test
  void workIsDoneWhilePermitsAreHeld() {
    semaphores.configure(r -> r.setName("api").setLimit(1));

    boolean done =
        semaphores.run(
            "api",
            LONG,
            permits -> assertThat(semaphores.get(r -> r.setName("api")).getInUse()).isOne());

    assertThat(done).isTrue();
    assertThat(semaphores.get(r -> r.setName("api")).getInUse()).isZero();
  }

  @Test
  void holdTellsThePlaceInLineUntilItsTurn() throws InterruptedException {
    semaphores.configure(r -> r.setName("api").setLimit(2));
    LeaseHandle first = semaphores.hold("api", LONG.withPermits(2));
    BlockingQueue<Long> places = new LinkedBlockingQueue<>();
    CompletableFuture<LeaseHandle> second =
        semaphores.holdAsync("api", LONG.withOnWaiting(places::add));
    assertThat(places.poll(20, TimeUnit.SECONDS)).isEqualTo(1);

    first.close();

    assertThat(Eventually.get(second).isHeld()).isTrue();
  }

  @Test
  void revocationIsToldToWhoHoldsAndToWhoRenews() throws InterruptedException {
    semaphores.configure(r -> r.setName("api").setLimit(2));
    BlockingQueue<Lost> losses = new LinkedBlockingQueue<>();
    semaphores.hold("api", SHORT).onLost(losses::add);
    semaphores.acquire("api", SHORT).orElseThrow().onLost(losses::add);

    for (GetResponse.Holder holder : semaphores.get(r -> r.setName("api")).getHoldersList()) {
      assertThat(
              semaphores
                  .revoke(
                      r ->
                          r.setName("api")
                              .setId(holder.getId())
                              .setExplanation("maintenance")
                              .setActor("ops"))
                  .getPermits())
          .isEqualTo(1);
    }

    Lost revoked =
        Lost.newBuilder()
            .setReason(LostReason.LOST_REASON_REVOKED)
            .setExplanation("maintenance")
            .setActor("ops")
            .build();
    assertThat(losses.poll(20, TimeUnit.SECONDS)).isEqualTo(revoked);
    assertThat(losses.poll(20, TimeUnit.SECONDS)).isEqualTo(revoked);
  }

  @Test
  void refusalsSayWhy() {
    assertThat(reasonOf(() -> semaphores.tryAcquire("api", Duration.ofSeconds(5))))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_NOT_FOUND);
    semaphores.configure(r -> r.setName("api").setLimit(1));
    assertThat(reasonOf(() -> semaphores.hold("api", LONG.withPermits(2))))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_LIMIT_EXCEEDED);
    assertThatThrownBy(() -> semaphores.revoke(r -> r.setName("api").setId("nobody")))
        .isInstanceOf(NotHeldException.class);
    assertThatThrownBy(() -> semaphores.configure(r -> r.setName("api").setLimit(0)))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void semaphoreIsDeletedWhenNobodyUsesIt() {
    semaphores.configure(r -> r.setName("api").setLimit(1));
    LeaseHandle permits = semaphores.hold("api", LONG);
    assertThat(reasonOf(() -> semaphores.delete(r -> r.setName("api"))))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_IN_USE);

    permits.close();
    semaphores.delete(r -> r.setName("api"));

    assertThat(reasonOf(() -> semaphores.get(r -> r.setName("api"))))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_NOT_FOUND);
  }

  private static ErrorReason reasonOf(Runnable call) {
    try {
      call.run();
    } catch (QuoinException e) {
      return e.reason();
    }
    throw new AssertionError("it was not refused");
  }
}
