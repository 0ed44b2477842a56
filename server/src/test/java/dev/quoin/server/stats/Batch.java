// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.testing.TestServer;
import dev.quoin.stats.v1.RecordBatchRequest;
import dev.quoin.stats.v1.RecordBatchResponse;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One call of RecordBatch. */
final class Batch implements StreamObserver<RecordBatchResponse> {
  private static final int AT_ONCE = 1000;

  private final List<Long> acknowledged = new ArrayList<>();
  private final CompletableFuture<List<Long>> all = new CompletableFuture<>();
  private final StreamObserver<RecordBatchRequest> requests =
      StatsGrpc.newStub(TestServer.first().channel()).recordBatch(this);

  /** Records values of one context. */
  static void record(String kind, String context, List<Double> values) throws Exception {
    Batch batch = new Batch();
    for (int from = 0; from < values.size(); from += AT_ONCE) {
      RecordBatchRequest.Builder request = RecordBatchRequest.newBuilder();
      values
          .subList(from, Math.min(values.size(), from + AT_ONCE))
          .forEach(
              value ->
                  request.addRecordsBuilder().setKind(kind).setContext(context).setValue(value));
      batch.send(request.build());
    }
    batch.finish();
  }

  void send(RecordBatchRequest request) {
    requests.onNext(request);
  }

  /** What was acknowledged. */
  List<Long> finish() throws Exception {
    requests.onCompleted();
    return outcome();
  }

  List<Long> outcome() throws Exception {
    return all.get(20, TimeUnit.SECONDS);
  }

  @Override
  public void onNext(RecordBatchResponse response) {
    acknowledged.add(response.getAcknowledged());
  }

  @Override
  public void onError(Throwable failure) {
    all.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    all.complete(acknowledged);
  }
}
