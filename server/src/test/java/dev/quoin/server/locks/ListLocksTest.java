// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.await;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.shared;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.ListRequest;
import dev.quoin.locks.v1.ListResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.Mode;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class ListLocksTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void locksInUseAreFoundByPrefix() {
    Set<String> held = new TreeSet<>();
    for (int i = 0; i < 25; i++) {
      String name = "market/item/" + i;
      AcquireResponse taken = acquire(request(name));
      if (i % 5 == 0) {
        release(name, taken.getToken());
      } else {
        held.add(name);
      }
      acquire(request("other/" + i));
    }

    List<ListResponse.Lock> found = all("market/");

    assertThat(new TreeSet<>(found.stream().map(ListResponse.Lock::getName).toList()))
        .isEqualTo(held);
    assertThat(all("nothing")).isEmpty();
    assertThat(all("")).hasSizeGreaterThanOrEqualTo(45);
  }

  @Test
  void entryTellsHowTheLockStands() {
    AcquireResponse taken = acquire(request("a:{x}*").setLabel("me"));
    acquire(shared("shared/b").setLabel("r1"));
    AcquireResponse reader = acquire(shared("shared/b").setLabel("r2"));
    var waiting = await(TestServer.first(), request("shared/b"));
    awaitWaiters("shared/b", 1);

    ListResponse.Lock alone = all("a:{x}*").get(0);
    assertThat(alone.getName()).isEqualTo("a:{x}*");
    assertThat(alone.getHeld()).isTrue();
    assertThat(alone.getMode()).isEqualTo(Mode.MODE_EXCLUSIVE);
    assertThat(alone.getLabel()).isEqualTo("me");
    assertThat(alone.getFence()).isEqualTo(taken.getFence());
    assertThat(alone.getExpireTime()).isEqualTo(taken.getExpireTime());
    ListResponse.Lock together = all("shared/b").get(0);
    assertThat(together.getMode()).isEqualTo(Mode.MODE_SHARED);
    assertThat(together.getReaderCount()).isEqualTo(2);
    assertThat(together.getWaiterCount()).isEqualTo(1);
    assertThat(together.getFence()).isEqualTo(reader.getFence());
    waiting.cancel(true);
  }

  @Test
  void locksOfOtherServersAreListedSoon() {
    acquire(request("elsewhere/1"));

    Eventually.until(
        "the other server lists it",
        () ->
            TestServer.second()
                    .locks()
                    .list(ListRequest.newBuilder().setPrefix("elsewhere/").build())
                    .getLocksCount()
                == 1);
  }

  @Test
  void otherNamespacesCostNothing() {
    for (int i = 0; i < 70; i++) {
      Map<String, String> some = new HashMap<>();
      for (int j = 0; j < 1_000; j++) {
        some.put("quoin:full:locks:{" + i + '/' + j + "}:owner", "- - 1 0 0 0 - ");
      }
      TestRedis.commands().mset(some);
    }
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 20; i++) {
      long begin = System.nanoTime();
      assertThat(
              TestServer.first()
                  .locksIn("empty")
                  .list(ListRequest.getDefaultInstance())
                  .getLocksList())
          .isEmpty();
      best = Math.min(best, System.nanoTime() - begin);
    }
    // A walk through the keys took most of a second.
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(100));
  }

  @Test
  void namespacesAreListedByThemselves() {
    acquire(request("a"));

    assertThat(
            TestServer.first()
                .locksIn("team-b")
                .list(ListRequest.getDefaultInstance())
                .getLocksList())
        .isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        LocksGrpc.getListMethod(),
        ListRequest.newBuilder().setPrefix("page/"),
        ListRequest.newBuilder(),
        i -> acquire(request("page/" + i)));
  }

  private static List<ListResponse.Lock> all(String prefix) {
    return TestServer.first()
        .locks()
        .list(ListRequest.newBuilder().setPrefix(prefix).build())
        .getLocksList();
  }
}
