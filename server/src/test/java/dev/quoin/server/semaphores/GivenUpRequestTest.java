// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.ask;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.release;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.ReleaseResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc.SemaphoresBlockingStub;
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
  private final SemaphoresBlockingStub semaphores = Permits.on(TestServer.first());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void whatTheRequestWasGrantedIsGivenBack() throws Exception {
    configure("a", 3);
    semaphores.acquire(ask("a", 2).setRequestId("r-1").build());
    var next = Permits.await(TestServer.second(), "a", 3);
    Permits.awaitWaiters("a", 1);

    assertThat(giveUp("a", "r-1").getReleased()).isTrue();

    Permits.granted(next);
    ReleaseResponse repeated = giveUp("a", "r-1");
    assertThat(repeated.hasReleased()).isTrue();
    assertThat(repeated.getReleased()).isFalse();
    assertThat(state("a").getInUse()).isEqualTo(3);
  }

  @Test
  void requestThatArrivesLaterHoldsNothing() {
    configure("a", 3);
    ReleaseResponse unknown = giveUp("a", "r-1");
    assertThat(unknown.hasReleased()).isTrue();
    assertThat(unknown.getReleased()).isFalse();

    Refused refused = Refused.by(() -> semaphores.acquire(ask("a", 1).setRequestId("r-1").build()));

    assertThat(refused.reason()).isEqualTo("SEMAPHORE_NOT_HELD");
    assertThat(refused.status().getMessage()).contains("given up");
    assertThat(state("a").getInUse()).isZero();
    assertThat(semaphores.acquire(ask("a", 1).setRequestId("r-2").build()).getAcquired()).isTrue();
    assertThat(TestRedis.commands().pttl("quoin:default:semaphores:{a}:request:r-1"))
        .isBetween(590_000L, 600_000L);
  }

  @Test
  void aSemaphoreThatNobodyUsedIsNotMade() {
    assertThat(giveUp("a", "r-1").getReleased()).isFalse();

    assertThat(Refused.by(() -> state("a")).reason()).isEqualTo("SEMAPHORE_NOT_FOUND");
  }

  @Test
  void requestThatIsGrantedInLineLaterHoldsNothing() throws Exception {
    configure("a", 1);
    AcquireResponse holder = take("a", 1);
    var waiting = Permits.await(TestServer.first(), ask("a", 1).setRequestId("r-1"));
    Permits.awaitWaiters("a", 1);

    assertThat(giveUp("a", "r-1").getReleased()).isFalse();
    release("a", holder);

    Refused refused =
        Refused.by(
            () -> {
              try {
                waiting.get(20, TimeUnit.SECONDS);
              } catch (ExecutionException e) {
                throw e.getCause();
              }
            });
    assertThat(refused.reason()).isEqualTo("SEMAPHORE_NOT_HELD");
    Permits.awaitInUse("a", 0);
  }

  @Test
  void tokenOrRequestIsNamedButNotBoth() {
    ReleaseRequest.Builder neither = ReleaseRequest.newBuilder().setName("a");
    assertThat(Refused.by(() -> semaphores.release(neither.build())).code())
        .isEqualTo(Code.INVALID_ARGUMENT);

    ReleaseRequest.Builder both = neither.clone().setToken("t").setAcquireRequestId("r-1");
    assertThat(Refused.by(() -> semaphores.release(both.build())).code())
        .isEqualTo(Code.INVALID_ARGUMENT);
  }

  private static ReleaseResponse giveUp(String name, String requestId) {
    return Permits.on(TestServer.second())
        .release(ReleaseRequest.newBuilder().setName(name).setAcquireRequestId(requestId).build());
  }
}
