// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.await;
import static dev.quoin.server.semaphores.Permits.awaitInUse;
import static dev.quoin.server.semaphores.Permits.awaitWaiters;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.expire;
import static dev.quoin.server.semaphores.Permits.granted;
import static dev.quoin.server.semaphores.Permits.key;
import static dev.quoin.server.semaphores.Permits.release;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.lettuce.core.ScriptOutputType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class SemaphoreLineTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void waiterGetsPermitsThatAreReleasedOnAnotherServer() throws Exception {
    configure("a", 2);
    AcquireResponse holder = take("a", 2);
    ListenableFuture<AcquireResponse> waiting = await(TestServer.first(), "a", 2);
    awaitWaiters("a", 1);

    release("a", holder);

    AcquireResponse granted = granted(waiting);
    assertThat(granted.getFence()).isGreaterThan(holder.getFence());
    assertThat(granted.getInUse()).isEqualTo(2);
    assertThat(granted.getLimit()).isEqualTo(2);
  }

  @Test
  void waitersOfTwoServersAreServedInTheOrderOfArrival() throws Exception {
    configure("a", 2);
    List<AcquireResponse> holders = new ArrayList<>(List.of(take("a", 1), take("a", 1)));
    List<ListenableFuture<AcquireResponse>> waiting = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      waiting.add(await(i % 2 == 0 ? TestServer.first() : TestServer.second(), "a", 1));
      awaitWaiters("a", i + 1);
    }

    long fence = holders.get(1).getFence();
    for (ListenableFuture<AcquireResponse> next : waiting) {
      release("a", holders.remove(0));
      AcquireResponse granted = granted(next);
      assertThat(granted.getFence()).isGreaterThan(fence);
      fence = granted.getFence();
      holders.add(granted);
    }
  }

  @Test
  void largeRequestAtTheHeadIsNotOvertakenBySmallOnes() throws Exception {
    configure("a", 3);
    AcquireResponse two = take("a", 2);
    ListenableFuture<AcquireResponse> large = await(TestServer.first(), "a", 3);
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> small = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 2);

    AcquireResponse newcomer = take("a", 1);

    assertThat(newcomer.getAcquired()).as("one permit is free, but not for it").isFalse();
    assertThat(newcomer.getPosition()).isEqualTo(3);
    assertThat(newcomer.getInUse()).isEqualTo(2);
    release("a", two);
    AcquireResponse granted = granted(large);
    assertThat(granted.getInUse()).isEqualTo(3);
    release("a", granted);
    assertThat(granted(small).getFence()).isGreaterThan(granted.getFence());
  }

  @Test
  void thoseBehindALargeRequestAreServedWhenItGivesUp() throws Exception {
    configure("a", 3);
    take("a", 2);
    ListenableFuture<AcquireResponse> large = await(TestServer.first(), "a", 3);
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> small = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 2);

    large.cancel(true);

    assertThat(granted(small).getInUse()).isEqualTo(3);
  }

  @Test
  void oneReleaseServesAsManyAsItSuffices() throws Exception {
    configure("a", 300);
    AcquireResponse all = take("a", 300);
    List<ListenableFuture<AcquireResponse>> waiting = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      waiting.add(await(i % 2 == 0 ? TestServer.first() : TestServer.second(), "a", 1));
    }
    awaitWaiters("a", 300);

    release("a", all);

    for (ListenableFuture<AcquireResponse> one : waiting) {
      granted(one);
    }
    assertThat(state("a").getInUse()).isEqualTo(300);
    assertThat(TestRedis.commands().exists(key("a", "line"))).isZero();
  }

  @Test
  void waiterGetsPermitsWhenALeaseRunsOut() throws Exception {
    configure("a", 1);
    Permits.on(TestServer.first()).acquire(ask("a", 1).setLease(Durations.fromMillis(300)).build());

    assertThat(granted(await(TestServer.second(), "a", 1)).getAcquired()).isTrue();
  }

  @Test
  void newcomerHandsPermitsWhoseLeaseEndedToTheLine() throws Exception {
    configure("a", 1);
    AcquireResponse holder = take("a", 1);
    ListenableFuture<AcquireResponse> first = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 1);
    expire("a", holder);

    AcquireResponse newcomer = take("a", 1);

    assertThat(newcomer.getAcquired()).isFalse();
    assertThat(granted(first).getFence()).isGreaterThan(holder.getFence());
  }

  @Test
  void loweringTheLimitTakesNothingAwayAndDrains() throws Exception {
    configure("a", 3);
    List<AcquireResponse> holders = List.of(take("a", 1), take("a", 1), take("a", 1));
    configure("a", 1);
    ListenableFuture<AcquireResponse> waiting = await(TestServer.first(), "a", 1);
    awaitWaiters("a", 1);
    assertThat(state("a").getInUse()).isEqualTo(3);
    assertThat(state("a").getLimit()).isEqualTo(1);

    release("a", holders.get(0));
    release("a", holders.get(1));
    assertThat(state("a").getInUse()).isEqualTo(1);
    assertThat(waiting.isDone()).isFalse();
    Permits.renew("a", holders.get(2).getToken());
    release("a", holders.get(2));

    assertThat(granted(waiting).getInUse()).isEqualTo(1);
  }

  @Test
  void raisingTheLimitServesThoseInLine() throws Exception {
    configure("a", 1);
    take("a", 1);
    ListenableFuture<AcquireResponse> one = await(TestServer.first(), "a", 1);
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> two = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 2);

    configure("a", 3);

    granted(one);
    assertThat(granted(two).getInUse()).isEqualTo(3);
  }

  @Test
  void waiterForMoreThanTheLoweredLimitIsRefusedWhenItsTurnComes() throws Exception {
    configure("a", 5);
    AcquireResponse holder = take("a", 4);
    ListenableFuture<AcquireResponse> large = await(TestServer.first(), "a", 3);
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> small = await(TestServer.second(), "a", 2);
    awaitWaiters("a", 2);

    configure("a", 2);

    Refused refused = refusalOf(large);
    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(refused.reason()).isEqualTo("SEMAPHORE_LIMIT_EXCEEDED");
    release("a", holder);
    assertThat(granted(small).getLimit()).isEqualTo(2);
  }

  @Test
  void waitThatEndsIsAnAnswerWithThePlaceInLine() {
    configure("a", 2);
    take("a", 2);
    ListenableFuture<AcquireResponse> earlier = await(TestServer.second(), "a", 1);
    awaitWaiters("a", 1);

    AcquireResponse late =
        Permits.on(TestServer.first())
            .acquire(ask("a", 1).setWait(Durations.fromMillis(150)).build());

    assertThat(late.getAcquired()).isFalse();
    assertThat(late.getInUse()).isEqualTo(2);
    assertThat(late.getLimit()).isEqualTo(2);
    assertThat(late.getPosition()).isEqualTo(2);
    awaitWaiters("a", 1);
    earlier.cancel(true);
  }

  @Test
  void waitForASemaphoreNobodyConfiguredIsRefused() {
    assertThat(refusalOf(await(TestServer.first(), "a", 1)).reason())
        .isEqualTo("SEMAPHORE_NOT_FOUND");
  }

  @Test
  void permitsWonAtTheMomentOfCancellationAreFreeAgainSoon() throws Exception {
    for (int i = 0; i < 30; i++) {
      String name = "race " + i;
      configure(name, 2);
      AcquireResponse holder = take(name, 2);
      ListenableFuture<AcquireResponse> waiting =
          await(TestServer.first(), ask(name, 2).setLease(Durations.fromMillis(500)));
      awaitWaiters(name, 1);

      var released =
          SemaphoresGrpc.newFutureStub(TestServer.second().channel())
              .release(
                  ReleaseRequest.newBuilder().setName(name).setToken(holder.getToken()).build());
      waiting.cancel(true);
      released.get(5, TimeUnit.SECONDS);

      // Given back at once; only when the answer was on its way already does the lease end it.
      awaitWaiters(name, 0);
      awaitInUse(name, 0);
    }
  }

  @Test
  void lostHintIsMadeUpForByLookingAfterTheLine() throws Exception {
    configure("a", 1);
    AcquireResponse holder = take("a", 1);
    ListenableFuture<AcquireResponse> waiting = await(TestServer.first(), "a", 1);
    awaitWaiters("a", 1);

    // As if the permit had become free by itself, without anybody being told.
    expire("a", holder);

    Eventually.until(Duration.ofSeconds(20), "it is served", waiting::isDone);
    assertThat(granted(waiting).getFence()).isGreaterThan(holder.getFence());
  }

  @Test
  void fullLineTakesNobodyMore() {
    configure("a", 1);
    Permits.on(TestServer.first()).acquire(ask("a", 1).setLease(Durations.fromHours(1)).build());
    String fill =
        "for i = 1, ARGV[1] do redis.call('ZADD', KEYS[1], i, 'gone t' .. i .. ' 1000 - 1 ') end"
            + " return 1";
    TestRedis.commands()
        .eval(fill, ScriptOutputType.INTEGER, new String[] {key("a", "line")}, "200000");

    Refused refused =
        Refused.by(
            () ->
                Permits.on(TestServer.first())
                    .acquire(ask("a", 1).setWait(Durations.fromSeconds(30)).build()));

    assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(refused.reason()).isEqualTo("SEMAPHORE_TOO_MANY_WAITERS");
    assertThat(state("a").getWaiterCount()).isEqualTo(200_000);
  }

  @Test
  void nothingButTheConfigurationIsLeftWhenTheLastWaiterIsGone() throws Exception {
    configure("a", 1);
    AcquireResponse holder = take("a", 1);
    ListenableFuture<AcquireResponse> waiting = await(TestServer.first(), "a", 1);
    awaitWaiters("a", 1);
    release("a", holder);
    release("a", granted(waiting));

    assertThat(TestRedis.commands().keys("quoin:default:semaphores:{[^%]*"))
        .containsExactly(key("a", "state"));
  }

  private static Refused refusalOf(ListenableFuture<AcquireResponse> waiting) {
    return Refused.by(
        () -> {
          try {
            waiting.get(10, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }
}
