// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.errors.v1.ErrorReason;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
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
    semaphores.configure("api", 3);
    try (Permits two =
        semaphores.acquire("api", LONG.withPermits(2).withHolder("me")).orElseThrow()) {
      assertThat(two.permits()).isEqualTo(2);
      assertThat(two.isHeld()).isTrue();
      assertThat(semaphores.acquire("api", LONG.withPermits(2))).isEmpty();

      SemaphoreState state = semaphores.get("api");
      assertThat(state.limit()).isEqualTo(3);
      assertThat(state.inUse()).isEqualTo(2);
      assertThat(state.holders())
          .singleElement()
          .satisfies(
              holder -> {
                assertThat(holder.holder()).isEqualTo("me");
                assertThat(holder.fence()).isEqualTo(two.fence());
                assertThat(holder.expireTime()).isEqualTo(two.expireTime());
              });
    }
    assertThat(semaphores.get("api").inUse()).isZero();
  }

  @Test
  void listFindsSemaphoresByTheBeginningOfTheirNames() {
    for (int i = 0; i < 120; i++) {
      semaphores.configure("api/" + i, 3);
    }
    semaphores.configure("other", 1);
    semaphores.acquire("api/7", LONG.withPermits(2)).orElseThrow();

    Map<String, Semaphores.Summary> found = new HashMap<>();
    semaphores.list("api/").forEach(semaphore -> found.put(semaphore.name(), semaphore));

    assertThat(found).hasSize(120).doesNotContainKey("other");
    assertThat(found.get("api/7")).isEqualTo(new Semaphores.Summary("api/7", 3, 2, 1, 0));
    assertThat(semaphores.list("")).extracting(Semaphores.Summary::name).contains("other");
  }

  @Test
  void whoWaitsGetsPermitsWhenTheyAreGivenBack() {
    Permits first = semaphores.acquire("api", LONG.withLimit(1)).orElseThrow();
    CompletableFuture<Optional<Permits>> waiting =
        semaphores.acquireAsync("api", LONG.withMaxWait(Duration.ofSeconds(30)));
    Eventually.until("somebody waits", () -> semaphores.get("api").waiters() == 1);

    first.close();

    assertThat(Eventually.get(waiting).orElseThrow().fence()).isGreaterThan(first.fence());
  }

  @Test
  void thisProcessRenewsWhatItAcquired() {
    Permits permits = semaphores.acquire("api", SHORT.withLimit(1)).orElseThrow();
    Instant first = permits.expireTime();

    Eventually.until("it is renewed", () -> permits.expireTime().isAfter(first));

    assertThat(permits.isHeld()).isTrue();
  }

  @Test
  void workIsDoneWhilePermitsAreHeld() {
    semaphores.configure("api", 1);

    boolean done =
        semaphores.run("api", LONG, permits -> assertThat(semaphores.get("api").inUse()).isOne());

    assertThat(done).isTrue();
    assertThat(semaphores.get("api").inUse()).isZero();
  }

  @Test
  void holdTellsThePlaceInLineUntilItsTurn() throws InterruptedException {
    semaphores.configure("api", 2);
    Permits first = semaphores.hold("api", LONG.withPermits(2));
    BlockingQueue<Long> places = new LinkedBlockingQueue<>();
    CompletableFuture<Permits> second =
        semaphores.holdAsync("api", LONG.withOnWaiting(places::add));
    assertThat(places.poll(20, TimeUnit.SECONDS)).isEqualTo(1);

    first.close();

    assertThat(Eventually.get(second).isHeld()).isTrue();
  }

  @Test
  void revocationIsToldToWhoHoldsAndToWhoRenews() throws InterruptedException {
    semaphores.configure("api", 2);
    BlockingQueue<LostReason> losses = new LinkedBlockingQueue<>();
    semaphores.hold("api", SHORT).onLost(losses::add);
    semaphores.acquire("api", SHORT).orElseThrow().onLost(losses::add);

    for (SemaphoreState.Holder holder : semaphores.get("api").holders()) {
      assertThat(semaphores.revoke("api", holder.id(), "maintenance")).isEqualTo(1);
    }

    assertThat(losses.poll(20, TimeUnit.SECONDS)).isEqualTo(LostReason.REVOKED);
    assertThat(losses.poll(20, TimeUnit.SECONDS)).isEqualTo(LostReason.REVOKED);
  }

  @Test
  void refusalsSayWhy() {
    assertThat(reasonOf(() -> semaphores.tryAcquire("api", Duration.ofSeconds(5))))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_NOT_FOUND);
    semaphores.configure("api", 1, Duration.ofSeconds(5));
    assertThat(reasonOf(() -> semaphores.hold("api", LONG.withPermits(2))))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_LIMIT_EXCEEDED);
    assertThatThrownBy(() -> semaphores.revoke("api", "nobody", ""))
        .isInstanceOf(NotHeldException.class);
    assertThatThrownBy(() -> semaphores.configure("api", 0))
        .isInstanceOf(InvalidRequestException.class);
  }

  @Test
  void semaphoreIsDeletedWhenNobodyUsesIt() {
    semaphores.configure("api", 1);
    Permits permits = semaphores.hold("api", LONG);
    assertThat(reasonOf(() -> semaphores.delete("api")))
        .isEqualTo(ErrorReason.ERROR_REASON_SEMAPHORE_IN_USE);

    permits.close();
    semaphores.delete("api");

    assertThat(reasonOf(() -> semaphores.get("api")))
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
