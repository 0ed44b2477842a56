// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Configuration;
import dev.quoin.config.v1.Instance;
import dev.quoin.config.v1.SetMaintenanceRequest;
import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.errors.v1.ListReasonsRequest;
import dev.quoin.errors.v1.ListReasonsResponse;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.NameResolverRegistry;
import io.grpc.Server;
import io.grpc.ServerBuilder;
import io.grpc.ServerInterceptor;
import io.grpc.Status.Code;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class ConfigTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final Metadata.Key<String> USER =
      Metadata.Key.of("user", Metadata.ASCII_STRING_MARSHALLER);

  private Quoin quoin;
  private Config config;

  @BeforeEach
  void connect() {
    quoin = SERVER.client(SharedServer.freshNamespace());
    config = quoin.config();
  }

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void valuesAreSetFoundAndDeleted() {
    Map<String, Object> value =
        Map.of("host", "a", "port", 1.5, "on", true, "tags", List.of("x", Map.of("y", 2.0)));
    long version =
        config
            .set(r -> r.setType("redis").setComponent("a").setValue(Structs.of(value)))
            .getVersion();

    Configuration found = config.get(r -> r.setType("redis").setComponent("a")).getConfiguration();

    assertThat(Structs.map(found.getValue())).isEqualTo(value);
    assertThat(found.getVersion()).isEqualTo(version);
    assertThat(config.delete(r -> r.setType("redis").setComponent("a")).getDeleted()).isTrue();
    assertThat(config.get(r -> r.setType("redis").setComponent("a")).getFound()).isFalse();
  }

  @Test
  void structsHoldWhatJsonHolds() {
    Map<String, Object> map = new java.util.HashMap<>();
    map.put("nothing", null);
    map.put("list", Arrays.asList("a", null, 1.0, false));

    assertThat(Structs.map(Structs.of(Map.of("n", 7)))).isEqualTo(Map.of("n", 7.0));
    assertThat(Structs.of(map).getFieldsOrThrow("nothing").hasNullValue()).isTrue();
    assertThatThrownBy(() -> Structs.of(Map.of("x", new Object())))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void watchKeepsTheComponentsUpToDate() {
    config.set(r -> r.setType("redis").setComponent("a").setValue(Structs.of(Map.of("host", "1"))));
    Queue<Configuration> heard = new ConcurrentLinkedQueue<>();
    try (ConfigWatch watch = config.watch("redis")) {
      Eventually.get(watch.ready());
      assertThat(watch.all()).containsOnlyKeys("a");
      assertThat(watch.asOf()).isPresent();
      assertThat(watch.isStale()).isFalse();
      watch.onChange(heard::add);

      config.set(
          r -> r.setType("redis").setComponent("b").setValue(Structs.of(Map.of("host", "2"))));
      Eventually.until("b is known", () -> watch.get("b").isPresent());
      config.delete(r -> r.setType("redis").setComponent("a"));
      Eventually.until("a is gone", () -> watch.get("a").isEmpty());

      Eventually.until("both changes are heard", () -> heard.size() == 2);
      assertThat(heard)
          .extracting(Configuration::getComponent, Configuration::getDeletion)
          .containsExactly(
              org.assertj.core.groups.Tuple.tuple("b", false),
              org.assertj.core.groups.Tuple.tuple("a", true));
    }
  }

  @Test
  void watchOfSomethingImpossibleSaysSo() {
    try (ConfigWatch watch = config.watch("")) {
      assertThatThrownBy(() -> watch.ready().orTimeout(10, TimeUnit.SECONDS).join())
          .isInstanceOf(CompletionException.class)
          .hasCauseInstanceOf(InvalidRequestException.class);
    }
  }

  @Test
  void whatIsKnownStaysWhileQuoinIsAwayAndIsMadeGoodAfterwards() {
    try (TestServer server = new TestServer();
        Quoin client = Quoin.connect(server.address())) {
      client
          .config()
          .set(r -> r.setType("redis").setComponent("a").setValue(Structs.of(Map.of("host", "1"))));
      client
          .config()
          .set(r -> r.setType("redis").setComponent("b").setValue(Structs.of(Map.of("host", "1"))));
      try (ConfigWatch watch = client.config().watch("redis");
          Announcement announcement = client.config().announce("shop", "here:1")) {
        Eventually.get(watch.ready());
        Eventually.get(announcement.ready());

        server.stop();
        Eventually.until("it says that it is stale", watch::isStale);
        assertThat(watch.all()).containsOnlyKeys("a", "b");
        assertThat(watch.asOf()).isPresent();

        server.start();
        Eventually.until("it is not stale any more", () -> !watch.isStale());
        client.config().delete(r -> r.setType("redis").setComponent("b"));
        Eventually.until("b is gone", () -> watch.get("b").isEmpty());
        try (ServiceWatch shop = client.config().watchService("shop")) {
          Eventually.until("the shop is known again", () -> shop.instances().size() == 1);
        }
      }
    }
  }

  @Test
  void callersAreKeptAwayDuringMaintenance() throws Exception {
    try (MaintenanceWatch watch = config.watchMaintenance("shop")) {
      Eventually.get(watch.ready());
      Server shop = serve(new MaintenanceInterceptor(watch, (call, headers) -> headers.get(USER)));
      ManagedChannel channel = channel("localhost:" + shop.getPort());
      try {
        ErrorsGrpc.ErrorsBlockingStub anybody = ErrorsGrpc.newBlockingStub(channel);
        assertThat(anybody.listReasons(ListReasonsRequest.getDefaultInstance())).isNotNull();

        setMaintenance(
            SetMaintenanceRequest.newBuilder().setOn(true).setNotice("soon").addAllow("kim"));
        Eventually.until("maintenance is known", () -> watch.current().isPresent());

        QuoinException refused = refusal(anybody);
        assertThat(refused.code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(refused).hasMessage("soon");
        assertThat(refused.retryAfter()).contains(Duration.ofSeconds(30));
        assertThat(refusal(anybody.withInterceptors(as("eve"))).code()).isEqualTo(Code.UNAVAILABLE);
        assertThat(
                anybody
                    .withInterceptors(as("kim"))
                    .listReasons(ListReasonsRequest.getDefaultInstance()))
            .isNotNull();

        setMaintenance(SetMaintenanceRequest.newBuilder().setOn(false));
        Eventually.until("its end is known", () -> watch.current().isEmpty());
        assertThat(anybody.listReasons(ListReasonsRequest.getDefaultInstance())).isNotNull();
      } finally {
        channel.shutdownNow();
        shop.shutdownNow();
      }
    }
  }

  @Test
  void instancesComeDrainAndGo() {
    try (ServiceWatch watch = config.watchService("shop")) {
      Eventually.get(watch.ready());
      Announcement announcement = config.announce("shop", "here:1");
      Eventually.get(announcement.ready());
      Eventually.until("the instance serves", () -> watch.serving().size() == 1);
      assertThat(watch.instances().get(0).getInstance()).isEqualTo(announcement.instance());

      announcement.drain();
      Eventually.get(announcement.ready());
      Eventually.until("no instance serves", () -> watch.serving().isEmpty());
      assertThat(watch.instances()).extracting(Instance::getDraining).containsExactly(true);

      announcement.close();
      Eventually.until("no instance is left", () -> watch.instances().isEmpty());
      assertThat(announcement.isReplaced()).isFalse();
    }
  }

  @Test
  void announcementThatDrainsAndClosesAtOnceIsGone() {
    try (ServiceWatch watch = config.watchService("shop")) {
      Eventually.get(watch.ready());
      Announcement announcement = config.announce("shop", "here:1");
      Eventually.get(announcement.ready());
      Eventually.until("the instance serves", () -> watch.serving().size() == 1);

      announcement.drain();
      announcement.close();

      Eventually.until("no instance is left", () -> watch.instances().isEmpty());
    }
  }

  @Test
  void announcementIsOverWhenAnotherOneHasItsName() {
    try (Announcement first =
        config.announce(
            "shop",
            "here:1",
            r -> r.setInstance("one").setLease(Times.duration(Duration.ofSeconds(1))))) {
      Eventually.get(first.ready());
      try (Announcement second =
          config.announce(
              "shop",
              "there:1",
              r -> r.setInstance("one").setLease(Times.duration(Duration.ofSeconds(1))))) {
        Eventually.get(second.ready());

        Eventually.until("the first is over", first::isReplaced);
        assertThat(second.isReplaced()).isFalse();
      }
    }
  }

  @Test
  void channelFindsTheInstancesOfAService() throws Exception {
    NameResolverProvider resolver = config.resolver();
    NameResolverRegistry.getDefaultRegistry().register(resolver);
    Server shop = serve();
    ManagedChannel channel = channel("quoin:///shop");
    try (Announcement broken = config.announce("shop", "no-address");
        Announcement announcement = config.announce("shop", "localhost:" + shop.getPort())) {
      Eventually.get(broken.ready());
      Eventually.get(announcement.ready());

      assertThat(
              ErrorsGrpc.newBlockingStub(channel)
                  .withWaitForReady()
                  .withDeadlineAfter(20, TimeUnit.SECONDS)
                  .listReasons(ListReasonsRequest.getDefaultInstance()))
          .isNotNull();
    } finally {
      NameResolverRegistry.getDefaultRegistry().deregister(resolver);
      channel.shutdownNow();
      shop.shutdownNow();
    }
  }

  @Test
  void aChannelThatWasNeverUsedCanBeShutDown() {
    NameResolver unused = config.resolver().newNameResolver(URI.create("quoin:///shop"), null);

    assertThatCode(unused::shutdown).doesNotThrowAnyException();
  }

  private void setMaintenance(SetMaintenanceRequest.Builder request) {
    ConfigGrpc.newBlockingStub(quoin.channel()).setMaintenance(request.setName("shop").build());
  }

  private static QuoinException refusal(ErrorsGrpc.ErrorsBlockingStub stub) {
    try {
      stub.listReasons(ListReasonsRequest.getDefaultInstance());
      throw new AssertionError("the call was not refused");
    } catch (RuntimeException e) {
      return QuoinException.from(e);
    }
  }

  private static io.grpc.ClientInterceptor as(String user) {
    Metadata headers = new Metadata();
    headers.put(USER, user);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }

  private static Server serve(ServerInterceptor... interceptors) throws IOException {
    ServerBuilder<?> builder = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create());
    for (ServerInterceptor interceptor : interceptors) {
      builder.intercept(interceptor);
    }
    return builder.addService(new Reasons()).build().start();
  }

  private static ManagedChannel channel(String target) {
    return Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build();
  }

  /** Some service. */
  private static final class Reasons extends ErrorsGrpc.ErrorsImplBase {
    @Override
    public void listReasons(
        ListReasonsRequest request, StreamObserver<ListReasonsResponse> responses) {
      responses.onNext(ListReasonsResponse.getDefaultInstance());
      responses.onCompleted();
    }
  }
}
