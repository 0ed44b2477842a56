// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.locks.v1.WatchResponse.Change;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Readers, several locks at once, lists, revocations and watches. */
class SharedLocksTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final LockOptions LONG = LockOptions.lease(Duration.ofSeconds(30));

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Locks locks = quoin.locks();

  @AfterEach
  void closeClient() {
    quoin.close();
  }

  @Test
  void readersHoldTogetherWhateverWayTheyAsk() {
    try (LeaseHandle first = locks.acquire("prices", LONG.asShared()).orElseThrow();
        LeaseHandle second =
            locks.hold("prices", LockOptions.lease(Duration.ofSeconds(30)).asShared())) {
      assertThat(second.fence()).isGreaterThan(first.fence());
      assertThat(locks.get(r -> r.setName("prices")).getReaderCount()).isEqualTo(2);
      assertThat(locks.acquire("prices", LONG)).isEmpty();
    }
    assertThat(locks.acquire("prices", LONG)).isPresent();
  }

  @Test
  void severalLocksAreHadTogetherAndGivenBackTogether() {
    try (LockSet both = locks.acquireAll(List.of("b", "a"), LONG).orElseThrow()) {
      assertThat(both.locks()).extracting(LeaseHandle::name).containsExactly("b", "a");
      assertThat(both.isHeld()).isTrue();
      assertThat(both.get("a").fence()).isEqualTo(locks.get(r -> r.setName("a")).getFence());
      assertThat(locks.acquireAll(List.of("c", "a"), LONG)).isEmpty();
      assertThat(locks.get(r -> r.setName("c")).getHeld()).isFalse();
    }
    assertThat(locks.get(r -> r.setName("a")).getHeld()).isFalse();
    assertThat(locks.get(r -> r.setName("b")).getHeld()).isFalse();
  }

  @Test
  void whoseLockIsRevokedHearsWhyAndByWhom() throws Exception {
    LeaseHandle lock =
        locks.acquire("report", LockOptions.lease(Duration.ofMillis(1500))).orElseThrow();
    LeaseHandle held = locks.hold("other", LockOptions.lease(Duration.ofMillis(1500)));
    BlockingQueue<Lost> lost = new LinkedBlockingQueue<>();
    lock.onLost(lost::add);
    held.onLost(lost::add);

    assertThat(
            locks
                .revoke(
                    r -> r.setName("report").setExplanation("it hangs").setFence(lock.fence() - 1))
                .getRevoked())
        .isFalse();
    assertThat(
            locks
                .revoke(
                    r ->
                        r.setName("report")
                            .setExplanation("it hangs")
                            .setActor("ops")
                            .setFence(lock.fence()))
                .getRevoked())
        .isTrue();
    assertThat(
            locks
                .revoke(r -> r.setName("other").setExplanation("it hangs").setActor("ops"))
                .getRevoked())
        .isTrue();

    Lost revoked =
        Lost.newBuilder()
            .setReason(LostReason.LOST_REASON_REVOKED)
            .setExplanation("it hangs")
            .setActor("ops")
            .build();
    assertThat(lost.poll(20, TimeUnit.SECONDS)).isEqualTo(revoked);
    assertThat(lost.poll(20, TimeUnit.SECONDS)).isEqualTo(revoked);
  }

  @Test
  void watchTellsThePresentStateAndEveryChange() {
    Queue<WatchResponse> seen = new ConcurrentLinkedQueue<>();
    try (ResumableStream<?, ?> watch = locks.watch(r -> r.setName("report"), seen::add)) {
      Eventually.until("the present state is told", () -> watch.ready().isDone());
      LeaseHandle lock = locks.acquire("report", LONG.withLabel("me")).orElseThrow();
      Eventually.until("the grant is told", () -> has(seen, Change.CHANGE_ACQUIRED, lock.fence()));
      lock.close();
      Eventually.until(
          "the release is told", () -> has(seen, Change.CHANGE_RELEASED, lock.fence()));
    }
    assertThat(seen.peek().getChange()).isEqualTo(Change.CHANGE_UNSPECIFIED);
    assertThat(seen)
        .filteredOn(WatchResponse::getHeld)
        .extracting(WatchResponse::getLabel)
        .contains("me");
  }

  @Test
  void watchOfANameThatCannotBeIsRefused() {
    try (ResumableStream<?, ?> watch = locks.watch(r -> {}, event -> {})) {
      assertThatThrownBy(() -> watch.ready().get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(InvalidRequestException.class);
    }
  }

  private static boolean has(Queue<WatchResponse> seen, Change change, long fence) {
    return seen.stream().anyMatch(e -> e.getChange() == change && e.getFence() == fence);
  }
}
