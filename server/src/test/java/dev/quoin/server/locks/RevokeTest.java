// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import static dev.quoin.server.locks.LockCalls.acquire;
import static dev.quoin.server.locks.LockCalls.await;
import static dev.quoin.server.locks.LockCalls.awaitWaiters;
import static dev.quoin.server.locks.LockCalls.release;
import static dev.quoin.server.locks.LockCalls.request;
import static dev.quoin.server.locks.LockCalls.shared;
import static dev.quoin.server.locks.LockCalls.state;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.rpc.ErrorInfo;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.locks.v1.RevokeResponse;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import io.grpc.Status.Code;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class RevokeTest {
  private static final String REVOKED = "quoin:default:locks:{a}:revoked";

  @AfterEach
  void endStreams() {
    Holding.cancelAll();
  }

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void holderIsToldAtItsNextRenewalAndReleaseWhy() {
    AcquireResponse victim = acquire(request("a").setLabel("stuck"));

    RevokeResponse revoked = revoke("a", "node 7 hangs", 0);

    assertThat(revoked.getRevoked()).isTrue();
    assertThat(revoked.getLabel()).isEqualTo("stuck");
    assertThat(revoked.getFence()).isEqualTo(victim.getFence());
    assertThat(state("a").getHeld()).isFalse();
    Refused refused = Refused.by(() -> renew("a", victim.getToken()));
    assertThat(refused.code()).isEqualTo(Code.FAILED_PRECONDITION);
    assertThat(refused.reason()).isEqualTo("LOCK_REVOKED");
    assertThat(refused.detail(ErrorInfo.class).orElseThrow().getMetadataMap())
        .containsEntry("actor", "ops")
        .containsEntry("explanation", "node 7 hangs");
    assertThat(refused.status().getMessage()).contains("the lock was revoked by ops: node 7 hangs");
    assertThat(Refused.by(() -> release("a", victim.getToken())).reason())
        .isEqualTo("LOCK_REVOKED");
    assertThat(Refused.by(() -> renew("a", "stranger")).reason()).isEqualTo("LOCK_NOT_HELD");
  }

  @Test
  void streamIsToldThatTheLockWasRevoked() throws Exception {
    Holding holding = Holding.open(TestServer.first(), Holding.request("a", 1_500));
    String token = holding.granted().getToken();

    revoke("a", "maintenance", 0);

    Lost lost = holding.next().getLost();
    assertThat(lost.getReason()).isEqualTo(LostReason.LOST_REASON_REVOKED);
    assertThat(lost.getExplanation()).isEqualTo("maintenance");
    assertThat(lost.getActor()).isEqualTo("ops");
    holding.end().get(10, TimeUnit.SECONDS);
    Holding again = Holding.open(TestServer.first(), Holding.request("a", 1_500).setToken(token));
    assertThat(again.end())
        .failsWithin(10, TimeUnit.SECONDS)
        .withThrowableThat()
        .satisfies(e -> assertThat(Refused.of(e.getCause()).reason()).isEqualTo("LOCK_REVOKED"));
  }

  @Test
  void nextInLineIsServed() throws Exception {
    AcquireResponse victim = acquire(request("a"));
    var waiting = await(TestServer.second(), request("a"));
    awaitWaiters("a", 1);

    revoke("a", "", 0);

    AcquireResponse granted = waiting.get(10, TimeUnit.SECONDS);
    assertThat(granted.getFence()).isGreaterThan(victim.getFence());
    assertThat(Refused.by(() -> release("a", victim.getToken())).reason())
        .isEqualTo("LOCK_REVOKED");
    release("a", granted.getToken());
  }

  @Test
  void fenceKeepsANewerHolderSafe() {
    AcquireResponse seen = acquire(request("a"));
    release("a", seen.getToken());
    AcquireResponse newer = acquire(request("a"));

    assertThat(revoke("a", "", seen.getFence()).getRevoked()).isFalse();
    assertThat(state("a").getHeld()).isTrue();
    assertThat(revoke("a", "", newer.getFence()).getRevoked()).isTrue();
    assertThat(revoke("a", "", newer.getFence()).getRevoked()).as("repeated").isFalse();
  }

  @Test
  void allReadersLoseTheLockAndTheWriterGetsIt() throws Exception {
    AcquireResponse first = acquire(shared("a").setLabel("r1"));
    AcquireResponse second = acquire(shared("a").setLabel("r2"));
    var writer = await(TestServer.first(), request("a"));
    awaitWaiters("a", 1);

    RevokeResponse revoked = revoke("a", "all out", 0);

    assertThat(revoked.getReaderCount()).isEqualTo(2);
    assertThat(revoked.getFence()).isEqualTo(second.getFence());
    assertThat(writer.get(10, TimeUnit.SECONDS).getAcquired()).isTrue();
    for (AcquireResponse victim : new AcquireResponse[] {first, second}) {
      assertThat(Refused.by(() -> renew("a", victim.getToken())).reason())
          .isEqualTo("LOCK_REVOKED");
    }
  }

  @Test
  void nothingIsReleasedWhenNobodyHoldsTheLock() {
    assertThat(revoke("a", "", 0))
        .isEqualTo(
            RevokeResponse.newBuilder().setRevoked(false).setFence(0).setReaderCount(0).build());
    assertThat(TestRedis.commands().keys("quoin:default:locks:{[^%]*")).isEmpty();
  }

  @Test
  void victimsAreRememberedForTenMinutesOrAsLongAsTheirLease() {
    acquire(request("a").setLease(Durations.fromSeconds(30)));
    revoke("a", "", 0);
    assertThat(TestRedis.commands().pttl(REVOKED)).isBetween(550_000L, 600_000L);

    acquire(request("a").setLease(Durations.fromSeconds(7_200)));
    revoke("a", "", 0);
    acquire(request("a"));
    revoke("a", "", 0);
    assertThat(TestRedis.commands().pttl(REVOKED)).isBetween(7_100_000L, 7_200_000L);
    assertThat(TestRedis.commands().hlen(REVOKED)).isEqualTo(3);
  }

  @Test
  void ofTooManyVictimsOnlyThoseAreForgottenWhoseTimeIsOverFirst() {
    AcquireResponse first = acquire(request("a"));
    revoke("a", "first", 0);
    Map<String, String> many = new HashMap<>();
    for (int i = 0; i < 9_999; i++) {
      many.put("old-" + i, (i + 1) + " long ago");
    }
    TestRedis.commands().hset(REVOKED, many);
    AcquireResponse second = acquire(shared("a"));
    AcquireResponse third = acquire(shared("a"));

    revoke("a", "second", 0);

    for (AcquireResponse victim : new AcquireResponse[] {first, second, third}) {
      assertThat(Refused.by(() -> renew("a", victim.getToken())).reason())
          .isEqualTo("LOCK_REVOKED");
    }
    assertThat(TestRedis.commands().hlen(REVOKED)).isEqualTo(10_000);
    assertThat(TestRedis.commands().hmget(REVOKED, "old-0", "old-1", "old-2"))
        .extracting(value -> value.hasValue())
        .containsExactly(false, false, true);
  }

  private static RevokeResponse revoke(String name, String explanation, long fence) {
    return TestServer.second()
        .locks()
        .revoke(
            RevokeRequest.newBuilder()
                .setName(name)
                .setActor("ops")
                .setExplanation(explanation)
                .setFence(fence)
                .build());
  }

  private static void renew(String name, String token) {
    TestServer.first()
        .locks()
        .renew(RenewRequest.newBuilder().setName(name).setToken(token).build());
  }
}
