// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.stats.v1.GetResponse;
import dev.quoin.stats.v1.ListSlowestResponse.Slow;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.protobuf.services.HealthStatusManager;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class StatsTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Stats stats = quoin.stats();

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void recorderSendsAllValuesWhenItIsClosed() {
    StatsRecorder recorder = stats.recorder(Duration.ofHours(1));
    for (int i = 1; i <= 5_000; i++) {
      recorder.record("size", "a", i);
    }

    recorder.close();

    GetResponse figures = stats.get(r -> r.setKind("size").setContext("a"));
    assertThat(figures.getCount()).isEqualTo(5_000);
    assertThat(figures.getMean()).isEqualTo(2_500.5);
    assertThat(figures.getP95()).isBetween(4_702.0, 4_798.0);
    assertThat(recorder.lost()).isZero();
    assertThat(stats.listSlowest(r -> r.setKind("size").setMaxItems(5)).getSlowestList())
        .extracting(Slow::getContext, Slow::getMean)
        .containsExactly(tuple("a", 2_500.5));
  }

  @Test
  void recorderRefusesAtOnceWhatCouldNotBeSent() {
    try (StatsRecorder recorder = stats.recorder()) {
      assertThatThrownBy(() -> recorder.record("", "a", 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> recorder.record("k", "a", Double.NaN))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> recorder.record("k", "a", Double.POSITIVE_INFINITY))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void timerRecordsSecondsAlsoWhenTheWorkFails() {
    StatsRecorder recorder = stats.recorder();
    assertThatThrownBy(
            () -> {
              try (Timer timer = recorder.time("AccessTime", "/page")) {
                throw new IllegalStateException("for the test");
              }
            })
        .isInstanceOf(IllegalStateException.class);
    recorder.close();

    GetResponse figures = stats.get(r -> r.setKind("AccessTime").setContext("/page"));
    assertThat(figures.getCount()).isEqualTo(1);
    assertThat(figures.getMax()).isPositive().isLessThan(60);
  }

  @Test
  void clientInterceptorRecordsEveryCallWithItsOutcome() {
    StatsRecorder recorder = stats.recorder();
    Channel timed = ClientInterceptors.intercept(quoin.channel(), recorder.clientInterceptor());
    LocksGrpc.LocksBlockingStub locks = LocksGrpc.newBlockingStub(timed);
    locks.get(GetRequest.newBuilder().setName("a").build());
    locks.get(GetRequest.newBuilder().setName("a").build());
    assertThatThrownBy(() -> locks.get(GetRequest.getDefaultInstance()))
        .isInstanceOf(StatusRuntimeException.class);
    recorder.close();

    assertThat(
            stats
                .get(r -> r.setKind("rpc.client").setContext("quoin.locks.v1.Locks/Get OK"))
                .getCount())
        .isEqualTo(2);
    assertThat(
            stats
                .get(
                    r ->
                        r.setKind("rpc.client")
                            .setContext("quoin.locks.v1.Locks/Get INVALID_ARGUMENT"))
                .getCount())
        .isEqualTo(1);
  }

  @Test
  void serverInterceptorRecordsEveryCallWithItsOutcome() throws IOException {
    StatsRecorder recorder = stats.recorder();
    Server server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new HealthStatusManager().getHealthService())
            .intercept(recorder.serverInterceptor())
            .build()
            .start();
    ManagedChannel channel =
        Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create())
            .build();
    HealthGrpc.HealthBlockingStub health = HealthGrpc.newBlockingStub(channel);
    health.check(HealthCheckRequest.getDefaultInstance());
    assertThatThrownBy(
            () -> health.check(HealthCheckRequest.newBuilder().setService("none").build()))
        .isInstanceOf(StatusRuntimeException.class);
    channel.shutdownNow();
    server.shutdownNow();
    recorder.close();

    String method = "grpc.health.v1.Health/Check ";
    assertThat(stats.get(r -> r.setKind("rpc.server").setContext(method + "OK")).getCount())
        .isEqualTo(1);
    assertThat(stats.get(r -> r.setKind("rpc.server").setContext(method + "NOT_FOUND")).getCount())
        .isEqualTo(1);
  }
}
