// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersBlockingStub;
import dev.quoin.counters.v1.DeleteRequest;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.counters.v1.Sample;
import dev.quoin.counters.v1.WatchRequest;
import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.server.testing.WatchKit;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.stub.StreamObserver;
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
final class CounterWatchTest {
  private static final long DAY = 86_400;

  private final CountersBlockingStub counters =
      CountersGrpc.newBlockingStub(TestServer.first().channel());
  private final List<Watching> watching = new CopyOnWriteArrayList<>();

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @AfterEach
  void endStreams() {
    watching.forEach(Watching::end);
  }

  @Test
  void firstMessageTellsHowTheSlicesStand() {
    increment("a", 5);

    Watching watch = watch(TestServer.second().channel(), "a", DAY);

    Eventually.until("told", () -> !watch.messages.isEmpty());
    List<Sample> samples = watch.messages.get(0).getSamplesList();
    assertThat(samples).extracting(Sample::getCount).containsExactly(0L, 5L);
    assertThat(samples).extracting(Sample::getPartial).containsExactly(false, true);
    assertThat(samples.get(1).getStartTime().getSeconds() % DAY).isZero();
    assertThat(samples.get(1).getStartTime().getSeconds())
        .isEqualTo(samples.get(0).getStartTime().getSeconds() + DAY);
  }

  @Test
  void sliceThatHasEndedIsToldWithItsFinalCount() {
    Watching watch = watch(TestServer.first().channel(), "a", 1);
    awaitCount(watch, 0);

    long second = increment("a", 3);

    Eventually.until(
        "the second is told when it is over",
        () ->
            watch.messages.stream()
                .map(message -> message.getSamples(0))
                .anyMatch(
                    sample ->
                        sample.getStartTime().getSeconds() == second
                            && sample.getCount() == 3
                            && !sample.getPartial()));
  }

  @Test
  void deletedCounterIsToldAndWatchedOn() {
    increment("a", 3);
    Watching watch = watch(TestServer.second().channel(), "a", DAY);
    awaitCount(watch, 3);

    counters.delete(DeleteRequest.newBuilder().setName("a").build());
    awaitCount(watch, 0);
    increment("a", 8);
    awaitCount(watch, 8);
  }

  @Test
  void nothingIsToldWhenNobodyWatches() {
    Watching watch = watch(TestServer.first().channel(), "a", DAY);
    awaitCount(watch, 0);
    watch.end();
    Eventually.until("the subscription has ended", () -> subscriptions("a") == 0);
    increment("a", 1);
    long before = published();

    for (int i = 0; i < 50; i++) {
      increment("a", 1);
    }

    assertThat(published()).isEqualTo(before);
  }

  @Test
  void unknownPrecisionIsRefused() {
    Watching watch = watch(TestServer.first().channel(), "a", 7);

    Eventually.until("refused", watch.end::isDone);
    assertThat(Refused.of(watch.end.join()).reason()).isEqualTo("COUNTER_PRECISION_UNKNOWN");
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    return WatchKit.tests(
        CountersGrpc.getWatchMethod(),
        name -> WatchRequest.newBuilder().setName(name).setPrecision(Durations.fromSeconds(DAY)),
        (name, n) -> increment(name, 1),
        (message, n) -> message.getSamples(1).getCount() == n);
  }

  private long increment(String name, long delta) {
    return counters
        .increment(IncrementRequest.newBuilder().setName(name).setDelta(delta).build())
        .getEventTime()
        .getSeconds();
  }

  private static long subscriptions(String name) {
    return TestRedis.nodes().stream()
        .mapToLong(
            node ->
                node.commands()
                    .pubsubShardChannels("quoin:default:counters:{" + name + "}:*")
                    .size())
        .sum();
  }

  /** How often anything was published so far. */
  private static long published() {
    return TestRedis.nodes().stream()
        .flatMap(node -> node.commands().info("commandstats").lines())
        .filter(line -> line.startsWith("cmdstat_spublish:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*:calls=(\\d+),.*", "$1")))
        .sum();
  }

  private static void awaitCount(Watching watch, long count) {
    Eventually.until("told " + count, () -> watch.newestCount() == count);
  }

  private Watching watch(Channel channel, String name, long precision) {
    Watching watch = new Watching();
    watching.add(watch);
    watch.open(
        channel,
        WatchRequest.newBuilder()
            .setName(name)
            .setPrecision(Durations.fromSeconds(precision))
            .build());
    return watch;
  }

  /** One stream. */
  private static final class Watching implements StreamObserver<WatchResponse> {
    final List<WatchResponse> messages = new CopyOnWriteArrayList<>();
    final CompletableFuture<Throwable> end = new CompletableFuture<>();
    private final Context.CancellableContext context = Context.current().withCancellation();

    void open(Channel channel, WatchRequest request) {
      context.run(() -> CountersGrpc.newStub(channel).watch(request, this));
    }

    void end() {
      context.cancel(null);
    }

    long newestCount() {
      return messages.isEmpty() ? -1 : messages.get(messages.size() - 1).getSamples(1).getCount();
    }

    @Override
    public void onNext(WatchResponse message) {
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
