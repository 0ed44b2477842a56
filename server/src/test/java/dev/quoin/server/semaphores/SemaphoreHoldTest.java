// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import static dev.quoin.server.semaphores.Permits.awaitInUse;
import static dev.quoin.server.semaphores.Permits.awaitWaiters;
import static dev.quoin.server.semaphores.Permits.configure;
import static dev.quoin.server.semaphores.Permits.state;
import static dev.quoin.server.semaphores.Permits.take;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Timestamps;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.RevokeRequest;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Granted;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class SemaphoreHoldTest {
  @AfterEach
  void endStreams() {
    Holding.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void permitsAreFreeAtOnceWhenTheCallEnds() throws Exception {
    Holding holding =
        Holding.open(
            TestServer.first(),
            Holding.request("a", 60_000).setPermits(2).setLimit(3).setLabel("me"));
    Granted granted = holding.granted();
    assertThat(granted.getFence()).isPositive();
    assertThat(state("a").getInUse()).isEqualTo(2);
    assertThat(state("a").getHolders(0).getLabel()).isEqualTo("me");
    assertThat(state("a").getHolders(0).getExpireTime()).isEqualTo(granted.getExpireTime());

    holding.cancel();

    awaitInUse("a", 0);
  }

  @Test
  void permitsAreRenewedAsLongAsTheCallLives() throws Exception {
    configure("a", 1);
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 1_500));
    Granted granted = holding.granted();

    long expire = Timestamps.toMillis(granted.getExpireTime());
    for (int i = 0; i < 3; i++) {
      HoldResponse beat = holding.any();
      assertThat(beat.hasHeartbeat()).as(beat.toString()).isTrue();
      long renewed = Timestamps.toMillis(beat.getHeartbeat().getExpireTime());
      assertThat(renewed).isGreaterThan(expire);
      expire = renewed;
    }
    assertThat(state("a").getHolders(0).getFence()).isEqualTo(granted.getFence());
  }

  @Test
  void waitersAreToldTheirPlaceAndServedInOrder() throws Exception {
    configure("a", 2);
    Holding first = Holding.open(TestServer.first(), Holding.request("a", 60_000).setPermits(2));
    first.granted();
    Holding second = Holding.open(TestServer.second(), Holding.request("a", 60_000));
    assertThat(second.any().getWaiting().getPosition()).isEqualTo(1);
    Holding third = Holding.open(TestServer.first(), Holding.request("a", 60_000));
    assertThat(third.any().getWaiting().getPosition()).isEqualTo(2);

    first.cancel();

    long fence = second.granted().getFence();
    assertThat(third.granted().getFence()).isGreaterThan(fence);
  }

  @Test
  void revokedHolderIsToldOnItsStreamThoughItsLeaseIsLong() throws Exception {
    configure("a", 1);
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 3_600_000));
    holding.granted();

    Permits.on(TestServer.second())
        .revoke(
            RevokeRequest.newBuilder()
                .setName("a")
                .setId(state("a").getHolders(0).getId())
                .setActor("ops")
                .setExplanation("too slow")
                .build());

    Lost lost = holding.next().getLost();
    assertThat(lost.getReason()).isEqualTo(LostReason.LOST_REASON_REVOKED);
    assertThat(lost.getExplanation()).isEqualTo("too slow");
    assertThat(lost.getActor()).isEqualTo("ops");
    holding.end().get(5, TimeUnit.SECONDS);
    assertThat(take("a", 1).getAcquired()).isTrue();
  }

  @Test
  void holderIsToldWhenSomebodyReleasedWithItsToken() throws Exception {
    configure("a", 1);
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 3_000));
    Granted granted = holding.granted();

    Permits.on(TestServer.second())
        .release(ReleaseRequest.newBuilder().setName("a").setToken(granted.getToken()).build());

    assertThat(holding.next().getLost().getReason()).isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    holding.end().get(5, TimeUnit.SECONDS);
  }

  @Test
  void grantOfAcquireCanBeHeldOn() throws Exception {
    configure("a", 3);
    AcquireResponse acquired = take("a", 2);

    Holding holding =
        Holding.open(
            TestServer.second(),
            HoldRequest.newBuilder().setName("a").setToken(acquired.getToken()));

    assertThat(holding.granted().getFence()).isEqualTo(acquired.getFence());
    assertThat(state("a").getInUse()).isEqualTo(2);
    holding.cancel();
    awaitInUse("a", 0);
  }

  @Test
  void endOfAStreamDoesNotTakeThePermitsFromANewerOneWithTheSameToken() throws Exception {
    configure("a", 1);
    Holding older = Holding.open(TestServer.first(), Holding.request("a", 3_000));
    Granted granted = older.granted();
    Holding newer =
        Holding.open(TestServer.second(), Holding.request("a", 3_000).setToken(granted.getToken()));
    assertThat(newer.granted().getFence()).isEqualTo(granted.getFence());

    assertThat(older.next().getLost().getReason()).isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    older.cancel();

    for (int beats = 0; beats < 2; beats++) {
      assertThat(newer.any().hasHeartbeat()).isTrue();
    }
    newer.cancel();
    awaitInUse("a", 0);
  }

  @Test
  void holdIsRefusedAsAcquireIs() {
    configure("a", 1);

    assertThat(refusal(HoldRequest.newBuilder().setName("b"))).isEqualTo("SEMAPHORE_NOT_FOUND");
    assertThat(refusal(HoldRequest.newBuilder().setName("a").setPermits(2)))
        .isEqualTo("SEMAPHORE_LIMIT_EXCEEDED");
    assertThat(refusal(HoldRequest.newBuilder().setName("a").setToken("stranger")))
        .isEqualTo("SEMAPHORE_NOT_HELD");
  }

  @Test
  void drainingServerLetsTheHolderTakeThePermitsAlong() throws Exception {
    configure("a", 1);
    TestServer leaving = TestServer.onSharedRedis();
    Holding holding = Holding.open(leaving, Holding.request("a", 30_000));
    Granted granted = holding.granted();
    Holding waiting = Holding.open(leaving, Holding.request("a", 30_000));
    assertThat(waiting.any().getWaiting().getPosition()).isEqualTo(1);

    leaving.server().close();

    assertThat(waiting.next().getReconnect().getToken()).isEmpty();
    assertThat(holding.next().getReconnect().getToken()).isEqualTo(granted.getToken());
    holding.end().get(5, TimeUnit.SECONDS);
    awaitWaiters("a", 0);
    Holding again =
        Holding.open(TestServer.first(), Holding.request("a", 30_000).setToken(granted.getToken()));
    assertThat(again.granted().getFence()).isEqualTo(granted.getFence());
    leaving.close();
  }

  private static String refusal(HoldRequest.Builder request) {
    Holding holding = Holding.open(TestServer.first(), request);
    Refused[] refused = new Refused[1];
    assertThatThrownBy(() -> holding.end().get(5, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .satisfies(e -> refused[0] = Refused.of(e.getCause()));
    return refused[0].reason();
  }
}
