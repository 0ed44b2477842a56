// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Granted;
import dev.quoin.streams.v1.LostReason;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class HoldTest {
  @AfterEach
  void endStreams() {
    Holding.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void freeLockIsGrantedAtOnce() throws Exception {
    Holding holding =
        Holding.open(TestServer.first(), HoldRequest.newBuilder().setName("a").setLabel("me"));

    Granted granted = holding.granted();

    assertThat(granted.getFence()).isPositive();
    assertThat(state("a").getLabel()).isEqualTo("me");
    assertThat(state("a").getExpireTime()).isEqualTo(granted.getExpireTime());
    holding.cancel();
  }

  @Test
  void lockIsFreeAtOnceWhenTheCallEnds() throws Exception {
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 60_000));
    holding.granted();

    holding.cancel();

    Eventually.until("the lock is free", () -> !state("a").getHeld());
  }

  @Test
  void lockIsFreeAtOnceWhenTheConnectionOfTheClientBreaks() throws Exception {
    ManagedChannel connection = TestServer.first().newChannel();
    Holding holding = new Holding();
    dev.quoin.locks.v1.LocksGrpc.newStub(connection)
        .hold(Holding.request("a", 60_000).build(), holding);
    holding.granted();

    connection.shutdownNow();

    Eventually.until("the lock is free", () -> !state("a").getHeld());
  }

  @Test
  void lockIsRenewedAsLongAsTheCallLives() throws Exception {
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 1_500));
    Granted granted = holding.granted();

    long expire = Timestamps.toMillis(granted.getExpireTime());
    for (int i = 0; i < 6; i++) {
      HoldResponse beat = holding.any();
      assertThat(beat.hasHeartbeat()).isTrue();
      long renewed = Timestamps.toMillis(beat.getHeartbeat().getExpireTime());
      assertThat(renewed).isGreaterThan(expire);
      expire = renewed;
    }

    assertThat(state("a").getFence()).isEqualTo(granted.getFence());
    holding.cancel();
  }

  @Test
  void waitersAreToldTheirPlaceAndServedInOrder() throws Exception {
    Holding first = Holding.open(TestServer.first(), "a");
    first.granted();
    Holding second = Holding.open(TestServer.second(), "a");
    assertThat(second.any().getWaiting().getPosition()).isEqualTo(1);
    Holding third = Holding.open(TestServer.first(), "a");
    assertThat(third.any().getWaiting().getPosition()).isEqualTo(2);

    first.cancel();
    long fence = second.granted().getFence();
    second.cancel();

    assertThat(third.granted().getFence()).isGreaterThan(fence);
    third.cancel();
  }

  @Test
  void waiterIsToldThatItMovedUp() throws Exception {
    Holding first = Holding.open(TestServer.first(), "a");
    first.granted();
    Holding second = Holding.open(TestServer.second(), "a");
    second.any();
    Holding third = Holding.open(TestServer.first(), "a");
    assertThat(third.any().getWaiting().getPosition()).isEqualTo(2);

    second.cancel();

    Set<Long> positions = new LinkedHashSet<>();
    Eventually.until(
        Duration.ofSeconds(12),
        "it is told",
        () -> {
          positions.add(third.any().getWaiting().getPosition());
          return positions.contains(1L);
        });
    assertThat(positions).isSubsetOf(2L, 1L);
    first.cancel();
    third.cancel();
    Eventually.until(
        "nobody holds the lock or waits for it",
        () -> !state("a").getHeld() && state("a").getWaiterCount() == 0);
  }

  @Test
  void grantAtTheMomentOfCancellationIsGivenBack() throws Exception {
    for (int i = 0; i < 50; i++) {
      String name = "race " + i;
      Holding holder = Holding.open(TestServer.second(), name);
      holder.granted();
      Holding waiting = Holding.open(TestServer.first(), name);
      waiting.any();

      holder.cancel();
      waiting.cancel();

      Eventually.until(
          "nobody holds the lock or waits for it",
          () -> !state(name).getHeld() && state(name).getWaiterCount() == 0);
    }
  }

  @Test
  void holderIsToldWhenSomebodyReleasedWithItsToken() throws Exception {
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 1_500));
    Granted granted = holding.granted();

    TestServer.second()
        .locks()
        .release(ReleaseRequest.newBuilder().setName("a").setToken(granted.getToken()).build());

    assertThat(holding.next().getLost().getReason()).isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    holding.end().get(5, TimeUnit.SECONDS);
  }

  @Test
  void grantOfAcquireCanBeHeldOn() throws Exception {
    AcquireResponse acquired =
        TestServer.first().locks().acquire(AcquireRequest.newBuilder().setName("a").build());

    Holding holding =
        Holding.open(
            TestServer.second(),
            HoldRequest.newBuilder().setName("a").setToken(acquired.getToken()));

    Granted granted = holding.granted();
    assertThat(granted.getToken()).isEqualTo(acquired.getToken());
    assertThat(granted.getFence()).isEqualTo(acquired.getFence());
    holding.cancel();
    Eventually.until("the lock is free", () -> !state("a").getHeld());
  }

  @Test
  void endOfAStreamDoesNotTakeTheLockFromANewerOneWithTheSameToken() throws Exception {
    Holding older = Holding.open(TestServer.first(), Holding.request("a", 1_500));
    Granted granted = older.granted();
    Holding newer =
        Holding.open(TestServer.second(), Holding.request("a", 1_500).setToken(granted.getToken()));
    assertThat(newer.granted().getFence()).isEqualTo(granted.getFence());

    assertThat(older.next().getLost().getReason()).isEqualTo(LostReason.LOST_REASON_NOT_HELD);
    older.cancel();

    for (int beats = 0; beats < 4; beats++) {
      assertThat(newer.any().hasHeartbeat()).isTrue();
    }
    newer.cancel();
    Eventually.until("the lock is free", () -> !state("a").getHeld());
  }

  @Test
  void cancelledStreamDoesNotTakeTheLockFromANewerOneWithTheSameToken() throws Exception {
    Holding older = Holding.open(TestServer.first(), Holding.request("a", 60_000));
    Granted granted = older.granted();
    Holding newer =
        Holding.open(TestServer.first(), Holding.request("a", 1_500).setToken(granted.getToken()));
    newer.granted();

    older.cancel();

    for (int beats = 0; beats < 4; beats++) {
      assertThat(newer.any().hasHeartbeat()).isTrue();
    }
    assertThat(state("a").getFence()).isEqualTo(granted.getFence());
    newer.cancel();
  }

  @Test
  void strangersTokenCannotBeHeldOn() {
    Holding holding =
        Holding.open(
            TestServer.first(), HoldRequest.newBuilder().setName("a").setToken("stranger"));

    assertThatThrownBy(() -> holding.end().get(5, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .satisfies(e -> assertThat(Refused.of(e.getCause()).reason()).isEqualTo("LOCK_NOT_HELD"));
  }

  @Test
  void drainingServerLetsTheHolderTakeTheLockAlong() throws Exception {
    TestServer leaving = TestServer.onSharedRedis();
    Holding holding = Holding.open(leaving, Holding.request("a", 30_000));
    Granted granted = holding.granted();
    Holding waiting = Holding.open(leaving, "a");
    assertThat(waiting.any().getWaiting().getPosition()).isEqualTo(1);

    leaving.server().close();

    assertThat(waiting.next().getReconnect().getToken()).isEmpty();
    HoldResponse told = holding.next();
    assertThat(told.getReconnect().getToken()).isEqualTo(granted.getToken());
    holding.end().get(5, TimeUnit.SECONDS);
    assertThat(state("a").getHeld()).isTrue();
    assertThat(state("a").getWaiterCount()).isZero();
    Holding again =
        Holding.open(
            TestServer.first(), HoldRequest.newBuilder().setName("a").setToken(granted.getToken()));
    assertThat(again.granted().getFence()).isEqualTo(granted.getFence());
    again.cancel();
    leaving.close();
  }

  private static GetResponse state(String name) {
    return TestServer.second().locks().get(GetRequest.newBuilder().setName(name).build());
  }
}
