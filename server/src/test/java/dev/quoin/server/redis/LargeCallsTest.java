// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.errors.v1.ErrorsGrpc;
import dev.quoin.errors.v1.ListReasonsRequest;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestServer;
import dev.quoin.stats.v1.RecordBatchRequest;
import dev.quoin.stats.v1.RecordBatchResponse;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Calls that ask for thousands of things leave room for others. Redis is frozen meanwhile. */
final class LargeCallsTest {
  private static final int REQUESTS = 4;
  private static final int NAMES = 1_000;

  @Test
  void batchesOfManyNamesLeaveRoomForOtherCalls() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TestServer server = start(redis)) {
      acquire(server, "first").get(60, TimeUnit.SECONDS);
      redis.freeze();
      Answers<IncrementBatchResponse> counted = increment(server);
      Answers<RecordBatchResponse> recorded = record(server);
      hasReadAllCalls(server);
      List<ListenableFuture<AcquireResponse>> acquires = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        acquires.add(acquire(server, "a" + i));
      }
      hasReadAllCalls(server);

      redis.unfreeze();

      for (ListenableFuture<AcquireResponse> acquire : acquires) {
        assertThat(acquire.get(60, TimeUnit.SECONDS).getAcquired()).isTrue();
      }
      assertThat(counted.last().getAcknowledged()).isEqualTo((long) REQUESTS * NAMES);
      assertThat(recorded.last().getAcknowledged()).isEqualTo((long) REQUESTS * NAMES);
    }
  }

  @Test
  void aQuarterOfTheQueueIsKeptForCallsThatHaveNothingWaiting() throws Exception {
    try (RedisProcess redis = RedisProcess.start("--appendonly", "no");
        TestServer server = start(redis)) {
      acquire(server, "first").get(60, TimeUnit.SECONDS);
      redis.freeze();
      // Each has 64 under way, more than there is room for.
      for (int i = 0; i < 20; i++) {
        increment(server);
      }
      hasReadAllCalls(server);
      List<ListenableFuture<AcquireResponse>> acquires = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        acquires.add(acquire(server, "a" + i));
      }
      hasReadAllCalls(server);

      redis.unfreeze();

      for (ListenableFuture<AcquireResponse> acquire : acquires) {
        assertThat(acquire.get(60, TimeUnit.SECONDS).getAcquired()).isTrue();
      }
    }
  }

  private static TestServer start(RedisProcess redis) {
    return TestServer.start(
        "redis",
        redis.uri(),
        "threads",
        "1",
        "redis-timeout",
        "600s",
        "max-redis-commands",
        "1000");
  }

  private static ListenableFuture<AcquireResponse> acquire(TestServer server, String name) {
    return server.futureLocks().acquire(AcquireRequest.newBuilder().setName(name).build());
  }

  /** An answer that needs no Redis comes after all that was sent before on this connection. */
  private static void hasReadAllCalls(TestServer server) {
    ErrorsGrpc.newBlockingStub(server.channel())
        .listReasons(ListReasonsRequest.getDefaultInstance());
  }

  private static Answers<IncrementBatchResponse> increment(TestServer server) {
    Answers<IncrementBatchResponse> answers = new Answers<>();
    StreamObserver<IncrementBatchRequest> requests =
        CountersGrpc.newStub(server.channel()).incrementBatch(answers);
    for (int request = 0; request < REQUESTS; request++) {
      IncrementBatchRequest.Builder batch = IncrementBatchRequest.newBuilder();
      int from = request * NAMES;
      IntStream.range(from, from + NAMES)
          .forEach(i -> batch.addIncrementsBuilder().setName("page/" + i));
      requests.onNext(batch.build());
    }
    requests.onCompleted();
    return answers;
  }

  private static Answers<RecordBatchResponse> record(TestServer server) {
    Answers<RecordBatchResponse> answers = new Answers<>();
    StreamObserver<RecordBatchRequest> requests =
        StatsGrpc.newStub(server.channel()).recordBatch(answers);
    for (int request = 0; request < REQUESTS; request++) {
      RecordBatchRequest.Builder batch = RecordBatchRequest.newBuilder();
      int from = request * NAMES;
      IntStream.range(from, from + NAMES)
          .forEach(
              i -> batch.addRecordsBuilder().setKind("time").setContext("page/" + i).setValue(1));
      requests.onNext(batch.build());
    }
    requests.onCompleted();
    return answers;
  }

  /** The responses of a stream. */
  private static final class Answers<T> implements StreamObserver<T> {
    private final CompletableFuture<T> last = new CompletableFuture<>();
    private volatile T newest;

    private T last() throws Exception {
      return last.get(60, TimeUnit.SECONDS);
    }

    @Override
    public void onNext(T response) {
      newest = response;
    }

    @Override
    public void onError(Throwable failure) {
      last.completeExceptionally(failure);
    }

    @Override
    public void onCompleted() {
      last.complete(newest);
    }
  }
}
