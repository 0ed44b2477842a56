// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Durations;
import dev.quoin.admin.v1.AdminGrpc;
import dev.quoin.admin.v1.ServiceFigures;
import dev.quoin.admin.v1.WatchServerRequest;
import dev.quoin.admin.v1.WatchServerResponse;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What a server tells of itself. */
@Tag("redis")
final class WatchServerTest {
  private static final String LOCKS = LocksGrpc.SERVICE_NAME;

  @AfterEach
  void cancel() {
    OpenStream.cancelAll();
  }

  @Test
  void callsAreCountedAndTimed() {
    try (TestServer server = TestServer.onSharedRedis()) {
      OpenStream<WatchServerRequest, WatchServerResponse> stream = watch(server);
      WatchServerResponse first = stream.any();
      assertThat(first.getServiceFiguresList())
          .extracting(ServiceFigures::getServiceName)
          .containsExactly(AdminGrpc.SERVICE_NAME);
      assertThat(first.getServiceFigures(0).getOpenStreams()).isEqualTo(1);

      for (int i = 0; i < 3; i++) {
        server.locks().get(GetRequest.newBuilder().setName("x").build());
      }
      OpenStream<WatchServerRequest, WatchServerResponse> other = watch(server);
      other.any();
      other.cancel();
      Refused.by(() -> server.locks().acquire(AcquireRequest.getDefaultInstance()));
      ServiceFigures locks = locks(stream);

      assertThat(locks.getCallCount()).isEqualTo(4);
      assertThat(locks.getRefusedCount()).isEqualTo(1);
      assertThat(locks.getFailedCount()).isZero();
      assertThat(locks.getOpenStreams()).isZero();
      assertThat(Durations.toMicros(locks.getP50Latency())).isPositive();
      assertThat(Durations.compare(locks.getP99Latency(), locks.getP50Latency())).isNotNegative();
      WatchServerResponse quiet = stream.any();
      assertThat(quiet.getServiceFiguresList())
          .filteredOn(one -> one.getServiceName().equals(AdminGrpc.SERVICE_NAME))
          .allSatisfy(one -> assertThat(one.getRefusedCount()).isZero());
      assertThat(quiet.getServiceFiguresList())
          .filteredOn(one -> one.getServiceName().equals(LOCKS))
          .allSatisfy(one -> assertThat(one.hasP50Latency()).isFalse());
    }
  }

  @Test
  void redisIsToldOf() {
    WatchServerResponse told = watch(TestServer.first()).any();

    assertThat(told.getServer()).isNotEmpty();
    assertThat(told.getServerVersion()).isNotEmpty();
    assertThat(Durations.isPositive(told.getUptime())).isTrue();
    assertThat(Durations.isPositive(told.getRedisLatency())).isTrue();
    assertThat(told.getRedisNodesList())
        .isNotEmpty()
        .allSatisfy(node -> assertThat(node.getUsedBytes()).isPositive())
        .allSatisfy(node -> assertThat(node.getCommandCount()).isPositive());
  }

  @Test
  void serversTellOfThemselves() {
    assertThat(watch(TestServer.first()).any().getServer())
        .isNotEqualTo(watch(TestServer.second()).any().getServer());
  }

  @Test
  void aDrainEndsIt() {
    TestServer leaving = TestServer.onSharedRedis();
    OpenStream<WatchServerRequest, WatchServerResponse> stream = watch(leaving);
    stream.any();

    leaving.server().close();

    assertThatThrownBy(() -> stream.end().get(10, TimeUnit.SECONDS))
        .isInstanceOf(ExecutionException.class)
        .satisfies(e -> assertThat(Refused.of(e.getCause()).reason()).isEqualTo("SHUTTING_DOWN"));
  }

  private static ServiceFigures locks(OpenStream<WatchServerRequest, WatchServerResponse> stream) {
    for (WatchServerResponse told = stream.any(); ; told = stream.any()) {
      for (ServiceFigures figures : told.getServiceFiguresList()) {
        if (figures.getServiceName().equals(LOCKS) && figures.getCallCount() == 4) {
          return figures;
        }
      }
    }
  }

  private static OpenStream<WatchServerRequest, WatchServerResponse> watch(TestServer server) {
    OpenStream<WatchServerRequest, WatchServerResponse> stream = new OpenStream<>();
    AdminGrpc.newStub(server.channel())
        .watchServer(
            WatchServerRequest.newBuilder().setPeriod(Durations.fromSeconds(1)).build(), stream);
    return stream;
  }
}
