// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchRequest.Increment;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.counters.v1.IncrementBatchResponse.Uncounted;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Throttle;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.OrderedResponses;
import dev.quoin.server.rpc.RequestStreamHandler;
import dev.quoin.server.rpc.ResponseStream;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/**
 * One call of IncrementBatch. The increments of a request are carried out counter by counter,
 * several requests at once; requests are acknowledged in order.
 */
final class IncrementBatch implements RequestStreamHandler<IncrementBatchRequest> {
  private final CounterStore counters;
  private final CounterShape shape;
  private final RequestContext scope;
  private final ResponseStream<IncrementBatchResponse> responses;
  private final OrderedResponses<IncrementBatchResponse> answers;
  private final Throttle throttle = Throttle.ofCall();
  private long received;

  IncrementBatch(
      CounterStore counters,
      CounterShape shape,
      Call call,
      ResponseStream<IncrementBatchResponse> responses) {
    this.counters = counters;
    this.shape = shape;
    this.scope = call.scope();
    this.responses = responses;
    this.answers = new OrderedResponses<>(call, responses);
  }

  @Override
  public CompletionStage<?> take(IncrementBatchRequest request) {
    long first = received;
    received += request.getIncrementsCount();
    long last = received;
    return answers.add(
        carryOut(request, first)
            .thenApply(
                uncounted ->
                    IncrementBatchResponse.newBuilder()
                        .setAcknowledged(last)
                        .addAllUncounted(uncounted)
                        .build()));
  }

  @Override
  public void end() {
    responses.complete();
  }

  private CompletionStage<List<Uncounted>> carryOut(IncrementBatchRequest request, long first) {
    Once once = Once.of(request.getRequestId(), request);
    Map<String, Increments> byName = new LinkedHashMap<>();
    for (int i = 0; i < request.getIncrementsCount(); i++) {
      Increment increment = request.getIncrements(i);
      byName
          .computeIfAbsent(increment.getName(), name -> new Increments(shape, once))
          .add(
              increment.hasDelta() ? increment.getDelta() : 1,
              CountersService.second(
                  increment.hasEventTime(),
                  increment.getEventTime(),
                  "increments[" + i + "].event_time"),
              first + i);
    }
    return throttle
        .each(
            byName.entrySet(),
            counter ->
                counters
                    .add(scope, counter.getKey(), counter.getValue())
                    .thenApply(outcome -> uncounted(counter.getValue(), outcome.refusals())))
        .thenApply(
            all ->
                all.stream()
                    .flatMap(List::stream)
                    .sorted(Comparator.comparingLong(Uncounted::getIndex))
                    .toList());
  }

  private static List<Uncounted> uncounted(Increments increments, List<String> outcomes) {
    List<Uncounted> uncounted = new ArrayList<>();
    for (int place = 0; place < outcomes.size(); place++) {
      String reason = outcomes.get(place);
      if (reason != null) {
        increments
            .members(place)
            .forEach(
                index ->
                    uncounted.add(
                        Uncounted.newBuilder()
                            .setIndex(index)
                            .setReason(ErrorReason.valueOf("ERROR_REASON_" + reason))
                            .build()));
      }
    }
    return uncounted;
  }
}
