// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.config.v1.AnnounceRequest;
import dev.quoin.config.v1.AnnounceResponse;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Instance;
import dev.quoin.config.v1.ResolveRequest;
import dev.quoin.config.v1.ResolveResponse;
import dev.quoin.config.v1.WatchServiceRequest;
import dev.quoin.config.v1.WatchServiceResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import dev.quoin.streams.v1.ReconnectReason;
import io.grpc.ManagedChannel;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class DiscoveryTest {
  private static final String KEY = "quoin:default:config:{api}:";

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    Watching.cancelAll();
  }

  @Test
  void instanceIsKnownForAsLongAsTheCallLives() {
    var announcing =
        announce(request("a").putMetadata("zone", "b").setDraining(true).setAddress("10.0.0.1:80"));
    AnnounceResponse.Announced announced = announced(announcing);
    Instance found = resolve().getInstances(0);

    assertThat(announced.getInstance()).isEqualTo("a");
    assertThat(Timestamps.compare(announced.getExpireTime(), resolve().getAsOf())).isPositive();
    assertThat(found.getInstance()).isEqualTo("a");
    assertThat(found.getAddress()).isEqualTo("10.0.0.1:80");
    assertThat(found.getMetadataMap()).containsEntry("zone", "b").hasSize(1);
    assertThat(found.getDraining()).isTrue();
    assertThat(found.getVersion()).isEqualTo(resolve().getRevision());

    announcing.cancel();

    Eventually.until("it is gone", () -> resolve().getInstancesCount() == 0);
  }

  @Test
  void instanceIsGoneWhenTheConnectionBreaks() {
    ManagedChannel connection = TestServer.first().newChannel();
    Watching<AnnounceRequest, AnnounceResponse> announcing = new Watching<>();
    ConfigGrpc.newStub(connection).announce(request("a").build(), announcing);
    announced(announcing);

    connection.shutdownNow();

    Eventually.until("it is gone", () -> resolve().getInstancesCount() == 0);
  }

  @Test
  void instanceWithoutANameGetsOne() {
    String name = announced(announce(request(""))).getInstance();

    assertThat(name).isNotEmpty();
    assertThat(resolve().getInstances(0).getInstance()).isEqualTo(name);
  }

  @Test
  void instancesAreToldInOrder() {
    announced(announce(request("b")));
    announced(announce(request("a")));
    announced(announce(TestServer.second(), request("c")));

    assertThat(resolve().getInstancesList())
        .extracting(Instance::getInstance)
        .containsExactly("a", "b", "c");
  }

  @Test
  void leaseIsRenewedAndThatIsNoChange() {
    var announcing = announce(request("a").setLease(Durations.fromSeconds(6)));
    AnnounceResponse.Announced announced = announced(announcing);
    long version = resolve().getRevision();

    announcing.next(
        message ->
            Timestamps.compare(message.getHeartbeat().getExpireTime(), announced.getExpireTime())
                > 0);

    assertThat(resolve().getInstances(0).getVersion()).isEqualTo(version);
    assertThat(resolve().getRevision()).isEqualTo(version);
  }

  @Test
  void instancesOfAKilledServerAreGoneAfterTheirLeases() {
    var watching = watch(TestServer.second());
    watching.next(WatchServiceResponse::hasSnapshot);
    try (ServerProcess doomed =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      Watching<AnnounceRequest, AnnounceResponse> announcing = new Watching<>();
      ConfigGrpc.newStub(doomed.channel())
          .announce(request("a").setLease(Durations.fromSeconds(1)).build(), announcing);
      announced(announcing);
      assertThat(changes(watching).getInstancesCount()).isEqualTo(1);

      doomed.kill();

      assertThat(changes(watching).getGoneList()).containsExactly("a");
      assertThat(resolve().getInstancesList()).isEmpty();
    }
  }

  @Test
  void instanceThatRedisForgotIsKnownAgain() {
    announced(announce(request("a").setLease(Durations.fromSeconds(1))));

    TestRedis.clear();

    Eventually.until("it is known again", () -> resolve().getInstancesCount() == 1);
  }

  @Test
  void newestAnnounceOfAnInstanceWinsAndTheInstanceStaysKnown() throws Exception {
    var watching = watch(TestServer.second());
    watching.next(WatchServiceResponse::hasSnapshot);
    var older = announce(request("a").setLease(Durations.fromSeconds(6)));
    announced(older);
    changes(watching);

    var newer = announce(TestServer.second(), request("a").setDraining(true));
    announced(newer);

    WatchServiceResponse.Changes changed = changes(watching);
    assertThat(changed.getGoneList()).isEmpty();
    assertThat(changed.getInstances(0).getDraining()).isTrue();
    older.next(AnnounceResponse::hasReplaced);
    older.end().get(10, TimeUnit.SECONDS);
    assertThat(resolve().getInstances(0).getDraining()).isTrue();
    newer.cancel();
    assertThat(changes(watching).getGoneList()).containsExactly("a");
  }

  @Test
  void instanceAnnouncedAgainAsItWasIsNoChange() {
    announced(announce(request("a")));
    long version = resolve().getRevision();

    announced(announce(TestServer.second(), request("a")));

    assertThat(resolve().getRevision()).isEqualTo(version);
  }

  @Test
  void olderAnnounceDoesNotBringBackAnInstanceThatLeft() throws Exception {
    var older = announce(request("a").setLease(Durations.fromSeconds(1)));
    announced(older);
    var newer = announce(TestServer.second(), request("a"));
    announced(newer);

    newer.cancel();

    older.next(AnnounceResponse::hasReplaced);
    older.end().get(10, TimeUnit.SECONDS);
    assertThat(resolve().getInstancesList()).isEmpty();
    announced(announce(request("a")));
    assertThat(resolve().getInstancesCount()).isEqualTo(1);
  }

  @Test
  void watchersAreToldWhoCameAndWentInOrder() {
    announced(announce(request("a")));
    var watching = watch(TestServer.second());
    assertThat(watching.next(WatchServiceResponse::hasSnapshot).getSnapshot().getInstancesList())
        .extracting(Instance::getInstance)
        .containsExactly("a");

    var second = announce(request("b"));
    announced(second);
    assertThat(changes(watching).getInstances(0).getInstance()).isEqualTo("b");
    second.cancel();
    WatchServiceResponse.Changes gone = changes(watching);

    assertThat(gone.getGoneList()).containsExactly("b");
    assertThat(gone.getInstancesList()).isEmpty();
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    return WatchKit.tests(
        ConfigGrpc.getWatchServiceMethod(),
        name -> WatchServiceRequest.newBuilder().setService(name),
        (name, n) -> announced(announce(request("change " + n).setService(name))),
        (message, n) -> message.toString().contains("change " + n));
  }

  @Test
  void watchGoesOnFromARevision() {
    announced(announce(request("a")));
    long known = resolve().getRevision();
    announced(announce(request("b")));

    Watching<WatchServiceRequest, WatchServiceResponse> watching = new Watching<>();
    Configs.streamsOn(TestServer.second())
        .watchService(
            WatchServiceRequest.newBuilder().setService("api").setRevision(known).build(),
            watching);

    WatchServiceResponse first = watching.next(message -> true);
    assertThat(first.getChanges().getInstancesList())
        .extracting(Instance::getInstance)
        .containsExactly("b");
  }

  @Test
  void answerMayBeAsOldAsTheCallerSays() {
    ResolveRequest request =
        ResolveRequest.newBuilder()
            .setService("api")
            .setMaxStaleness(Durations.fromMinutes(10))
            .build();
    ResolveResponse first = Configs.on(TestServer.first()).resolve(request);
    announced(announce(TestServer.second(), request("a")));

    assertThat(Configs.on(TestServer.first()).resolve(request)).isEqualTo(first);
    assertThat(resolve().getInstancesCount()).isEqualTo(1);
  }

  @Test
  void serviceHoldsAMebibyteAndNoMore() {
    String filling = "x".repeat(512);
    List<Watching<AnnounceRequest, AnnounceResponse>> all = new ArrayList<>();
    Code refused = null;
    while (refused == null && all.size() < 100) {
      AnnounceRequest.Builder request = request("i" + all.size());
      for (int i = 0; i < 32; i++) {
        request.putMetadata("k" + i, filling);
      }
      var announcing = announce(request);
      all.add(announcing);
      try {
        announced(announcing);
      } catch (StatusRuntimeException e) {
        assertThat(Refused.of(e).reason()).isEqualTo("CONFIG_SERVICE_FULL");
        refused = Refused.of(e).code();
      }
    }

    assertThat(refused).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(resolve().getInstancesCount()).isBetween(60, 64);
  }

  @Test
  void serviceHoldsAThousandInstancesAndNoMore() {
    announced(announce(request("a")));
    for (int i = 0; i < 999; i++) {
      TestRedis.commands().hset(KEY + "instances", "i" + i, "1 1 keeper\n");
    }

    assertThat(refusal(request("more")).reason()).isEqualTo("CONFIG_SERVICE_FULL");
    announced(announce(request("a").setDraining(true)));
  }

  @Test
  void keysOfAServiceExpire() {
    announced(announce(request("a")));

    for (String part : List.of("instances", "leases", "announced")) {
      assertThat(TestRedis.commands().pttl(KEY + part)).as(part).isBetween(1L, 3_600_000L);
    }
  }

  @Test
  void metadataIsBounded() {
    AnnounceRequest.Builder many = request("a");
    for (int i = 0; i < 33; i++) {
      many.putMetadata("k" + i, "v");
    }

    assertThat(refusal(many).fields()).containsExactly("metadata");
    assertThat(refusal(request("a").setAddress("  ")).fields()).containsExactly("address");
    assertThat(refusal(request("a").putMetadata("", "v")).fields())
        .containsExactly("metadata[\"\"]");
    assertThat(refusal(request("a").putMetadata("k", "v".repeat(513))).fields())
        .containsExactly("metadata[\"k\"]");
    assertThat(refusal(request("a").setLease(Durations.fromMillis(999))).fields())
        .containsExactly("lease");
    assertThat(resolve().getInstancesList()).isEmpty();
  }

  @Test
  void drainingServerKeepsTheInstanceKnownForOneMoreLease() throws Exception {
    try (TestServer draining = TestServer.onSharedRedis()) {
      var announcing = announce(draining, request("a"));
      announced(announcing);
      draining.server().close();
      assertThat(announcing.next(AnnounceResponse::hasReconnect).getReconnect().getReason())
          .isEqualTo(ReconnectReason.RECONNECT_REASON_DRAINING);
      announcing.end().get(10, TimeUnit.SECONDS);
    }
    assertThat(resolve().getInstancesCount()).isEqualTo(1);
  }

  private static Refused refusal(AnnounceRequest.Builder request) {
    try {
      announce(request).end().get(10, TimeUnit.SECONDS);
      throw new AssertionError("it was not refused");
    } catch (ExecutionException e) {
      return Refused.of(e.getCause());
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  private static AnnounceRequest.Builder request(String instance) {
    return AnnounceRequest.newBuilder()
        .setService("api")
        .setInstance(instance)
        .setAddress("localhost:80");
  }

  private static Watching<AnnounceRequest, AnnounceResponse> announce(
      AnnounceRequest.Builder request) {
    return announce(TestServer.first(), request);
  }

  private static Watching<AnnounceRequest, AnnounceResponse> announce(
      TestServer server, AnnounceRequest.Builder request) {
    Watching<AnnounceRequest, AnnounceResponse> announcing = new Watching<>();
    Configs.streamsOn(server).announce(request.build(), announcing);
    return announcing;
  }

  private static AnnounceResponse.Announced announced(
      Watching<AnnounceRequest, AnnounceResponse> announcing) {
    return announcing.next(AnnounceResponse::hasAnnounced).getAnnounced();
  }

  private static ResolveResponse resolve() {
    return Configs.on(TestServer.second())
        .resolve(ResolveRequest.newBuilder().setService("api").build());
  }

  private static Watching<WatchServiceRequest, WatchServiceResponse> watch(TestServer server) {
    Watching<WatchServiceRequest, WatchServiceResponse> watching = new Watching<>();
    Configs.streamsOn(server)
        .watchService(WatchServiceRequest.newBuilder().setService("api").build(), watching);
    return watching;
  }

  private static WatchServiceResponse.Changes changes(
      Watching<WatchServiceRequest, WatchServiceResponse> watching) {
    return watching.next(WatchServiceResponse::hasChanges).getChanges();
  }
}
