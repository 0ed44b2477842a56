// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.IncrementBatchRequest;
import dev.quoin.counters.v1.IncrementBatchRequest.Increment;
import dev.quoin.counters.v1.IncrementBatchResponse;
import dev.quoin.counters.v1.IncrementBatchResponse.Uncounted;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.Inbox;
import dev.quoin.server.rpc.Sink;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One call of IncrementBatch. The increments of a request are carried out counter by counter,
 * several requests at once; requests are acknowledged in order.
 */
final class IncrementBatch implements Inbox<IncrementBatchRequest> {
  private final CounterStore counters;
  private final CounterShape shape;
  private final Scope scope;
  private final Sink<IncrementBatchResponse> sink;
  private long received;
  private CompletionStage<?> acknowledged = CompletableFuture.completedFuture(null);
  private CompletableFuture<Void> reader = CompletableFuture.completedFuture(null);

  IncrementBatch(
      CounterStore counters, CounterShape shape, Scope scope, Sink<IncrementBatchResponse> sink) {
    this.counters = counters;
    this.shape = shape;
    this.scope = scope;
    this.sink = sink;
    sink.onReady(this::readOn);
  }

  @Override
  public CompletionStage<?> take(IncrementBatchRequest request) {
    long first = received;
    received += request.getIncrementsCount();
    long last = received;
    CompletionStage<List<Uncounted>> work = carryOut(request, first);
    acknowledged =
        acknowledged
            .thenCombine(work, (before, uncounted) -> uncounted)
            .thenCompose(uncounted -> acknowledge(last, uncounted));
    return acknowledged;
  }

  @Override
  public void end() {
    sink.complete();
  }

  private CompletionStage<List<Uncounted>> carryOut(IncrementBatchRequest request, long first) {
    Map<String, Increments> byName = new LinkedHashMap<>();
    for (int i = 0; i < request.getIncrementsCount(); i++) {
      Increment increment = request.getIncrements(i);
      byName
          .computeIfAbsent(increment.getName(), name -> new Increments(shape))
          .add(
              increment.hasDelta() ? increment.getDelta() : 1,
              CountersService.second(
                  increment.hasEventTime(),
                  increment.getEventTime(),
                  "increments[" + i + "].event_time"),
              first + i);
    }
    List<CompletableFuture<List<Uncounted>>> works = new ArrayList<>(byName.size());
    byName.forEach(
        (name, increments) ->
            works.add(
                counters
                    .add(scope, name, increments, request.getRequestId())
                    .thenApply(outcome -> uncounted(increments, outcome.refusals()))
                    .toCompletableFuture()));
    return CompletableFuture.allOf(works.toArray(CompletableFuture<?>[]::new))
        .thenApply(
            done ->
                works.stream()
                    .flatMap(work -> work.getNow(List.of()).stream())
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
                        Uncounted.newBuilder().setIndex(index).setReason(reason).build()));
      }
    }
    return uncounted;
  }

  /** Answers a request; done when the answer does not have to be kept for a slow reader. */
  private synchronized CompletionStage<Void> acknowledge(long last, List<Uncounted> uncounted) {
    sink.send(
        IncrementBatchResponse.newBuilder()
            .setAcknowledged(last)
            .addAllUncounted(uncounted)
            .build());
    if (!sink.isReady() && reader.isDone()) {
      reader = new CompletableFuture<>();
      // The reader may have caught up in between.
      if (sink.isReady()) {
        reader.complete(null);
      }
    }
    return reader;
  }

  private void readOn() {
    CompletableFuture<Void> waiting;
    synchronized (this) {
      waiting = reader;
    }
    waiting.complete(null);
  }
}
