// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.await;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.shared;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.locks.v1.WatchResponse.Change;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class WatchTest {
  private static final String EVENTS = "quoin:default:locks:{a}:events";
  private static final String MARKS = "quoin:default:locks:{a}:marks";

  @AfterEach
  void endStreams() {
    Watched.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void firstMessageIsThePresentState() {
    assertThat(Watched.open(TestServer.first(), "a").next())
        .isEqualTo(WatchResponse.newBuilder().setHeld(false).setFence(0).setReaderCount(0).build());

    AcquireResponse taken = acquire(request("b").setLabel("me"));
    assertThat(Watched.open(TestServer.first(), "b").next())
        .isEqualTo(
            WatchResponse.newBuilder()
                .setLabel("me")
                .setFence(taken.getFence())
                .setMode(Mode.MODE_EXCLUSIVE)
                .setHeld(true)
                .setReaderCount(0)
                .setExpireTime(taken.getExpireTime())
                .build());
  }

  @Test
  void everyWatcherSeesGrantsAndReleasesOnWhicheverServer() {
    Watched here = Watched.open(TestServer.first(), "a");
    Watched there = Watched.open(TestServer.second(), "a");
    here.next();
    there.next();
    AcquireResponse taken = acquire(request("a").setLabel("my host"));
    release("a", taken.getToken());

    for (Watched watched : new Watched[] {here, there}) {
      WatchResponse acquired = watched.until(m -> m.getChange() == Change.CHANGE_ACQUIRED);
      assertThat(acquired.getLabel()).isEqualTo("my host");
      assertThat(acquired.getFence()).isEqualTo(taken.getFence());
      assertThat(acquired.getMode()).isEqualTo(Mode.MODE_EXCLUSIVE);
      assertThat(acquired.getHeld()).isTrue();
      assertThat(acquired.getExpireTime()).isEqualTo(taken.getExpireTime());
      WatchResponse released = watched.until(m -> m.getChange() == Change.CHANGE_RELEASED);
      assertThat(released.getLabel()).isEqualTo("my host");
      assertThat(released.getFence()).isEqualTo(taken.getFence());
      assertThat(released.getHeld()).isFalse();
      assertThat(released.hasExpireTime()).isFalse();
    }
  }

  @Test
  void handOverIsAReleaseAndAGrant() throws Exception {
    AcquireResponse taken = acquire(request("a"));
    var waiting = await(TestServer.second(), request("a").setLabel("next"));
    awaitWaiters("a", 1);
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();

    release("a", taken.getToken());

    assertThat(watched.until(m -> m.getChange() == Change.CHANGE_RELEASED).getFence())
        .isEqualTo(taken.getFence());
    WatchResponse acquired = watched.until(m -> m.getChange() == Change.CHANGE_ACQUIRED);
    assertThat(acquired.getLabel()).isEqualTo("next");
    assertThat(acquired.getFence()).isEqualTo(waiting.get(10, TimeUnit.SECONDS).getFence());
  }

  @Test
  void expiryIsToldAlthoughNobodyTouchesTheLock() {
    AcquireResponse taken =
        acquire(request("a").setLabel("slow").setLease(Durations.fromMillis(500)));
    Watched watched = Watched.open(TestServer.first(), "a");

    WatchResponse expired = watched.until(m -> m.getChange() == Change.CHANGE_EXPIRED);

    assertThat(expired.getLabel()).isEqualTo("slow");
    assertThat(expired.getFence()).isEqualTo(taken.getFence());
    assertThat(expired.getHeld()).isFalse();
  }

  @Test
  void readersComeAndGo() {
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();
    AcquireResponse first = acquire(shared("a").setLabel("r1"));
    acquire(shared("a").setLabel("r2"));
    assertThat(watched.until(m -> m.getReaderCount() == 1).getLabel()).isEqualTo("r1");
    WatchResponse second = watched.until(m -> m.getReaderCount() == 2);
    assertThat(second.getMode()).isEqualTo(Mode.MODE_SHARED);

    release("a", first.getToken());

    WatchResponse released = watched.until(m -> m.getChange() == Change.CHANGE_RELEASED);
    assertThat(released.getLabel()).isEqualTo("r1");
    assertThat(released.getHeld()).isTrue();
    assertThat(released.getReaderCount()).isEqualTo(1);
  }

  @Test
  void expiryOfTheLastReaderIsToldAfterAnotherHasGone() {
    AcquireResponse first = acquire(shared("a").setLabel("r1"));
    AcquireResponse second =
        acquire(shared("a").setLabel("r2").setLease(Durations.fromMillis(3_000)));
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();

    release("a", first.getToken());

    watched.until(m -> m.getChange() == Change.CHANGE_RELEASED);
    WatchResponse expired = watched.next();
    assertThat(expired.getChange()).isEqualTo(Change.CHANGE_EXPIRED);
    assertThat(expired.getFence()).isEqualTo(second.getFence());
    assertThat(expired.getHeld()).isFalse();
  }

  @Test
  void expiryOfOneReaderIsToldWhileOthersGoOn() {
    AcquireResponse stays = acquire(shared("a").setLabel("r1"));
    AcquireResponse lapses =
        acquire(shared("a").setLabel("r2").setLease(Durations.fromMillis(1_500)));
    Watched here = Watched.open(TestServer.first(), "a");
    Watched there = Watched.open(TestServer.second(), "a");

    for (Watched watched : new Watched[] {here, there}) {
      WatchResponse expired = watched.until(m -> m.getChange() == Change.CHANGE_EXPIRED);
      assertThat(expired.getLabel()).isEqualTo("r2");
      assertThat(expired.getFence()).isEqualTo(lapses.getFence());
      assertThat(expired.getMode()).isEqualTo(Mode.MODE_SHARED);
      assertThat(expired.getHeld()).isTrue();
      assertThat(expired.getReaderCount()).isEqualTo(1);
      assertThat(expired.getExpireTime()).isEqualTo(stays.getExpireTime());
    }
  }

  @Test
  void changeThatIsOlderThanTheStateToldIsLeftOut() {
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();

    TestRedis.commands().spublish(EVENTS, "acquired 1 1 x 9999999999999 0 1 ghost\n");
    acquire(request("a").setLabel("me"));

    assertThat(watched.next().getLabel()).isEqualTo("me");
  }

  @Test
  void lockThatChangesAllTheTimeStaysWatched() {
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();
    double asked = TestRedis.commands().zscore(MARKS, "*");

    Eventually.until(
        "hints are asked for once more",
        () -> {
          release("a", acquire(request("a")).getToken());
          return TestRedis.commands().zscore(MARKS, "*") > asked;
        });
  }

  @Test
  void revocationIsToldWithItsExplanation() {
    AcquireResponse taken = acquire(request("a"));
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();

    TestServer.second()
        .locks()
        .revoke(
            RevokeRequest.newBuilder()
                .setName("a")
                .setActor("ops")
                .setExplanation("it hangs")
                .build());

    WatchResponse revoked = watched.until(m -> m.getChange() == Change.CHANGE_REVOKED);
    assertThat(revoked.getFence()).isEqualTo(taken.getFence());
    assertThat(revoked.getExplanation()).isEqualTo("it hangs");
    assertThat(revoked.getActor()).isEqualTo("ops");
    assertThat(revoked.getHeld()).isFalse();
  }

  @Test
  void lostHintIsMadeUpForBySomeLookAtTheLock() {
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();
    TestRedis.commands().del(MARKS);

    AcquireResponse taken = acquire(request("a").setLabel("unseen"));

    WatchResponse state = watched.until(WatchResponse::getHeld);
    assertThat(state.getFence()).isEqualTo(taken.getFence());
    assertThat(state.getLabel()).isEqualTo("unseen");
  }

  @Test
  void nothingIsPublishedOnceNobodyWatches() {
    Watched watched = Watched.open(TestServer.first(), "a");
    watched.next();
    assertThat(TestRedis.commands().zscore(MARKS, "*")).isPositive();
    assertThat(TestRedis.commands().pttl(MARKS)).isBetween(1L, 15_000L);
    watched.cancel();

    Eventually.until("the server stops to listen", () -> listeners() == 0);
    TestRedis.commands().del(MARKS);
    acquire(request("a"));
    assertThat(TestRedis.commands().keys("quoin:default:locks:{[^%]*"))
        .containsExactly("quoin:default:locks:{a}:owner");
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    Map<String, String> tokens = new HashMap<>();
    return WatchKit.tests(
        LocksGrpc.getWatchMethod(),
        name -> WatchRequest.newBuilder().setName(name),
        (name, n) -> {
          if (n > 1) {
            release(name, tokens.get(name));
          }
          tokens.put(name, acquire(request(name).setLabel("change " + n)).getToken());
        },
        (message, n) -> message.getLabel().equals("change " + n));
  }

  /** How many servers are subscribed to the changes of the lock. */
  private static long listeners() {
    return TestRedis.nodes().stream()
        .mapToLong(node -> node.commands().pubsubShardNumsub(EVENTS).get(EVENTS))
        .sum();
  }
}
