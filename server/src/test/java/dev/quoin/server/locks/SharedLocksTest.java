// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.await;
import static dev.quoin.server.locks.LockCalls.awaitFree;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.shared;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Readers and writers. */
@Tag("redis")
final class SharedLocksTest {
  private static final String MARKS = "quoin:default:locks:{a}:marks";

  @AfterEach
  void endStreams() {
    Holding.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void readersHoldTheLockTogetherWithTokensAndRisingFencesOfTheirOwn() {
    AcquireResponse first = acquire(shared("a").setLabel("r1"));
    AcquireResponse second = acquire(shared("a").setLabel("r2"));

    assertThat(first.getAcquired()).isTrue();
    assertThat(second.getAcquired()).isTrue();
    assertThat(second.getToken()).isNotEqualTo(first.getToken());
    assertThat(second.getFence()).isGreaterThan(first.getFence());
  }

  @Test
  void writerIsKeptOutByReadersAndReadersByAWriter() {
    AcquireResponse reader = acquire(shared("a").setLabel("reader"));

    AcquireResponse writer = acquire(request("a"));
    assertThat(writer.getAcquired()).isFalse();
    assertThat(writer.getLabel()).isEqualTo("reader");
    assertThat(writer.getPosition()).isEqualTo(1);
    assertThat(Durations.toSeconds(writer.getRetryAfter())).isBetween(550L, 600L);

    release("a", reader.getToken());
    AcquireResponse holder = acquire(request("a").setLabel("writer"));
    assertThat(holder.getFence()).isGreaterThan(reader.getFence());
    assertThat(acquire(shared("a")).getLabel()).isEqualTo("writer");
  }

  @Test
  void writerGetsTheLockWhenTheLastReaderHasReleased() throws Exception {
    AcquireResponse first = acquire(shared("a"));
    AcquireResponse second = acquire(shared("a"));
    ListenableFuture<AcquireResponse> writer = await(TestServer.second(), request("a"));
    awaitWaiters("a", 1);

    release("a", first.getToken());
    assertThat(state("a").getReaderCount()).isEqualTo(1);
    assertThat(state("a").getWaiterCount()).isEqualTo(1);
    release("a", second.getToken());

    assertThat(writer.get(10, TimeUnit.SECONDS).getFence()).isGreaterThan(second.getFence());
    assertThat(state("a").getMode()).isEqualTo(Mode.MODE_EXCLUSIVE);
  }

  @Test
  void allReadersInLineAreServedAndTheWriterBehindThemWaits() throws Exception {
    AcquireResponse holder = acquire(request("a"));
    List<ListenableFuture<AcquireResponse>> readers = new ArrayList<>();
    for (int i = 0; i < 450; i++) {
      readers.add(await(i % 2 == 0 ? TestServer.first() : TestServer.second(), shared("a")));
    }
    awaitWaiters("a", 450);
    ListenableFuture<AcquireResponse> writer = await(TestServer.first(), request("a"));
    awaitWaiters("a", 451);

    release("a", holder.getToken());

    for (ListenableFuture<AcquireResponse> reader : readers) {
      assertThat(reader.get(20, TimeUnit.SECONDS).getAcquired()).isTrue();
    }
    assertThat(state("a").getReaderCount()).isEqualTo(450);
    assertThat(state("a").getWaiterCount()).isEqualTo(1);
    writer.cancel(true);
    awaitWaiters("a", 0);
  }

  @Test
  void waitingWriterIsNotStarvedByReadersThatComeLater() throws Exception {
    AcquireResponse reader = acquire(shared("a"));
    ListenableFuture<AcquireResponse> writer = await(TestServer.first(), request("a"));
    awaitWaiters("a", 1);

    assertThat(acquire(shared("a")).getAcquired()).isFalse();
    ListenableFuture<AcquireResponse> later = await(TestServer.second(), shared("a"));
    awaitWaiters("a", 2);
    release("a", reader.getToken());

    AcquireResponse written = writer.get(10, TimeUnit.SECONDS);
    assertThat(state("a").getWaiterCount()).isEqualTo(1);
    release("a", written.getToken());
    assertThat(later.get(10, TimeUnit.SECONDS).getFence()).isGreaterThan(written.getFence());
  }

  @Test
  void readersUpToTheNextWriterAreServedTogetherAndNoWriterStarvesThem() throws Exception {
    AcquireResponse holder = acquire(request("a"));
    List<ListenableFuture<AcquireResponse>> line = new ArrayList<>();
    boolean[] reads = {true, true, true, false, true};
    for (int i = 0; i < reads.length; i++) {
      TestServer server = i % 2 == 0 ? TestServer.first() : TestServer.second();
      line.add(await(server, reads[i] ? shared("a") : request("a")));
      awaitWaiters("a", i + 1);
    }

    release("a", holder.getToken());

    List<AcquireResponse> readers = new ArrayList<>();
    long fence = holder.getFence();
    for (int i = 0; i < 3; i++) {
      AcquireResponse reader = line.get(i).get(10, TimeUnit.SECONDS);
      assertThat(reader.getFence()).as("in the order of arrival").isGreaterThan(fence);
      fence = reader.getFence();
      readers.add(reader);
    }
    assertThat(state("a").getReaderCount()).isEqualTo(3);
    assertThat(state("a").getWaiterCount()).isEqualTo(2);
    readers.forEach(reader -> release("a", reader.getToken()));
    AcquireResponse writer = line.get(3).get(10, TimeUnit.SECONDS);
    assertThat(state("a").getReaderCount()).isZero();
    release("a", writer.getToken());
    assertThat(line.get(4).get(10, TimeUnit.SECONDS).getAcquired()).isTrue();
  }

  @Test
  void readersGoOnWhenTheWriterBeforeThemGivesUp() throws Exception {
    acquire(shared("a"));
    ListenableFuture<AcquireResponse> writer = await(TestServer.first(), request("a"));
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> reader = await(TestServer.second(), shared("a"));
    awaitWaiters("a", 2);

    writer.cancel(true);

    assertThat(reader.get(10, TimeUnit.SECONDS).getAcquired()).isTrue();
    assertThat(state("a").getReaderCount()).isEqualTo(2);
  }

  @Test
  void writerOfAKilledServerKeepsNoReaderWaiting() throws Exception {
    acquire(shared("a").setLease(Durations.fromSeconds(3_600)));
    try (ServerProcess doomed =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      doomed.asyncLocks().hold(HoldRequest.newBuilder().setName("a").build(), new Holding());
      awaitWaiters("a", 1);
      doomed.kill();

      Eventually.until("a reader gets in", () -> acquire(shared("a")).getAcquired());
    }
  }

  @Test
  void oneReaderCannotRenewOrReleaseForAnother() {
    AcquireResponse first = acquire(shared("a"));
    AcquireResponse second = acquire(shared("a"));
    release("a", first.getToken());

    assertThat(Refused.by(() -> release("a", first.getToken())).reason())
        .isEqualTo("LOCK_NOT_HELD");
    assertThat(Refused.by(() -> renew(first.getToken(), 10)).reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(state("a").getReaderCount()).isEqualTo(1);
    assertThat(state("a").getFence()).isEqualTo(second.getFence());
  }

  @ParameterizedTest
  @ValueSource(strings = {"+", "-", "*", "s.", "s.stranger", "+|-"})
  void wordsOfTheValueAreNoTokens(String token) {
    acquire(shared("a"));

    assertThat(Refused.by(() -> release("a", token)).reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(Refused.by(() -> renew(token, 10)).reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(state("a").getReaderCount()).isEqualTo(1);
  }

  @Test
  void lockIsHeldUntilTheLastOfTheLeasesEnds() {
    AcquireResponse brief = acquire(shared("a").setLease(Durations.fromSeconds(60)));
    AcquireResponse lasting = acquire(shared("a"));
    assertThat(state("a").getExpireTime()).isEqualTo(lasting.getExpireTime());

    release("a", lasting.getToken());
    assertThat(state("a").getExpireTime()).isEqualTo(brief.getExpireTime());

    var renewed = renew(brief.getToken(), 900);
    assertThat(state("a").getExpireTime()).isEqualTo(renewed);
    assertThat(renewed.getSeconds()).isGreaterThan(brief.getExpireTime().getSeconds());
  }

  @Test
  void readerWhoseLeaseRanOutIsGoneAndTheOthersStay() {
    AcquireResponse brief = acquire(shared("a").setLease(Durations.fromMillis(100)));
    AcquireResponse lasting = acquire(shared("a"));

    Eventually.until("one is gone", () -> state("a").getReaderCount() == 1);
    assertThat(Refused.by(() -> release("a", brief.getToken())).reason())
        .isEqualTo("LOCK_NOT_HELD");
    assertThat(acquire(request("a")).getAcquired()).isFalse();
    release("a", lasting.getToken());
    assertThat(acquire(request("a")).getAcquired()).isTrue();
  }

  @Test
  void writerGetsTheLockWhenTheLeasesOfAllReadersRunOut() throws Exception {
    acquire(shared("a").setLease(Durations.fromMillis(300)));
    acquire(shared("a").setLease(Durations.fromMillis(100)));

    assertThat(await(TestServer.second(), request("a")).get(10, TimeUnit.SECONDS).getAcquired())
        .isTrue();
  }

  @Test
  void getShowsReadersAndTheLineWithLabels() {
    AcquireResponse first = acquire(shared("a").setLabel("r1"));
    AcquireResponse second =
        acquire(shared("a").setLabel("r2").setLease(Durations.fromSeconds(900)));
    ListenableFuture<AcquireResponse> writer =
        await(TestServer.first(), request("a").setLabel("w"));
    awaitWaiters("a", 1);
    ListenableFuture<AcquireResponse> reader =
        await(TestServer.first(), shared("a").setLabel("r1"));
    awaitWaiters("a", 2);

    GetResponse state = state("a");

    assertThat(state.getMode()).isEqualTo(Mode.MODE_SHARED);
    assertThat(state.getReaderCount()).isEqualTo(2);
    assertThat(state.getLabel()).isEqualTo("r2");
    assertThat(state.getFence()).isEqualTo(second.getFence());
    assertThat(state.getHoldersList())
        .extracting(GetResponse.Holder::getLabel, GetResponse.Holder::getFence)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("r2", second.getFence()),
            org.assertj.core.groups.Tuple.tuple("r1", first.getFence()));
    assertThat(state.getHolders(1).getExpireTime()).isEqualTo(first.getExpireTime());
    assertThat(state.getWaitersList())
        .as("r1 waits for itself: it is seen to hold and to wait")
        .extracting(GetResponse.Waiter::getLabel, GetResponse.Waiter::getMode)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("w", Mode.MODE_EXCLUSIVE),
            org.assertj.core.groups.Tuple.tuple("r1", Mode.MODE_SHARED));
    assertThat(Timestamps.toMicros(state.getWaiters(0).getJoinTime()))
        .isGreaterThan(second.getFence())
        .isLessThan(Timestamps.toMicros(state.getWaiters(1).getJoinTime()));
    writer.cancel(true);
    reader.cancel(true);
  }

  @Test
  void releasingLeavesNothingButTheFence() {
    AcquireResponse first = acquire(shared("a"));
    AcquireResponse second = acquire(shared("a"));
    assertThat(TestRedis.commands().pttl(MARKS)).isBetween(590_000L, 600_000L);
    release("a", first.getToken());
    release("a", second.getToken());

    assertThat(TestRedis.commands().keys("quoin:default:locks:{[^%]*"))
        .containsExactly("quoin:default:locks:{a}:owner");
  }

  @Test
  void repeatedRequestOfAReaderIsTheSameShare() throws Exception {
    AcquireRequest.Builder request = shared("a").setRequestId("r-1");
    AcquireResponse granted = acquire(request);
    assertThat(TestServer.second().locks().acquire(request.build())).isEqualTo(granted);
    assertThat(state("a").getReaderCount()).isEqualTo(1);

    assertThat(Refused.by(() -> acquire(request("a").setRequestId("r-1"))).reason())
        .isEqualTo("REQUEST_ID_REUSED");
    release("a", granted.getToken());
    assertThat(Refused.by(() -> acquire(request)).reason()).isEqualTo("LOCK_NOT_HELD");
  }

  @Test
  void repeatedRequestOfAReaderThatHadToWaitIsTheSameShare() throws Exception {
    AcquireResponse writer = acquire(request("a"));
    AcquireRequest.Builder request = shared("a").setRequestId("r-1");
    ListenableFuture<AcquireResponse> waiting = await(TestServer.first(), request);
    awaitWaiters("a", 1);
    release("a", writer.getToken());
    AcquireResponse granted = waiting.get(10, TimeUnit.SECONDS);

    assertThat(TestServer.second().locks().acquire(request.build())).isEqualTo(granted);
    assertThat(state("a").getReaderCount()).isEqualTo(1);
  }

  @Test
  void readerThatStandsInLineTwiceGetsOneShareOnBothCalls() throws Exception {
    AcquireResponse writer = acquire(request("a"));
    var one = await(TestServer.first(), shared("a").setRequestId("r-1"));
    var two = await(TestServer.second(), shared("a").setRequestId("r-1"));
    awaitWaiters("a", 2);

    release("a", writer.getToken());

    String token = one.get(10, TimeUnit.SECONDS).getToken();
    assertThat(two.get(10, TimeUnit.SECONDS).getToken()).isEqualTo(token);
    assertThat(state("a").getReaderCount()).isEqualTo(1);
  }

  @Test
  void cancellingOneOfTwoSuchCallsLeavesTheOtherItsMemory() throws Exception {
    for (int round = 0; round < 40; round++) {
      String name = "a" + round;
      AcquireRequest.Builder request = shared(name).setRequestId("r-1");
      AcquireResponse writer = acquire(request(name));
      var one = await(TestServer.first(), request);
      var two = await(TestServer.second(), request);
      awaitWaiters(name, 2);

      release(name, writer.getToken());
      two.cancel(true);

      String token = one.get(10, TimeUnit.SECONDS).getToken();
      assertThat(acquire(request).getToken()).isEqualTo(token);
    }
  }

  @Test
  void requestIsRememberedForAsLongAsItsLease() throws Exception {
    AcquireRequest.Builder hour = shared("a").setLease(Durations.fromSeconds(3_600));
    acquire(hour.setRequestId("at-once"));
    AcquireResponse writer = acquire(request("b"));
    var waiting = await(TestServer.first(), hour.setName("b").setRequestId("in-line"));
    awaitWaiters("b", 1);
    release("b", writer.getToken());
    waiting.get(10, TimeUnit.SECONDS);

    String key = "quoin:default:locks:{%s}:request:%s";
    assertThat(TestRedis.commands().pttl(key.formatted("a", "at-once"))).isGreaterThan(3_000_000);
    assertThat(TestRedis.commands().pttl(key.formatted("b", "in-line"))).isGreaterThan(3_000_000);
  }

  @Test
  void streamsHoldSharesThatEndWithThem() throws Exception {
    Holding first = Holding.open(TestServer.first(), shares(300));
    Holding second = Holding.open(TestServer.second(), shares(300));
    first.granted();
    String token = second.granted().getToken();
    assertThat(state("a").getReaderCount()).isEqualTo(2);
    for (int beats = 0; beats < 4; beats++) {
      assertThat(second.any().hasHeartbeat()).isTrue();
    }

    first.cancel();
    Eventually.until("one is left", () -> state("a").getReaderCount() == 1);
    Holding resumed = Holding.open(TestServer.first(), shares(60_000).setToken(token));
    assertThat(resumed.granted().getToken()).isEqualTo(token);
    assertThat(second.next().getLost().getReasonValue()).isEqualTo(2);
    resumed.cancel();
    awaitFree("a");
  }

  @Test
  void readersOfAClosedConnectionInTheLineAreGoneAtOnce() throws Exception {
    AcquireResponse writer = acquire(request("a"));
    Holding waiting = Holding.open(TestServer.first(), shares(60_000));
    awaitWaiters("a", 1);
    waiting.cancel();
    awaitWaiters("a", 0);
    release("a", writer.getToken());
    awaitFree("a");
  }

  private static HoldRequest.Builder shares(long leaseMillis) {
    return Holding.request("a", leaseMillis).setMode(Mode.MODE_SHARED);
  }

  private static com.google.protobuf.Timestamp renew(String token, long seconds) {
    return TestServer.first()
        .locks()
        .renew(
            RenewRequest.newBuilder()
                .setName("a")
                .setToken(token)
                .setLease(Durations.fromSeconds(seconds))
                .build())
        .getExpireTime();
  }
}
