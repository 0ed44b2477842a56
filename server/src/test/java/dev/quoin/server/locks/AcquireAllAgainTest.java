// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.awaitFree;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What happens when a request for several locks is sent again under its id. */
@Tag("redis")
final class AcquireAllAgainTest {
  private static final int LEASE_SECONDS = 600;

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void refusedRepetitionTakesNothingFromTheCallerThatHasTheLocks() {
    AcquireAllResponse all = again(TestServer.first(), "a", "b");
    release("b", all.getGrants(1).getToken());

    assertThat(Refused.by(() -> again(TestServer.second(), "a", "b")).reason())
        .isEqualTo("LOCK_NOT_HELD");

    release("a", all.getGrants(0).getToken());
  }

  @Test
  void repetitionThatFindsALockBusyLeavesTheFirstAttemptWhatItHas() throws Exception {
    AcquireResponse busy = acquire(request("b"));
    ListenableFuture<AcquireAllResponse> first = waiting(TestServer.first(), "a", "b");
    awaitWaiters("b", 1);
    long fence = state("a").getFence();

    assertThat(again(TestServer.second(), "a", "b").getBusyName()).isEqualTo("b");

    assertThat(state("a").getHeld()).isTrue();
    assertThat(state("a").getFence()).isEqualTo(fence);
    release("b", busy.getToken());
    AcquireAllResponse all = first.get(10, TimeUnit.SECONDS);
    assertThat(all.getAcquired()).isTrue();
    assertThat(again(TestServer.second(), "a", "b").getGrantsList()).isEqualTo(all.getGrantsList());
  }

  @Test
  void attemptThatEndsInVainGivesBackWhatARepetitionHasFound() {
    AcquireResponse busy = acquire(request("b"));
    ListenableFuture<AcquireAllResponse> first = waiting(TestServer.first(), "a", "b");
    awaitWaiters("b", 1);
    assertThat(again(TestServer.second(), "a", "b").getBusyName()).isEqualTo("b");

    first.cancel(true);

    awaitFree("a");
    release("b", busy.getToken());
    assertThat(again(TestServer.second(), "a", "b").getAcquired()).isTrue();
  }

  @Test
  void cancelledRepetitionGivesBackNothingOfTheFirstAttempt() throws Exception {
    AcquireResponse busy = acquire(request("b"));
    ListenableFuture<AcquireAllResponse> first = waiting(TestServer.first(), "a", "b");
    awaitWaiters("b", 1);
    long fence = state("a").getFence();
    ListenableFuture<AcquireAllResponse> second = waiting(TestServer.second(), "a", "b");
    awaitWaiters("b", 2);

    second.cancel(true);

    awaitWaiters("b", 1);
    release("b", busy.getToken());
    AcquireAllResponse all = first.get(10, TimeUnit.SECONDS);
    assertThat(all.getAcquired()).isTrue();
    assertThat(all.getGrants(0).getFence()).isEqualTo(fence);
    release("a", all.getGrants(0).getToken());
  }

  @Test
  void repetitionKeepsWhatItFoundWhenTheFirstAttemptEndsMeanwhile() throws Exception {
    AcquireResponse busy = acquire(request("b"));
    ListenableFuture<AcquireAllResponse> first = waiting(TestServer.first(), "a", "b");
    awaitWaiters("b", 1);
    ListenableFuture<AcquireAllResponse> second = waiting(TestServer.second(), "a", "b");
    awaitWaiters("b", 2);
    long fence = state("a").getFence();
    first.cancel(true);
    awaitWaiters("b", 1);

    release("b", busy.getToken());

    AcquireAllResponse all = second.get(10, TimeUnit.SECONDS);
    assertThat(all.getAcquired()).isTrue();
    assertThat(all.getGrants(0).getFence()).isEqualTo(fence);
    all.getGrantsList().forEach(grant -> release(grant.getName(), grant.getToken()));
  }

  @Test
  void lockIsGivenBackWhenAllAttemptsHaveEndedInVain() throws Exception {
    acquire(request("b"));
    ListenableFuture<AcquireAllResponse> first = waiting(TestServer.first(), "a", "b");
    awaitWaiters("b", 1);
    ListenableFuture<AcquireAllResponse> second = waiting(TestServer.second(), "a", "b");
    awaitWaiters("b", 2);

    first.cancel(true);
    awaitWaiters("b", 1);
    assertThat(state("a").getHeld()).isTrue();
    second.cancel(true);

    awaitFree("a");
    awaitWaiters("b", 0);
  }

  @Test
  void repetitionRenewsEveryLock() {
    AcquireAllResponse all = again(TestServer.first(), "a", "b");
    shorten("a", all.getGrants(0).getToken());
    shorten("b", all.getGrants(1).getToken());

    AcquireAllResponse found = again(TestServer.first(), "a", "b");

    assertThat(found.getGrantsList()).isEqualTo(all.getGrantsList());
    assertThat(isRenewed("a")).isTrue();
    assertThat(isRenewed("b")).isTrue();
    assertThat(found.getExpireTime()).isEqualTo(earlier("a", "b"));
  }

  @Test
  void lockThatIsFoundIsRenewedBeforeTheNextIsWaitedFor() {
    AcquireAllResponse all = again(TestServer.first(), "a", "b");
    shorten("a", all.getGrants(0).getToken());
    // As if Redis had lost one of them.
    TestRedis.commands().del("quoin:default:locks:{b}:owner");
    TestRedis.commands().del("quoin:default:locks:{b}:request:r-1");
    acquire(request("b"));

    ListenableFuture<AcquireAllResponse> waiting = waiting(TestServer.first(), "a", "b");

    Eventually.until("the lock it has is renewed", () -> isRenewed("a"));
    waiting.cancel(true);
  }

  @Test
  void namesThatAreOnlyAlikeAreAnotherRequest() {
    again(TestServer.first(), "zx", "Aa");

    assertThat(Refused.by(() -> again(TestServer.first(), "zx", "BB")).reason())
        .isEqualTo("REQUEST_ID_REUSED");
    assertThat(Refused.by(() -> again(TestServer.first(), "zx, Aa", "zx")).reason())
        .isEqualTo("REQUEST_ID_REUSED");
    assertThat(state("BB").getHeld()).isFalse();
  }

  private static void shorten(String name, String token) {
    TestServer.first()
        .locks()
        .renew(
            RenewRequest.newBuilder()
                .setName(name)
                .setToken(token)
                .setLease(Durations.fromSeconds(30))
                .build());
  }

  private static boolean isRenewed(String name) {
    long left = Timestamps.toMillis(state(name).getExpireTime()) - System.currentTimeMillis();
    return left > TimeUnit.SECONDS.toMillis(LEASE_SECONDS / 2);
  }

  private static Timestamp earlier(String one, String other) {
    var first = state(one).getExpireTime();
    var second = state(other).getExpireTime();
    return Timestamps.compare(first, second) <= 0 ? first : second;
  }

  private static AcquireAllResponse again(TestServer server, String... names) {
    return server.locks().acquireAll(all(names).build());
  }

  private static ListenableFuture<AcquireAllResponse> waiting(TestServer server, String... names) {
    return server.futureLocks().acquireAll(all(names).setWait(Durations.fromSeconds(60)).build());
  }

  private static AcquireAllRequest.Builder all(String... names) {
    return AcquireAllRequest.newBuilder()
        .addAllNames(List.of(names))
        .setRequestId("r-1")
        .setLease(Durations.fromSeconds(LEASE_SECONDS));
  }
}
