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
import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.ReleaseResponse;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A request whose caller went away without its outcome. */
@Tag("redis")
final class GivenUpRequestTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void whatTheRequestWasGrantedIsGivenBack() throws Exception {
    acquire(request("a").setRequestId("r-1"));
    var next = await(TestServer.second(), request("a"));
    awaitWaiters("a", 1);

    assertThat(giveUp("a", "r-1").getReleased()).isTrue();

    assertThat(next.get(5, TimeUnit.SECONDS).getAcquired()).isTrue();
    ReleaseResponse repeated = giveUp("a", "r-1");
    assertThat(repeated.hasReleased()).isTrue();
    assertThat(repeated.getReleased()).isFalse();
    assertThat(state("a").getHeld()).isTrue();
  }

  @Test
  void whatAReaderWasGrantedIsGivenBack() {
    acquire(shared("a").setRequestId("r-1"));
    acquire(shared("a").setRequestId("r-2"));

    assertThat(giveUp("a", "r-1").getReleased()).isTrue();

    assertThat(state("a").getReaderCount()).isEqualTo(1);
  }

  @Test
  void whatARepetitionHasTakenOverIsGivenBack() {
    acquire(request("a").setRequestId("r-1"));
    acquire(request("a").setRequestId("r-1"));

    assertThat(giveUp("a", "r-1").getReleased()).isTrue();

    assertThat(state("a").getHeld()).isFalse();
  }

  @Test
  void requestThatArrivesLaterHoldsNothing() {
    ReleaseResponse unknown = giveUp("a", "r-1");
    assertThat(unknown.hasReleased()).isTrue();
    assertThat(unknown.getReleased()).isFalse();

    Refused refused = Refused.by(() -> acquire(request("a").setRequestId("r-1")));

    assertThat(refused.reason()).isEqualTo("LOCK_NOT_HELD");
    assertThat(refused.status().getMessage()).contains("given up");
    assertThat(
            Refused.by(
                    () ->
                        acquire(
                            request("a").setRequestId("r-1").setWait(Durations.fromSeconds(60))))
                .reason())
        .isEqualTo("LOCK_NOT_HELD");
    assertThat(state("a").getHeld()).isFalse();
    assertThat(state("a").getWaiterCount()).isZero();
    assertThat(acquire(request("a").setRequestId("r-2")).getAcquired()).isTrue();
    assertThat(TestRedis.commands().pttl("quoin:default:locks:{a}:request:r-1"))
        .isBetween(590_000L, 600_000L);
  }

  @Test
  void requestThatIsGrantedInLineLaterHoldsNothing() throws Exception {
    AcquireResponse holder = acquire(request("a"));
    var waiting = await(TestServer.first(), request("a").setRequestId("r-1"));
    awaitWaiters("a", 1);

    assertThat(giveUp("a", "r-1").getReleased()).isFalse();
    release("a", holder.getToken());

    assertThat(refusal(waiting).reason()).isEqualTo("LOCK_NOT_HELD");
    awaitFree("a");
  }

  @Test
  void readerThatIsGrantedInLineLaterHoldsNothing() throws Exception {
    AcquireResponse holder = acquire(request("a"));
    var waiting = await(TestServer.first(), shared("a").setRequestId("r-1"));
    awaitWaiters("a", 1);

    assertThat(giveUp("a", "r-1").getReleased()).isFalse();
    release("a", holder.getToken());

    assertThat(refusal(waiting).reason()).isEqualTo("LOCK_NOT_HELD");
    awaitFree("a");
  }

  @Test
  void hundredRequestsCancelledDuringHandOverHoldNothing() throws Exception {
    for (int i = 0; i < 100; i++) {
      String name = "n" + i;
      AcquireResponse holder = acquire(request(name));
      var waiting = await(TestServer.first(), request(name).setRequestId("r-1"));
      awaitWaiters(name, 1);
      var released =
          TestServer.second()
              .futureLocks()
              .release(
                  ReleaseRequest.newBuilder().setName(name).setToken(holder.getToken()).build());
      waiting.cancel(true);
      giveUp(name, "r-1");
      released.get(5, TimeUnit.SECONDS);
      awaitFree(name);
    }
  }

  @Test
  void severalLocksAreGivenBackOneByOne() throws Exception {
    AcquireResponse busy = acquire(request("c"));
    ListenableFuture<AcquireAllResponse> waiting =
        TestServer.first()
            .futureLocks()
            .acquireAll(
                AcquireAllRequest.newBuilder()
                    .addNames("a")
                    .addNames("b")
                    .addNames("c")
                    .setLease(Durations.fromSeconds(600))
                    .setWait(Durations.fromSeconds(60))
                    .setRequestId("r-1")
                    .build());
    awaitWaiters("c", 1);

    assertThat(giveUp("a", "r-1").getReleased()).isTrue();
    assertThat(giveUp("b", "r-1").getReleased()).isTrue();
    assertThat(giveUp("c", "r-1").getReleased()).isFalse();
    release("c", busy.getToken());

    assertThat(refusal(waiting).reason()).isEqualTo("LOCK_NOT_HELD");
    awaitFree("a");
    awaitFree("b");
    awaitFree("c");
  }

  @Test
  void tokenOrRequestIsNamedButNotBoth() {
    ReleaseRequest.Builder neither = ReleaseRequest.newBuilder().setName("a");
    assertThat(Refused.by(() -> TestServer.first().locks().release(neither.build())).code())
        .isEqualTo(Code.INVALID_ARGUMENT);

    ReleaseRequest.Builder both = neither.clone().setToken("t").setAcquireRequestId("r-1");
    assertThat(Refused.by(() -> TestServer.first().locks().release(both.build())).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  private static ReleaseResponse giveUp(String name, String requestId) {
    return TestServer.second()
        .locks()
        .release(ReleaseRequest.newBuilder().setName(name).setAcquireRequestId(requestId).build());
  }

  private static Refused refusal(ListenableFuture<?> call) {
    return Refused.by(
        () -> {
          try {
            call.get(20, TimeUnit.SECONDS);
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }
}
