// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static dev.quoin.server.config.Configs.on;
import static dev.quoin.server.config.Configs.to;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.GetMaintenanceRequest;
import dev.quoin.config.v1.GetRequest;
import dev.quoin.config.v1.ListRequest;
import dev.quoin.config.v1.ResolveRequest;
import dev.quoin.config.v1.WatchRequest;
import dev.quoin.config.v1.WatchResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import dev.quoin.streams.v1.Heartbeat;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What callers see when Redis is killed or frozen. Every test has a Redis of its own. */
final class ConfigFailureTest {
  private RedisProcess redis;
  private TestServer server;

  @BeforeEach
  void start() {
    redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
    server = TestServer.start("redis", redis.uri());
  }

  @AfterEach
  void stop() {
    Watching.cancelAll();
    server.close();
    redis.close();
  }

  @Test
  void everyCallIsAnsweredUnavailableWhileRedisIsAway() {
    redis.kill();

    List<ThrowingCallable> calls =
        List.of(
            () -> stub().set(to("t", "a", "1").build()),
            () -> stub().get(get().build()),
            () -> stub().get(get().setMaxStaleness(Durations.fromSeconds(60)).build()),
            () -> stub().list(ListRequest.newBuilder().setType("t").build()),
            () -> stub().getMaintenance(GetMaintenanceRequest.newBuilder().setName("t").build()),
            () -> stub().resolve(ResolveRequest.newBuilder().setService("t").build()),
            () -> stub().watch(WatchRequest.newBuilder().setType("t").build()).next(),
            () ->
                stub()
                    .announce(AnnounceRequest.newBuilder().setService("t").setAddress("x").build())
                    .next());

    for (ThrowingCallable call : calls) {
      Refused refused = Refused.by(call);
      assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
      assertThat(refused.reason()).isEqualTo("STORE_UNAVAILABLE");
    }
  }

  @Test
  void frozenRedisIsAnsweredForWithinTheDeadline() {
    redis.freeze();
    try {
      for (int staleness : new int[] {0, 60}) {
        Refused refused =
            Refused.by(
                () ->
                    on(server)
                        .withDeadlineAfter(10, TimeUnit.SECONDS)
                        .get(get().setMaxStaleness(Durations.fromSeconds(staleness)).build()));
        assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
      }
    } finally {
      redis.unfreeze();
    }
  }

  @Test
  void streamsStayOpenSayThatRedisIsAwayAndGoOn() {
    stub().set(to("t", "a", "1").build());
    Watching<WatchRequest, WatchResponse> watching = Configs.watch(server, "t");
    watching.next(WatchResponse::hasSnapshot);
    Watching<AnnounceRequest, AnnounceResponse> announcing = new Watching<>();
    Configs.streamsOn(server)
        .announce(
            AnnounceRequest.newBuilder()
                .setService("t")
                .setAddress("x")
                .setLease(Durations.fromSeconds(1))
                .build(),
            announcing);
    announcing.next(AnnounceResponse::hasAnnounced);

    redis.kill();
    Heartbeat stale =
        watching
            .next(message -> message.hasHeartbeat() && message.getHeartbeat().getStale())
            .getHeartbeat();
    redis.start();
    Eventually.until("values can be set again", this::canSet);

    WatchResponse changed = watching.next(message -> !message.hasHeartbeat());
    assertThat(changed.getChanges().getConfigurations(0).getComponent()).isEqualTo("b");
    assertThat(changed.getChanges().getRevision()).isGreaterThan(stale.getRevision());
    assertThat(watching.end()).isNotDone();
    Eventually.until("the instance is known again", () -> known() == 1);
    assertThat(announcing.end()).isNotDone();
    announcing.cancel();
    Eventually.until("it is gone", () -> known() == 0);
    assertThat(stub().get(get().build()).getFound()).isTrue();
  }

  private ConfigGrpc.ConfigBlockingStub stub() {
    return on(server).withDeadlineAfter(10, TimeUnit.SECONDS);
  }

  private boolean canSet() {
    try {
      return stub().set(to("t", "b", "2").build()).getStored();
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  /** How many instances are known; -1 while nobody can say. */
  private int known() {
    try {
      return stub()
          .resolve(ResolveRequest.newBuilder().setService("t").build())
          .getInstancesCount();
    } catch (StatusRuntimeException e) {
      return -1;
    }
  }

  private static GetRequest.Builder get() {
    return GetRequest.newBuilder().setType("t").setComponent("a");
  }
}
