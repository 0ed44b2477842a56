// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersBlockingStub;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.counters.v1.Sample;
import dev.quoin.counters.v1.WatchRequest;
import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Redis stops answering, or dies. */
final class CounterFailureTest {
  private static final com.google.protobuf.Duration DAY = Durations.fromDays(1);

  private final RedisProcess redis = RedisProcess.start("--appendonly", "no");
  private final TestServer server = TestServer.start("redis", redis.uri());
  private final CountersBlockingStub counters = CountersGrpc.newBlockingStub(server.channel());

  @AfterEach
  void stop() {
    server.close();
    redis.close();
  }

  @Test
  void incrementWhoseAnswerWasLostIsCountedOnceWhenRepeated() {
    IncrementRequest request =
        IncrementRequest.newBuilder().setName("a").setDelta(5).setRequestId("r1").build();
    redis.freeze();
    Refused refused =
        Refused.by(() -> counters.withDeadlineAfter(1, TimeUnit.SECONDS).increment(request));
    redis.unfreeze();

    assertThat(refused.code()).isEqualTo(Code.DEADLINE_EXCEEDED);
    Eventually.until(Duration.ofSeconds(20), "Redis answers again", () -> isDone(request));
    assertThat(total()).isEqualTo(5);
  }

  @Test
  void watchGoesOnAfterRedisHasDied() {
    Newest newest = new Newest();
    CountersGrpc.newStub(server.channel())
        .watch(WatchRequest.newBuilder().setName("a").setPrecision(DAY).build(), newest);
    Eventually.until("it watches", () -> newest.count == 0);

    redis.kill();
    redis.start();
    IncrementRequest request = IncrementRequest.newBuilder().setName("a").setDelta(3).build();
    Eventually.until(Duration.ofSeconds(20), "Redis answers again", () -> isDone(request));

    Eventually.until(Duration.ofSeconds(20), "told", () -> newest.count == total());
    assertThat(newest.failure).isNull();
  }

  private boolean isDone(IncrementRequest request) {
    try {
      counters.increment(request);
      return true;
    } catch (StatusRuntimeException e) {
      assertThat(e.getStatus().getCode()).isEqualTo(Code.UNAVAILABLE);
      return false;
    }
  }

  private long total() {
    return counters
        .get(GetRequest.newBuilder().setName("a").setPrecision(DAY).build())
        .getSamplesList()
        .stream()
        .mapToLong(Sample::getCount)
        .sum();
  }

  /** The newest count a watcher was told. */
  private static final class Newest implements StreamObserver<WatchResponse> {
    volatile long count = -1;
    volatile Throwable failure;

    @Override
    public void onNext(WatchResponse message) {
      count = message.getSamples(1).getCount();
    }

    @Override
    public void onError(Throwable thrown) {
      failure = thrown;
    }

    @Override
    public void onCompleted() {}
  }
}
