// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.LocksGrpc.LocksBlockingStub;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.lettuce.core.SetArgs;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("redis")
final class LocksServiceTest {
  private static final String OWNER = "quoin:default:locks:{a}:owner";

  private final LocksBlockingStub locks = TestServer.first().locks();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void freeLockIsTakenForTheDefaultLease() {
    AcquireResponse taken = locks.acquire(named("a").build());

    assertThat(taken.getAcquired()).isTrue();
    assertThat(taken.getToken()).hasSize(22);
    assertThat(taken.getFence()).isPositive();
    assertThat(millisLeft(taken.getExpireTime())).isBetween(8_000L, 10_000L);
    assertThat(TestRedis.commands().pexpiretime(OWNER))
        .as("the key outlives the lease by a day")
        .isEqualTo(Timestamps.toMillis(taken.getExpireTime()) + 86_400_000);
  }

  @Test
  void secondCallerIsToldWhoHoldsItAndForHowLong() {
    locks.acquire(named("a").setLabel("host 7").setLease(Durations.fromSeconds(30)).build());

    AcquireResponse busy = locks.acquire(named("a").build());

    assertThat(busy.getAcquired()).isFalse();
    assertThat(busy.getToken()).isEmpty();
    assertThat(busy.getFence()).isZero();
    assertThat(busy.getLabel()).isEqualTo("host 7");
    assertThat(Durations.toMillis(busy.getRetryAfter())).isBetween(28_000L, 30_000L);
    assertThat(busy.getPosition()).isEqualTo(1);
  }

  @Test
  void releasedLockCanBeTakenAgainWithAGreaterFence() {
    AcquireResponse first = locks.acquire(named("a").build());
    locks.release(release("a", first.getToken()));

    AcquireResponse second = locks.acquire(named("a").build());

    assertThat(second.getAcquired()).isTrue();
    assertThat(second.getFence()).isGreaterThan(first.getFence());
  }

  @Test
  void releaseLeavesNothingButTheFenceAndThatForADay() {
    AcquireResponse taken = locks.acquire(named("a").build());
    locks.release(release("a", taken.getToken()));

    assertThat(TestRedis.commands().keys("quoin:default:locks:{[^%]*")).containsExactly(OWNER);
    assertThat(TestRedis.commands().pttl(OWNER)).isBetween(86_400_000L, 86_410_000L);
    assertThat(TestRedis.commands().get(OWNER)).startsWith("- - " + taken.getFence());
  }

  @Test
  void renewSetsTheTimeLeft() {
    AcquireResponse taken = locks.acquire(named("a").build());

    var renewed =
        locks.renew(
            RenewRequest.newBuilder()
                .setName("a")
                .setToken(taken.getToken())
                .setLease(Durations.fromSeconds(60))
                .build());

    assertThat(millisLeft(renewed.getExpireTime())).isBetween(58_000L, 60_000L);
    assertThat(locks.get(get("a")).getExpireTime()).isEqualTo(renewed.getExpireTime());
  }

  @Test
  void holderWhoseLeaseRanOutCannotRenew() {
    AcquireResponse taken = locks.acquire(named("a").build());
    expire("a");

    Refused refused =
        Refused.by(
            () ->
                locks.renew(
                    RenewRequest.newBuilder().setName("a").setToken(taken.getToken()).build()));

    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(refused.reason()).isEqualTo("LOCK_NOT_HELD");
  }

  @Test
  void holderWhoseLeaseRanOutCannotReleaseTheLockOfItsSuccessor() {
    AcquireResponse slow = locks.acquire(named("a").build());
    expire("a");
    AcquireResponse successor = locks.acquire(named("a").build());

    Refused refused = Refused.by(() -> locks.release(release("a", slow.getToken())));

    assertThat(refused.reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(TestRedis.commands().get(OWNER)).startsWith(successor.getToken());
  }

  @Test
  void getShowsTheHolderItsGrantAndHowManyWait() {
    AcquireResponse taken = locks.acquire(named("a").setLabel("me").build());
    ListenableFuture<AcquireResponse> waiting = waitFor(TestServer.second(), "a", 30);
    awaitWaiters("a", 1);

    GetResponse state = locks.get(get("a"));

    assertThat(state.getHeld()).isTrue();
    assertThat(state.getLabel()).isEqualTo("me");
    assertThat(state.getFence()).isEqualTo(taken.getFence());
    assertThat(state.getExpireTime()).isEqualTo(taken.getExpireTime());
    assertThat(Timestamps.toMillis(state.getAcquireTime()))
        .isEqualTo(Timestamps.toMillis(taken.getExpireTime()) - 10_000);
    assertThat(state.getWaiterCount()).isEqualTo(1);
    waiting.cancel(true);
  }

  @Test
  void getOfAFreeLockShowsTheLastFence() {
    GetResponse.Builder free =
        GetResponse.newBuilder().setHeld(false).setReaderCount(0).setWaiterCount(0);
    assertThat(locks.get(get("a"))).isEqualTo(free.setFence(0).build());
    AcquireResponse taken = locks.acquire(named("a").build());
    locks.release(release("a", taken.getToken()));

    assertThat(locks.get(get("a"))).isEqualTo(free.setFence(taken.getFence()).build());
  }

  @Test
  void waiterGetsTheLockWhenItIsReleasedOnAnotherServer() throws Exception {
    AcquireResponse taken = locks.acquire(named("a").build());
    ListenableFuture<AcquireResponse> waiting = waitFor(TestServer.second(), "a", 30);
    awaitWaiters("a", 1);

    locks.release(release("a", taken.getToken()));

    AcquireResponse granted = waiting.get(5, TimeUnit.SECONDS);
    assertThat(granted.getAcquired()).isTrue();
    assertThat(granted.getFence()).isGreaterThan(taken.getFence());
    assertThat(TestRedis.commands().get(OWNER)).startsWith(granted.getToken());
  }

  @Test
  void waiterGetsTheLockWhenTheHoldersLeaseRunsOut() throws Exception {
    locks.acquire(named("a").setLease(Durations.fromMillis(300)).build());

    AcquireResponse granted = waitFor(TestServer.second(), "a", 30).get(5, TimeUnit.SECONDS);

    assertThat(granted.getAcquired()).isTrue();
  }

  @Test
  void waitersOfTwoServersAreServedInTheOrderOfArrival() throws Exception {
    AcquireResponse holder = locks.acquire(named("a").build());
    List<ListenableFuture<AcquireResponse>> waiting = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      waiting.add(waitFor(i % 2 == 0 ? TestServer.first() : TestServer.second(), "a", 60));
      awaitWaiters("a", i + 1);
    }

    String token = holder.getToken();
    long fence = holder.getFence();
    for (ListenableFuture<AcquireResponse> next : waiting) {
      locks.release(release("a", token));
      AcquireResponse granted = next.get(5, TimeUnit.SECONDS);
      assertThat(granted.getFence()).isGreaterThan(fence);
      token = granted.getToken();
      fence = granted.getFence();
    }
  }

  @Test
  void newcomerDoesNotOvertakeTheLine() throws Exception {
    AcquireResponse holder = locks.acquire(named("a").build());
    ListenableFuture<AcquireResponse> first = waitFor(TestServer.second(), "a", 30);
    awaitWaiters("a", 1);
    expire("a");

    // Whoever comes first after the lease ended hands the lock to the line, not to itself.
    AcquireResponse newcomer = locks.acquire(named("a").build());

    assertThat(newcomer.getAcquired()).isFalse();
    assertThat(first.get(5, TimeUnit.SECONDS).getFence()).isGreaterThan(holder.getFence());
  }

  @Test
  void waitThatEndsIsAnAnswerWithThePlaceInLine() throws Exception {
    locks.acquire(named("a").setLabel("me").build());
    ListenableFuture<AcquireResponse> earlier = waitFor(TestServer.second(), "a", 60);
    awaitWaiters("a", 1);

    AcquireResponse late = locks.acquire(named("a").setWait(Durations.fromMillis(150)).build());

    assertThat(late.getAcquired()).isFalse();
    assertThat(late.getLabel()).isEqualTo("me");
    assertThat(late.getPosition()).isEqualTo(2);
    assertThat(locks.get(get("a")).getWaiterCount()).isEqualTo(1);
    earlier.cancel(true);
  }

  @Test
  void deadlineEndsTheWaitWithAnAnswerJustBeforeIt() {
    locks.acquire(named("a").build());
    AcquireRequest patient = named("a").setWait(Durations.fromSeconds(60)).build();

    // On a machine that is very busy the answer may be too late once.
    Eventually.until(
        java.time.Duration.ofSeconds(30),
        "the answer comes before the deadline",
        () -> {
          try {
            return !locks.withDeadlineAfter(1, TimeUnit.SECONDS).acquire(patient).getAcquired();
          } catch (StatusRuntimeException e) {
            assertThat(e.getStatus().getCode()).isEqualTo(Code.DEADLINE_EXCEEDED);
            return false;
          }
        });
  }

  @Test
  void cancelledWaiterLeavesTheLineAtOnce() throws Exception {
    AcquireResponse holder = locks.acquire(named("a").build());
    ListenableFuture<AcquireResponse> first = waitFor(TestServer.first(), "a", 60);
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> second = waitFor(TestServer.second(), "a", 60);
    awaitWaiters("a", 2);

    first.cancel(true);
    awaitWaiters("a", 1);
    locks.release(release("a", holder.getToken()));

    assertThat(second.get(5, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  @Test
  void lockWonAtTheMomentOfCancellationIsFreeAgainSoon() throws Exception {
    for (int i = 0; i < 50; i++) {
      String name = "race " + i;
      AcquireResponse holder = locks.acquire(named(name).build());
      ListenableFuture<AcquireResponse> waiting =
          TestServer.first()
              .futureLocks()
              .acquire(
                  named(name)
                      .setWait(Durations.fromSeconds(60))
                      .setLease(Durations.fromMillis(500))
                      .build());
      awaitWaiters(name, 1);
      var released = TestServer.second().futureLocks().release(release(name, holder.getToken()));
      waiting.cancel(true);
      released.get(5, TimeUnit.SECONDS);
      // Given back at once; only when the answer was on its way already does the lease end it.
      Eventually.until(
          "nobody holds the lock or waits for it",
          () -> {
            GetResponse state = locks.get(get(name));
            return !state.getHeld() && state.getWaiterCount() == 0;
          });
    }
  }

  @Test
  void repeatedRequestGetsTheSameGrant() {
    AcquireRequest request = named("a").setRequestId("r-1").setLabel("me").build();
    AcquireResponse granted = locks.acquire(request);

    assertThat(TestServer.second().locks().acquire(request)).isEqualTo(granted);
  }

  @Test
  void repeatedRequestGetsTheSameGrantAfterWaitingForIt() throws Exception {
    AcquireResponse holder = locks.acquire(named("a").build());
    AcquireRequest request =
        named("a").setRequestId("r-1").setWait(Durations.fromSeconds(60)).build();
    ListenableFuture<AcquireResponse> waiting = TestServer.first().futureLocks().acquire(request);
    awaitWaiters("a", 1);
    locks.release(release("a", holder.getToken()));
    AcquireResponse granted = waiting.get(5, TimeUnit.SECONDS);

    assertThat(TestServer.second().locks().acquire(request)).isEqualTo(granted);
    assertThat(TestRedis.commands().pttl("quoin:default:locks:{a}:request:r-1"))
        .isBetween(590_000L, 600_000L);
  }

  @Test
  void cancellingARepeatedRequestDoesNotTakeTheGrantFromTheFirst() throws Exception {
    AcquireRequest request = named("a").setRequestId("-").build();
    AcquireResponse granted = locks.acquire(request);

    for (int i = 0; i < 20; i++) {
      TestServer.second().futureLocks().acquire(request).cancel(true);
    }
    assertThat(locks.acquire(request)).isEqualTo(granted);
    assertThat(locks.get(get("a")).getFence()).isEqualTo(granted.getFence());
    locks.release(release("a", granted.getToken()));
  }

  @Test
  void requestThatStandsInLineTwiceIsGrantedOnce() throws Exception {
    AcquireResponse holder = locks.acquire(named("a").build());
    AcquireRequest request =
        named("a").setRequestId("r-1").setWait(Durations.fromSeconds(60)).build();
    var first = TestServer.first().futureLocks().acquire(request);
    awaitWaiters("a", 1);
    var second = TestServer.second().futureLocks().acquire(request);
    awaitWaiters("a", 2);
    locks.release(release("a", holder.getToken()));
    AcquireResponse granted = first.get(5, TimeUnit.SECONDS);

    locks.release(release("a", granted.getToken()));

    Refused refused =
        Refused.by(
            () -> {
              try {
                second.get(5, TimeUnit.SECONDS);
              } catch (ExecutionException e) {
                throw e.getCause();
              }
            });
    assertThat(refused.reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(locks.get(get("a")).getHeld()).isFalse();
  }

  @Test
  void repeatedRequestThatFindsItsGrantByJoiningAgainIsOutOfTheLine() throws Exception {
    AcquireResponse holder = locks.acquire(named("a").build());
    AcquireRequest request =
        named("a").setRequestId("r-1").setWait(Durations.fromSeconds(60)).build();
    var first = TestServer.first().futureLocks().acquire(request);
    awaitWaiters("a", 1);
    var second = TestServer.second().futureLocks().acquire(request);
    awaitWaiters("a", 2);
    locks.release(release("a", holder.getToken()));
    AcquireResponse granted = first.get(10, TimeUnit.SECONDS);

    // Its server hears hints anew, and so takes its place in line once more.
    TestRedis.breakSubscriptions();

    assertThat(second.get(20, TimeUnit.SECONDS).getToken()).isEqualTo(granted.getToken());
    assertThat(locks.get(get("a")).getWaiterCount()).isZero();
  }

  @Test
  void requestIdWithAnotherBodyIsRefused() {
    locks.acquire(named("a").setRequestId("r-1").setLabel("me").build());

    Refused refused =
        Refused.by(() -> locks.acquire(named("a").setRequestId("r-1").setLabel("you").build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.reason()).isEqualTo("REQUEST_ID_REUSED");
  }

  @Test
  void requestWhoseGrantHasEndedIsNotGrantedAgain() {
    AcquireRequest request = named("a").setRequestId("r-1").build();
    AcquireResponse granted = locks.acquire(request);
    locks.release(release("a", granted.getToken()));

    assertThat(Refused.by(() -> locks.acquire(request)).reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(locks.get(get("a")).getHeld()).isFalse();
  }

  @Test
  void namespacesDoNotSeeEachOther() {
    locks.acquire(named("a").build());

    AcquireResponse elsewhere = TestServer.first().locksIn("team-b").acquire(named("a").build());

    assertThat(elsewhere.getAcquired()).isTrue();
    assertThat(TestRedis.commands().exists("quoin:team-b:locks:{a}:owner")).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Team", "-a", "a-", "a_b", "a:b", "{a}"})
  void malformedNamespaceIsRefused(String namespace) {
    Refused refused =
        Refused.by(() -> TestServer.first().locksIn(namespace).acquire(named("a").build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.fields()).containsExactly("quoin-namespace");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a:b", "{a}", "}{", "a{b}c", "%7B", "market/main/item/7", "süß 🔒", " "})
  void anyPrintableNameIsALockOfItsOwn(String name) {
    AcquireResponse taken = locks.acquire(named(name).build());

    assertThat(taken.getAcquired()).isTrue();
    assertThat(locks.acquire(named(name).build()).getAcquired()).isFalse();
    assertThat(locks.acquire(named(name + "x").build()).getAcquired()).isTrue();
    locks.release(release(name, taken.getToken()));
    assertThat(locks.acquire(named(name).build()).getAcquired()).isTrue();
  }

  @Test
  void longestNameIsALock() {
    assertThat(locks.acquire(named("n".repeat(512)).build()).getAcquired()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a\nb", "a\u0000", "\u007f", "\t"})
  void badNameIsRefusedWithItsField(String name) {
    refusesField("name", named(name));
  }

  @Test
  void overlongTextsAreRefusedWithTheirFields() {
    refusesField("name", named("ü".repeat(257)));
    refusesField("label", named("a").setLabel("h".repeat(257)));
    refusesField("label", named("a").setLabel("two\nlines"));
    refusesField("request_id", named("a").setRequestId("r".repeat(129)));
    refusesField("request_id", named("a").setRequestId("two words"));
  }

  @Test
  void badDurationsAreRefusedWithTheirFields() {
    refusesField("lease", named("a").setLease(Durations.fromMillis(0)));
    refusesField("lease", named("a").setLease(Durations.fromMillis(99)));
    refusesField("lease", named("a").setLease(Durations.fromSeconds(-5)));
    refusesField("lease", named("a").setLease(Durations.fromSeconds(86_401)));
    refusesField("lease", named("a").setLease(Durations.MAX_VALUE));
    refusesField("wait", named("a").setWait(Durations.fromMillis(-1)));
    refusesField("wait", named("a").setWait(Durations.fromDays(2)));
    refusesField("lease", named("a").setLease(raw(5, -1)));
    refusesField("lease", named("a").setLease(raw(1, 2_000_000_000)));
    refusesField("wait", named("a").setWait(raw(Long.MAX_VALUE, 0)));
    refusesField("wait", named("a").setWait(raw(Long.MIN_VALUE, Integer.MIN_VALUE)));
  }

  @Test
  void shortestAndLongestLeaseAreGranted() {
    assertThat(locks.acquire(named("a").setLease(Durations.fromMillis(100)).build()).getAcquired())
        .isTrue();
    assertThat(locks.acquire(named("b").setLease(Durations.fromDays(1)).build()).getAcquired())
        .isTrue();
    assertThat(millisLeft(locks.get(get("b")).getExpireTime())).isBetween(86_390_000L, 86_400_000L);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "a b", "+ -", "- - -", "🔑", "x\ny"})
  void whatIsNoTokenIsRefusedWithItsField(String token) {
    Refused refused =
        Refused.by(
            () -> locks.renew(RenewRequest.newBuilder().setName("a").setToken(token).build()));

    assertThat(refused.fields()).containsExactly("token");
    assertThat(refused.status().getMessage())
        .contains("token: must be 1 to 64 printable ASCII characters without spaces");
  }

  @ParameterizedTest
  @ValueSource(strings = {"stranger", "-", "%s", "a|b"})
  void unknownTokenNeverHoldsTheLock(String token) {
    locks.acquire(named("a").build());

    assertThat(Refused.by(() -> locks.release(release("a", token))).reason())
        .isEqualTo("LOCK_NOT_HELD");
    assertThat(
            Refused.by(
                    () ->
                        locks.renew(RenewRequest.newBuilder().setName("a").setToken(token).build()))
                .reason())
        .isEqualTo("LOCK_NOT_HELD");
    assertThat(locks.get(get("a")).getHeld()).isTrue();
  }

  private static Duration raw(long seconds, int nanos) {
    return Duration.newBuilder().setSeconds(seconds).setNanos(nanos).build();
  }

  private void refusesField(String field, AcquireRequest.Builder request) {
    Refused refused = Refused.by(() -> locks.acquire(request.build()));

    assertThat(refused.code()).isEqualTo(Code.INVALID_ARGUMENT);
    assertThat(refused.reason()).isEqualTo("INVALID_REQUEST");
    assertThat(refused.fields()).containsOnly(field);
    assertThat(TestRedis.commands().keys("quoin:default:locks:{[^%]*")).isEmpty();
  }

  private void awaitWaiters(String name, int count) {
    Eventually.until(
        count + " wait for " + name, () -> locks.get(get(name)).getWaiterCount() == count);
  }

  private static ListenableFuture<AcquireResponse> waitFor(
      TestServer server, String name, int seconds) {
    return server
        .futureLocks()
        .acquire(named(name).setWait(Durations.fromSeconds(seconds)).build());
  }

  /** Ends the lease of the holder, as if its time had come: its end is the fifth word. */
  private static void expire(String name) {
    String key = "quoin:default:locks:{" + name + "}:owner";
    String[] words = TestRedis.commands().get(key).split(" ", -1);
    words[4] = "1";
    TestRedis.commands().set(key, String.join(" ", words), SetArgs.Builder.keepttl());
  }

  /** By the clock of Redis. */
  private static long millisLeft(Timestamp expire) {
    var time = TestRedis.nodes().get(0).commands().time();
    long now = Long.parseLong(time.get(0)) * 1_000 + Long.parseLong(time.get(1)) / 1_000;
    return Timestamps.toMillis(expire) - now;
  }

  private static AcquireRequest.Builder named(String name) {
    return AcquireRequest.newBuilder().setName(name);
  }

  private static GetRequest get(String name) {
    return GetRequest.newBuilder().setName(name).build();
  }

  private static ReleaseRequest release(String name, String token) {
    return ReleaseRequest.newBuilder().setName(name).setToken(token).build();
  }
}
