// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Timestamp;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.counters.v1.WatchRequest;
import dev.quoin.counters.v1.WatchResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** Workloads of counters that need something to be there first. */
final class CounterWorkloads {
  private static final int WAIT_SECONDS = 60;
  private static final int SECONDS = 100;
  private static final String WATCHED = "watched";

  private CounterWorkloads() {}

  /** Reads one of so many counters, each of which has counted in 100 seconds. */
  static Workload.Factory get(int counters) {
    Workload.Factory reads =
        GrpcWorkload.of((channel, worker) -> CounterOperations.get(channel, counters));
    return (testbed, workers) -> {
      ManagedChannel channel = GrpcWorkload.connect(testbed);
      try {
        fill(channel, counters);
      } finally {
        channel.shutdownNow();
      }
      return reads.open(testbed, workers);
    };
  }

  /** Adds to one counter that so many callers watch. */
  static Workload.Factory watched(int watchers) {
    Workload.Factory increments =
        GrpcWorkload.of((channel, worker) -> CounterOperations.increment(channel, WATCHED));
    return (testbed, workers) -> {
      ManagedChannel channel = GrpcWorkload.connect(testbed);
      CountDownLatch told = new CountDownLatch(watchers);
      WatchRequest request = WatchRequest.newBuilder().setName(WATCHED).build();
      for (int i = 0; i < watchers; i++) {
        CountersGrpc.newStub(channel).watch(request, new FirstMessage<WatchResponse>(told));
      }
      await(told);
      Workload load = increments.open(testbed, workers);
      return new Workload() {
        @Override
        public Operation worker(int index) {
          return load.worker(index);
        }

        @Override
        public void close() {
          channel.shutdownNow();
          load.close();
        }
      };
    };
  }

  private static void fill(ManagedChannel channel, int counters) {
    long now = System.currentTimeMillis() / 1000;
    CountDownLatch done = new CountDownLatch(counters);
    StreamObserver<IncrementBatchRequest> requests =
        CountersGrpc.newStub(channel)
            .incrementBatch(
                new FirstMessage<IncrementBatchResponse>(done) {
                  @Override
                  public void onNext(IncrementBatchResponse response) {
                    done.countDown();
                  }
                });
    for (int counter = 0; counter < counters; counter++) {
      IncrementBatchRequest.Builder request = IncrementBatchRequest.newBuilder();
      for (int second = SECONDS; second > 0; second--) {
        request
            .addIncrementsBuilder()
            .setName(CounterOperations.KNOWN + counter)
            .setEventTime(Timestamp.newBuilder().setSeconds(now - second));
      }
      requests.onNext(request.build());
    }
    await(done);
  }

  private static void await(CountDownLatch latch) {
    try {
      if (!latch.await(WAIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException("not ready within " + WAIT_SECONDS + " s");
      }
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Counts down when the first message is there. */
  private static class FirstMessage<R> implements StreamObserver<R> {
    private final CountDownLatch latch;
    private boolean told;

    FirstMessage(CountDownLatch latch) {
      this.latch = latch;
    }

    @Override
    public void onNext(R message) {
      if (!told) {
        told = true;
        latch.countDown();
      }
    }

    @Override
    public void onError(Throwable failure) {}

    @Override
    public void onCompleted() {}
  }
}
