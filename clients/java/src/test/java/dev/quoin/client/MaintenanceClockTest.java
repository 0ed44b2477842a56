// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Timestamp;
import dev.quoin.config.v1.ConfigGrpc;
import dev.quoin.config.v1.Maintenance;
import dev.quoin.config.v1.WatchMaintenanceRequest;
import dev.quoin.config.v1.WatchMaintenanceResponse;
import dev.quoin.config.v1.WatchMaintenanceResponse.Snapshot;
import dev.quoin.streams.v1.Heartbeat;
import io.grpc.Grpc;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Redis whose clock is not that of the client. */
class MaintenanceClockTest {
  private final CompletableFuture<StreamObserver<WatchMaintenanceResponse>> opened =
      new CompletableFuture<>();
  private Server server;
  private Quoin quoin;

  @BeforeEach
  void serve() throws IOException {
    server =
        Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
            .addService(new Watched())
            .build()
            .start();
    quoin = Quoin.connect("localhost:" + server.getPort());
  }

  @AfterEach
  void close() {
    quoin.close();
    server.shutdownNow();
  }

  @ParameterizedTest
  @ValueSource(longs = {-100_000, 0, 100_000})
  void endIsThatByTheClockOfRedis(long secondsOff) {
    Instant redis = Instant.now().plusSeconds(secondsOff);
    try (MaintenanceWatch watch = quoin.config().watchMaintenance("shop")) {
      tell(state(redis, redis.plusSeconds(200)));
      Eventually.get(watch.ready());

      assertThat(watch.current()).isPresent();
      assertThat(watch.known().orElseThrow().left())
          .isBetween(Duration.ofSeconds(100), Duration.ofSeconds(200));
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {-100_000, 0, 100_000})
  void serverThatIsHeardSaysWhenItIsOver(long secondsOff) {
    Instant redis = Instant.now().plusSeconds(secondsOff);
    try (MaintenanceWatch watch = quoin.config().watchMaintenance("shop")) {
      tell(state(redis, redis.plusMillis(1)));
      Eventually.get(watch.ready());
      Eventually.until("the time is over", () -> watch.known().orElseThrow().left().isNegative());
      assertThat(watch.current()).isPresent();

      tell(beat(redis.plusMillis(1), true));

      Eventually.until("it is over without a word of the server", () -> watch.current().isEmpty());
    }
  }

  @Test
  void oldHeartbeatDoesNotMoveTheEnd() {
    Instant redis = Instant.now();
    try (MaintenanceWatch watch = quoin.config().watchMaintenance("shop")) {
      tell(state(redis, redis.plusSeconds(200)));
      Eventually.get(watch.ready());
      long end = watch.known().orElseThrow().endsAt();

      tell(beat(redis.minusSeconds(1_000), true));
      Eventually.until("the heartbeat is heard", watch::isStale);
      assertThat(watch.known().orElseThrow().endsAt()).isEqualTo(end);

      tell(beat(redis.plusSeconds(150), false));
      Eventually.until("the heartbeat is heard", () -> !watch.isStale());
      assertThat(watch.known().orElseThrow().left()).isLessThan(Duration.ofSeconds(51));
    }
  }

  @Test
  void endInTheYear9999IsAnEnd() {
    Instant redis = Instant.now();
    try (MaintenanceWatch watch = quoin.config().watchMaintenance("shop")) {
      tell(state(redis, Instant.parse("9999-12-31T23:59:59Z")));
      tell(beat(redis, true));
      Eventually.get(watch.ready());

      Eventually.until("the heartbeat is heard", watch::isStale);
      assertThat(watch.current()).isPresent();
    }
  }

  private void tell(WatchMaintenanceResponse message) {
    Eventually.get(opened).onNext(message);
  }

  private static WatchMaintenanceResponse state(Instant asOf, Instant until) {
    return WatchMaintenanceResponse.newBuilder()
        .setSnapshot(
            Snapshot.newBuilder()
                .setMaintenance(Maintenance.newBuilder().setOn(true).setUntil(timestamp(until)))
                .setAsOf(timestamp(asOf)))
        .build();
  }

  private static WatchMaintenanceResponse beat(Instant asOf, boolean stale) {
    return WatchMaintenanceResponse.newBuilder()
        .setHeartbeat(Heartbeat.newBuilder().setAsOf(timestamp(asOf)).setStale(stale))
        .build();
  }

  private static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }

  /** Says what the test says. */
  private final class Watched extends ConfigGrpc.ConfigImplBase {
    @Override
    public void watchMaintenance(
        WatchMaintenanceRequest request, StreamObserver<WatchMaintenanceResponse> responses) {
      opened.complete(responses);
    }
  }
}
