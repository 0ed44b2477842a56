// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.RecordResponse;
import dev.quoin.stats.v1.StatsGrpc;
import dev.quoin.stats.v1.StatsGrpc.StatsBlockingStub;
import dev.quoin.stats.v1.WatchAnomaliesRequest;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import dev.quoin.stats.v1.WatchAnomaliesResponse.Anomaly;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
import io.lettuce.core.ScriptOutputType;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class AnomaliesTest {
  private final StatsBlockingStub stats = StatsGrpc.newBlockingStub(TestServer.first().channel());
  private final List<Watching> watching = new ArrayList<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    watching.forEach(watch -> watch.context.cancel(null));
  }

  @Test
  void valueFarAboveTheUsualIsAnAnomalyFromThirtyValuesOn() {
    for (int i = 0; i < 29; i++) {
      record("a", i % 2);
    }
    assertThat(record("a", 100).getAnomalous()).as("the 30th").isFalse();
    for (int i = 0; i < 30; i++) {
      record("b", i % 2);
    }

    assertThat(record("b", 1.5).getAnomalous()).as("within 2 deviations").isFalse();
    assertThat(record("b", 2).getAnomalous()).isTrue();
    assertThat(record("b", -100).getAnomalous()).as("far below").isFalse();
  }

  @Test
  void anomalyIsToldOnAllServersWithWhatWasUsual() {
    Watching here = watch(TestServer.first().channel(), "");
    Watching there = watch(TestServer.second().channel(), "");
    for (int i = 0; i < 30; i++) {
      record("a", 1 + i % 2);
    }

    record("a", 9);

    Eventually.until("told", () -> here.anomalies().size() == 1 && there.anomalies().size() == 1);
    Anomaly anomaly = there.anomalies().get(0);
    assertThat(anomaly).isEqualTo(here.anomalies().get(0));
    assertThat(anomaly.getKind()).isEqualTo("t");
    assertThat(anomaly.getContext()).isEqualTo("a");
    assertThat(anomaly.getValue()).isEqualTo(9);
    assertThat(anomaly.getCount()).isEqualTo(30);
    assertThat(anomaly.getMean()).isCloseTo(1.5, within(1e-12));
    assertThat(anomaly.getStddev()).isCloseTo(Math.sqrt(7.5 / 29), within(1e-12));
    assertThat(anomaly.getTime().getSeconds())
        .isCloseTo(System.currentTimeMillis() / 1000, within(60L));
  }

  @Test
  void anomaliesOfAContextAreToldAtIntervals() {
    Watching watch = watch(TestServer.first().channel(), "");
    for (int i = 0; i < 30; i++) {
      record("a", i % 2);
      record("b", i % 2);
    }
    record("a", 1e3);
    assertThat(record("a", 1e6).getAnomalous()).isTrue();
    assertThat(record("a", 1e9).getAnomalous()).isTrue();
    record("b", 1e3);
    Eventually.until("both contexts are told", () -> watch.anomalies().size() == 2);

    aMinutePasses();
    record("a", 1e12);

    Eventually.until("told again", () -> watch.anomalies().size() == 3);
    assertThat(watch.anomalies())
        .extracting(anomaly -> anomaly.getContext() + " " + anomaly.getSuppressed())
        .containsExactly("a 0", "b 0", "a 2");
  }

  @Test
  void readerOfOneContextHearsOnlyThat() {
    Watching all = watch(TestServer.second().channel(), "");
    Watching one = watch(TestServer.second().channel(), "b");
    for (int i = 0; i < 30; i++) {
      record("a", i % 2);
      record("b", i % 2);
    }
    record("a", 1e3);
    record("b", 1e3);

    Eventually.until("told", () -> all.anomalies().size() == 2 && one.anomalies().size() == 1);
    assertThat(one.anomalies().get(0).getContext()).isEqualTo("b");
    assertThat(one.messages.get(0).hasHeartbeat()).isTrue();
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    return WatchKit.testsOfEvents(
        StatsGrpc.getWatchAnomaliesMethod(),
        kind -> WatchAnomaliesRequest.newBuilder().setKind(kind),
        (kind, n) -> {
          for (int i = 0; i < 30; i++) {
            record(kind, "change " + n, i % 2);
          }
          record(kind, "change " + n, 9);
        },
        (message, n) -> message.getAnomaly().getContext().equals("change " + n));
  }

  /** Anomalies were told a minute earlier than they were. */
  private static void aMinutePasses() {
    String script =
        """
        local figures = {struct.unpack('>dddddddd', redis.call('HGET', KEYS[1], 's'))}
        figures[7] = figures[7] - 60
        redis.call('HSET', KEYS[1], 's', struct.pack('>dddddddd', unpack(figures, 1, 8)))
        """;
    List<String> series = TestRedis.commands().keys("quoin:default:stats:*:context:a");
    assertThat(series).isNotEmpty();
    series.forEach(
        key -> TestRedis.commands().eval(script, ScriptOutputType.STATUS, new String[] {key}));
  }

  private RecordResponse record(String context, double value) {
    return record("t", context, value);
  }

  private RecordResponse record(String kind, String context, double value) {
    return stats.record(
        RecordRequest.newBuilder().setKind(kind).setContext(context).setValue(value).build());
  }

  private Watching watch(Channel channel, String context) {
    Watching watch = new Watching();
    watching.add(watch);
    watch.context.run(
        () ->
            StatsGrpc.newStub(channel)
                .watchAnomalies(
                    WatchAnomaliesRequest.newBuilder().setKind("t").setContext(context).build(),
                    watch));
    Eventually.until("it watches", () -> !watch.messages.isEmpty());
    return watch;
  }

  /** One stream. */
  private static final class Watching implements StreamObserver<WatchAnomaliesResponse> {
    final List<WatchAnomaliesResponse> messages = new CopyOnWriteArrayList<>();
    final CompletableFuture<Throwable> end = new CompletableFuture<>();
    final Context.CancellableContext context = Context.current().withCancellation();

    List<Anomaly> anomalies() {
      return messages.stream()
          .filter(WatchAnomaliesResponse::hasAnomaly)
          .map(WatchAnomaliesResponse::getAnomaly)
          .toList();
    }

    @Override
    public void onNext(WatchAnomaliesResponse message) {
      messages.add(message);
    }

    @Override
    public void onError(Throwable failure) {
      end.complete(failure);
    }

    @Override
    public void onCompleted() {
      end.complete(null);
    }
  }
}
