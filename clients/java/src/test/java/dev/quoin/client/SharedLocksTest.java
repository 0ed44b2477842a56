// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.client.LockEvent.Change;
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

/** Readers, several locks at once, lists, releases by force and watches. */
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
    try (Lock first = locks.acquire("prices", LONG.asShared()).orElseThrow();
        Lock second = locks.hold("prices", HoldOptions.lease(Duration.ofSeconds(30)).asShared())) {
      assertThat(second.fence()).isGreaterThan(first.fence());
      assertThat(locks.get("prices").readers()).isEqualTo(2);
      assertThat(locks.acquire("prices", LONG)).isEmpty();
    }
    assertThat(locks.acquire("prices", LONG)).isPresent();
  }

  @Test
  void severalLocksAreHadTogetherAndGivenBackTogether() {
    try (LockSet both = locks.acquireAll(List.of("b", "a"), LONG).orElseThrow()) {
      assertThat(both.locks()).extracting(Lock::name).containsExactly("b", "a");
      assertThat(both.isHeld()).isTrue();
      assertThat(both.get("a").fence()).isEqualTo(locks.get("a").fence());
      assertThat(locks.acquireAll(List.of("c", "a"), LONG)).isEmpty();
      assertThat(locks.get("c").held()).isFalse();
    }
    assertThat(locks.get("a").held()).isFalse();
    assertThat(locks.get("b").held()).isFalse();
  }

  @Test
  void locksInUseAreListed() {
    for (int i = 0; i < 5; i++) {
      locks.acquire("item/" + i, LONG.withHolder("me")).orElseThrow();
    }
    locks.acquire("other", LONG).orElseThrow();

    assertThat(locks.list("item/").map(Locks.NamedState::name).distinct())
        .containsExactlyInAnyOrder("item/0", "item/1", "item/2", "item/3", "item/4");
    assertThat(locks.list("item/").map(lock -> lock.state().holder())).containsOnly("me");
    assertThat(locks.list("nothing")).isEmpty();
  }

  @Test
  void whoLosesItsLockByForceIsTold() throws Exception {
    Lock lock = locks.acquire("report", LockOptions.lease(Duration.ofMillis(1500))).orElseThrow();
    Lock held = locks.hold("other", HoldOptions.lease(Duration.ofMillis(1500)));
    BlockingQueue<LostReason> lost = new LinkedBlockingQueue<>();
    lock.onLost(lost::add);
    held.onLost(lost::add);

    assertThat(locks.forceRelease("report", "it hangs", lock.fence() - 1)).isFalse();
    assertThat(locks.forceRelease("report", "it hangs", lock.fence())).isTrue();
    assertThat(locks.forceRelease("other", "", 0)).isTrue();

    assertThat(lost.poll(20, TimeUnit.SECONDS)).isEqualTo(LostReason.REVOKED);
    assertThat(lost.poll(20, TimeUnit.SECONDS)).isEqualTo(LostReason.REVOKED);
  }

  @Test
  void watchTellsThePresentStateAndEveryChange() {
    Queue<LockEvent> seen = new ConcurrentLinkedQueue<>();
    try (LockWatch watch = locks.watch("report", seen::add)) {
      Eventually.until("the present state is told", () -> watch.ready().isDone());
      Lock lock = locks.acquire("report", LONG.withHolder("me")).orElseThrow();
      Eventually.until("the grant is told", () -> has(seen, Change.ACQUIRED, lock.fence()));
      lock.close();
      Eventually.until("the release is told", () -> has(seen, Change.RELEASED, lock.fence()));
    }
    assertThat(seen.peek().change()).isEqualTo(Change.NONE);
    assertThat(seen).filteredOn(LockEvent::held).extracting(LockEvent::holder).contains("me");
  }

  @Test
  void watchOfANameThatCannotBeIsRefused() {
    try (LockWatch watch = locks.watch("", event -> {})) {
      assertThatThrownBy(() -> watch.ready().get(20, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCauseInstanceOf(InvalidRequestException.class);
    }
  }

  private static boolean has(Queue<LockEvent> seen, Change change, long fence) {
    return seen.stream().anyMatch(e -> e.change() == change && e.fence() == fence);
  }
}
