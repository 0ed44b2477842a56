// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Duration;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersStub;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.stats.v1.RecordBatchRequest;
import dev.quoin.stats.v1.RecordBatchResponse;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.StatsGrpc;
import dev.quoin.stats.v1.StatsGrpc.StatsStub;
import io.grpc.Channel;
import io.grpc.stub.StreamObserver;
import java.util.concurrent.ThreadLocalRandom;

/** What workers ask of Counters and Stats. */
final class CounterOperations {
  /** How many increments or values a request of a batch holds, of how many counters. */
  static final int BATCH = 100;

  static final int BATCH_NAMES = 10;

  /** The counters that {@link CounterWorkloads} makes. */
  static final String KNOWN = "known-";

  private static final Duration SECOND = Duration.newBuilder().setSeconds(1).build();

  private CounterOperations() {}

  /** Adds to a counter that only this worker uses. */
  static Operation increment(Channel channel, int worker) {
    return increment(channel, "count-" + worker);
  }

  /** Adds to a counter. */
  static Operation increment(Channel channel, String name) {
    CountersStub counters = CountersGrpc.newStub(channel);
    IncrementRequest request = IncrementRequest.newBuilder().setName(name).build();
    return done -> counters.increment(request, GrpcWorkload.answer(done, response -> done.ok()));
  }

  /** Sends one request of a batch that stays open. */
  static Operation incrementBatch(Channel channel, int worker) {
    IncrementBatchRequest.Builder request = IncrementBatchRequest.newBuilder();
    for (int i = 0; i < BATCH; i++) {
      request.addIncrementsBuilder().setName("count-" + worker + '-' + i % BATCH_NAMES);
    }
    Acknowledged<IncrementBatchResponse> responses = new Acknowledged<>();
    StreamObserver<IncrementBatchRequest> requests =
        CountersGrpc.newStub(channel).incrementBatch(responses);
    return done -> {
      responses.next = done;
      requests.onNext(request.build());
    };
  }

  /** Reads all seconds of a counter that exists. */
  static Operation get(Channel channel, int counters) {
    CountersStub stub = CountersGrpc.newStub(channel);
    return done -> {
      String name = KNOWN + ThreadLocalRandom.current().nextInt(counters);
      GetRequest request =
          GetRequest.newBuilder().setName(name).setPrecision(SECOND).setZeroFill(true).build();
      stub.get(
          request,
          GrpcWorkload.answer(
              done,
              response -> {
                if (response.getSamplesCount() == 120) {
                  done.ok();
                } else {
                  done.failed(new IllegalStateException("not 120 samples"));
                }
              }));
    };
  }

  /** Records a value for a context that only this worker uses. */
  static Operation record(Channel channel, int worker) {
    StatsStub stats = StatsGrpc.newStub(channel);
    return done ->
        stats.record(
            RecordRequest.newBuilder()
                .setKind("bench")
                .setContext("context-" + worker)
                .setValue(value())
                .build(),
            GrpcWorkload.answer(done, response -> done.ok()));
  }

  /** Sends one request of a batch of values that stays open. */
  static Operation recordBatch(Channel channel, int worker) {
    Acknowledged<RecordBatchResponse> responses = new Acknowledged<>();
    StreamObserver<RecordBatchRequest> requests = StatsGrpc.newStub(channel).recordBatch(responses);
    return done -> {
      RecordBatchRequest.Builder request = RecordBatchRequest.newBuilder();
      for (int i = 0; i < BATCH; i++) {
        request
            .addRecordsBuilder()
            .setKind("bench")
            .setContext("context-" + worker + '-' + i % BATCH_NAMES)
            .setValue(value());
      }
      responses.next = done;
      requests.onNext(request.build());
    };
  }

  /** Seconds, as a latency might be. */
  private static double value() {
    return 0.01 * Math.exp(ThreadLocalRandom.current().nextGaussian());
  }

  /** Takes one response after the other. */
  private static final class Acknowledged<R> implements StreamObserver<R> {
    private Operation.Done next;

    @Override
    public void onNext(R response) {
      next.ok();
    }

    @Override
    public void onError(Throwable failure) {
      if (next != null) {
        next.failed(failure);
      }
    }

    @Override
    public void onCompleted() {}
  }
}
