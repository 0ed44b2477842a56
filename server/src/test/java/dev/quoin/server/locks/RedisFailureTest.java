// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import com.google.rpc.RequestInfo;
import com.google.rpc.RetryInfo;
import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.ListRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.LostReason;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What callers see when Redis is killed, frozen or forgetful. Every test has a Redis of its own.
 */
final class RedisFailureTest {
  private RedisProcess redis;
  private TestServer server;

  @BeforeEach
  void start() {
    redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
    server = TestServer.start("redis", redis.uri());
  }

  @AfterEach
  void stop() {
    Holding.cancelAll();
    server.close();
    redis.close();
  }

  @Test
  void aLockThatCouldNotBeReleasedIsListed() {
    AcquireResponse held =
        server.locks().acquire(named("held").setLease(Durations.fromSeconds(600)).build());
    redis.kill();
    ReleaseRequest release =
        ReleaseRequest.newBuilder().setName("held").setToken(held.getToken()).build();
    Refused refused = Refused.by(() -> server.locks().release(release));
    assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);

    redis.start();

    Eventually.until(
        "it is listed",
        () -> {
          try {
            return server.locks().list(ListRequest.newBuilder().build()).getLocksCount() == 1;
          } catch (StatusRuntimeException e) {
            return false;
          }
        });
    server.locks().release(release);
    assertThat(server.locks().list(ListRequest.newBuilder().build()).getLocksList()).isEmpty();
  }

  @Test
  void callsAreAnsweredUnavailableWhileRedisIsAway() {
    redis.kill();

    long begin = System.nanoTime();
    Refused refused =
        Refused.by(
            () ->
                server.locks().withDeadlineAfter(5, TimeUnit.SECONDS).acquire(named("a").build()));

    assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(refused.reason()).isEqualTo("STORE_UNAVAILABLE");
    assertThat(refused.detail(RetryInfo.class)).isPresent();
    assertThat(refused.detail(RequestInfo.class).orElseThrow().getRequestId()).isNotEmpty();
    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(4));
  }

  @Test
  void callsInFlightAreAnsweredWithinTheirDeadlineWhenRedisIsKilled() throws Exception {
    List<ListenableFuture<AcquireResponse>> calls = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      if (i == 200) {
        redis.kill();
      }
      calls.add(
          server
              .futureLocks()
              .withDeadlineAfter(5, TimeUnit.SECONDS)
              .acquire(named("n" + i).build()));
    }

    int unavailable = 0;
    for (ListenableFuture<AcquireResponse> call : calls) {
      try {
        call.get(6, TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        assertThat(((StatusRuntimeException) e.getCause()).getStatus().getCode())
            .isEqualTo(Code.UNAVAILABLE);
        unavailable++;
      }
    }
    assertThat(unavailable).isPositive();
  }

  @Test
  void serverRecoversWithinASecondOfRedisBeingBack() {
    // The best of three: a machine busy with other things can take any time once.
    long best = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      redis.kill();
      Refused.by(() -> server.locks().acquire(named("a").build()));
      redis.start();
      long begin = System.nanoTime();
      String name = "a" + i;
      Eventually.until("locks are served again", () -> isServed(name));
      best = Math.min(best, System.nanoTime() - begin);
    }
    assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofSeconds(1));
  }

  @Test
  void frozenRedisIsAnsweredForJustBeforeTheDeadlineAndByItsName() {
    redis.freeze();
    Refused impatient =
        Refused.by(
            () ->
                server
                    .locks()
                    .withDeadlineAfter(1500, TimeUnit.MILLISECONDS)
                    .acquire(named("a").build()));
    Refused patient =
        Refused.by(
            () ->
                server.locks().withDeadlineAfter(60, TimeUnit.SECONDS).acquire(named("a").build()));
    redis.unfreeze();

    assertThat(impatient.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
    assertThat(impatient.reason()).isEqualTo("DEADLINE_EXCEEDED");
    assertThat(patient.code()).isEqualTo(Code.UNAVAILABLE);
    assertThat(patient.reason()).isEqualTo("STORE_UNAVAILABLE");
  }

  @Test
  void lockGrantedAfterTheCallerWasTurnedAwayIsGivenBack() {
    server.locks().acquire(named("so that Redis knows the script").build());
    redis.freeze();
    Refused.by(
        () ->
            server
                .locks()
                .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
                .acquire(named("a").setLease(Durations.fromSeconds(60)).build()));
    redis.unfreeze();

    Eventually.until(
        "the lock was granted late and given back",
        () -> {
          var state = server.locks().get(GetRequest.newBuilder().setName("a").build());
          return state.getFence() > 0 && !state.getHeld();
        });
  }

  @Test
  void lockThatRepetitionsWereGrantedAfterTheyWereTurnedAwayIsGivenBack() {
    AcquireRequest request =
        named("a").setLease(Durations.fromSeconds(600)).setRequestId("r-1").build();
    server.locks().acquire(named("so that Redis knows the script").setRequestId("r").build());
    redis.freeze();
    // What is sent meanwhile is carried out when Redis goes on: the first is granted the lock, and
    // each of the others finds that grant.
    for (int i = 0; i < 3; i++) {
      Refused.by(
          () -> server.locks().withDeadlineAfter(700, TimeUnit.MILLISECONDS).acquire(request));
    }
    redis.unfreeze();

    Eventually.until(
        "the lock was granted late and given back",
        () -> {
          var state = server.locks().get(GetRequest.newBuilder().setName("a").build());
          return state.getFence() > 0 && !state.getHeld();
        });
  }

  @Test
  void repetitionThatIsAnsweredKeepsWhatEarlierAttemptsWereGrantedLate() throws Exception {
    AcquireRequest request =
        named("a").setLease(Durations.fromSeconds(600)).setRequestId("r-1").build();
    server.locks().acquire(named("so that Redis knows the script").setRequestId("r").build());
    redis.freeze();
    Refused.by(() -> server.locks().withDeadlineAfter(500, TimeUnit.MILLISECONDS).acquire(request));
    ListenableFuture<AcquireResponse> again = server.futureLocks().acquire(request);
    Refused.by(() -> server.locks().withDeadlineAfter(500, TimeUnit.MILLISECONDS).acquire(request));
    redis.unfreeze();

    AcquireResponse granted = again.get(10, TimeUnit.SECONDS);

    assertThat(granted.getAcquired()).isTrue();
    // Whatever the two others gave back, they have done so by now.
    assertThat(server.locks().acquire(request)).isEqualTo(granted);
    server
        .locks()
        .release(ReleaseRequest.newBuilder().setName("a").setToken(granted.getToken()).build());
  }

  @Test
  void healthFollowsRedis() {
    assertThat(health("")).isEqualTo(ServingStatus.SERVING);
    assertThat(health("quoin.locks.v1.Locks")).isEqualTo(ServingStatus.SERVING);

    redis.kill();
    Eventually.until(
        "NOT_SERVING",
        () ->
            health("") == ServingStatus.NOT_SERVING
                && health("quoin.locks.v1.Locks") == ServingStatus.NOT_SERVING);
    // A server is not to be started anew because Redis is away.
    assertThat(health("liveness")).isEqualTo(ServingStatus.SERVING);

    redis.start();
    Eventually.until("SERVING", () -> health("") == ServingStatus.SERVING);
  }

  @Test
  void locksSurviveARestartOfRedis() {
    AcquireResponse held =
        server.locks().acquire(named("a").setLease(Durations.fromSeconds(60)).build());

    redis.kill();
    redis.start();
    Eventually.until("locks are served again", () -> isServed("other"));

    assertThat(server.locks().acquire(named("a").build()).getAcquired()).isFalse();
    server
        .locks()
        .release(ReleaseRequest.newBuilder().setName("a").setToken(held.getToken()).build());
  }

  @Test
  void fencesRiseEvenWhenRedisHasForgottenEverything() {
    AcquireResponse before = server.locks().acquire(named("a").build());

    redis.commands().flushall();
    AcquireResponse after = server.locks().acquire(named("a").build());

    assertThat(after.getAcquired()).isTrue();
    assertThat(after.getFence()).isGreaterThan(before.getFence());
  }

  @Test
  void fencesRiseEvenWhenTheClockOfRedisIsSetBack() {
    long future = (System.currentTimeMillis() + 3_600_000) * 1_000;
    redis.commands().set("quoin:default:locks:{a}:owner", "- - " + future + " 0 0 0 - ");

    AcquireResponse granted = server.locks().acquire(named("a").build());

    assertThat(granted.getFence()).isEqualTo(future + 1);
  }

  @Test
  void waitersKeepTheirOrderWhenRedisForgetsTheLine() throws Exception {
    AcquireResponse holder = server.locks().acquire(named("a").build());
    List<ListenableFuture<AcquireResponse>> waiting = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      waiting.add(
          server
              .futureLocks()
              .acquire(
                  named("a")
                      .setLease(Durations.fromMillis(500))
                      .setWait(Durations.fromSeconds(60))
                      .build()));
      awaitWaiters("a", i + 1);
    }
    redis.commands().flushall();
    assertThat(holder.getAcquired()).isTrue();

    redis.kill();
    redis.start();

    long fence = 0;
    for (ListenableFuture<AcquireResponse> next : waiting) {
      AcquireResponse granted = next.get(20, TimeUnit.SECONDS);
      assertThat(granted.getAcquired()).isTrue();
      assertThat(granted.getFence()).isGreaterThan(fence);
      fence = granted.getFence();
    }
    Eventually.until("nobody waits", () -> waiters("a") == 0);
  }

  @Test
  void holderIsToldWhenTheLeaseRanOutBecauseRedisWasAway() throws Exception {
    Holding holding = Holding.open(server, Holding.request("a", 600));
    holding.granted();

    redis.kill();

    assertThat(holding.next().getLost().getReason()).isEqualTo(LostReason.LOST_REASON_EXPIRED);
    holding.end().get(5, TimeUnit.SECONDS);
  }

  @Test
  void holderKeepsItsLockWhenRedisIsBackInTime() throws Exception {
    Holding holding = Holding.open(server, Holding.request("a", 20_000));
    long fence = holding.granted().getFence();

    redis.kill();
    redis.start();
    Eventually.until("locks are served again", () -> isServed("other"));

    var state = server.locks().get(GetRequest.newBuilder().setName("a").build());
    assertThat(state.getHeld()).isTrue();
    assertThat(state.getFence()).isEqualTo(fence);
    holding.cancel();
  }

  @Test
  void locksHadSoFarAreKeptWhenRedisIsBackInTime() throws Exception {
    server.close();
    server = TestServer.start("redis", redis.uri(), "redis-timeout", "500ms");
    AcquireResponse holder =
        server.locks().acquire(named("b").setLease(Durations.fromSeconds(600)).build());
    ListenableFuture<AcquireAllResponse> waiting =
        server
            .futureLocks()
            .acquireAll(
                AcquireAllRequest.newBuilder()
                    .addNames("a")
                    .addNames("b")
                    .setLease(Durations.fromSeconds(12))
                    .setWait(Durations.fromSeconds(120))
                    .build());
    awaitWaiters("b", 1);
    long fence = state("a").getFence();
    Eventually.until("the lease has been renewed", () -> secondsLeft("a") > 11.5);

    // The renewals after a third and two thirds of the lease fail; a third one would come too late.
    redis.freeze();
    Thread.sleep(9_200);
    redis.unfreeze();
    Eventually.until("locks are served again", () -> isServed("other"));
    Eventually.until("the lease has been renewed again", () -> secondsLeft("a") > 11);

    assertThat(state("a").getFence()).isEqualTo(fence);
    server
        .locks()
        .release(ReleaseRequest.newBuilder().setName("b").setToken(holder.getToken()).build());
    AcquireAllResponse all = waiting.get(20, TimeUnit.SECONDS);
    assertThat(all.getAcquired()).isTrue();
    assertThat(state("a").getFence()).isEqualTo(fence);
  }

  @Test
  void waiterWhoseHintWasLostGetsTheLockAllTheSame() throws Exception {
    AcquireResponse holder = server.locks().acquire(named("a").build());
    ListenableFuture<AcquireResponse> waiting =
        server.futureLocks().acquire(named("a").setWait(Durations.fromSeconds(60)).build());
    awaitWaiters("a", 1);

    // The connection for hints breaks at the moment of the hand-over.
    redis.commands().clientKill(io.lettuce.core.KillArgs.Builder.typePubsub());
    server
        .locks()
        .release(ReleaseRequest.newBuilder().setName("a").setToken(holder.getToken()).build());

    assertThat(waiting.get(8, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  private GetResponse state(String name) {
    return server.locks().get(GetRequest.newBuilder().setName(name).build());
  }

  private double secondsLeft(String name) {
    return (Timestamps.toMillis(state(name).getExpireTime()) - System.currentTimeMillis()) / 1e3;
  }

  private boolean isServed(String name) {
    try {
      server.locks().get(GetRequest.newBuilder().setName(name).build());
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  private long waiters(String name) {
    return server.locks().get(GetRequest.newBuilder().setName(name).build()).getWaiterCount();
  }

  private void awaitWaiters(String name, int count) {
    Eventually.until(count + " wait for " + name, () -> waiters(name) == count);
  }

  private ServingStatus health(String service) {
    return HealthGrpc.newBlockingStub(server.channel())
        .check(HealthCheckRequest.newBuilder().setService(service).build())
        .getStatus();
  }

  private static AcquireRequest.Builder named(String name) {
    return AcquireRequest.newBuilder().setName(name);
  }
}
