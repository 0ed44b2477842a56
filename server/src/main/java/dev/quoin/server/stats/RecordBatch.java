// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Throttle;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.OrderedResponses;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.stats.v1.RecordBatchRequest;
import dev.quoin.stats.v1.RecordBatchRequest.Record;
import dev.quoin.stats.v1.RecordBatchResponse;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * One call of RecordBatch. The values of a request are recorded context by context, several
 * requests at once; requests are acknowledged in order.
 */
final class RecordBatch implements RequestStreamHandler<RecordBatchRequest> {
  private final StatsStore stats;
  private final Anomalies anomalies;
  private final RequestContext scope;
  private final ResponseStream<RecordBatchResponse> responses;
  private final OrderedResponses<RecordBatchResponse> answers;
  private final Throttle throttle = Throttle.ofCall();
  private long received;

  RecordBatch(
      StatsStore stats,
      Anomalies anomalies,
      Call call,
      ResponseStream<RecordBatchResponse> responses) {
    this.stats = stats;
    this.anomalies = anomalies;
    this.scope = call.scope();
    this.responses = responses;
    this.answers = new OrderedResponses<>(call, responses);
  }

  @Override
  public CompletionStage<?> take(RecordBatchRequest request) {
    received += request.getRecordsCount();
    RecordBatchResponse response =
        RecordBatchResponse.newBuilder().setAcknowledged(received).build();
    return answers.add(record(request).thenApply(done -> response));
  }

  @Override
  public void end() {
    responses.complete();
  }

  private CompletionStage<Void> record(RecordBatchRequest request) {
    Once once = Once.of(request.getRequestId(), request);
    Map<Series, List<Double>> values = new LinkedHashMap<>();
    for (Record record : request.getRecordsList()) {
      values
          .computeIfAbsent(
              new Series(record.getKind(), record.getContext()), series -> new ArrayList<>())
          .add(record.getValue());
    }
    return throttle
        .each(values.entrySet(), entry -> record(entry.getKey(), entry.getValue(), once))
        .thenApply(done -> null);
  }

  private CompletionStage<Void> record(Series series, List<Double> values, Once once) {
    return stats
        .record(scope, series, values, once)
        .thenAccept(
            recorded -> {
              if (recorded.anomaly() != null) {
                anomalies.tell(scope, recorded.anomaly());
              }
            });
  }
}
