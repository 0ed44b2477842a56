// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** Does something with items of several queues: one step for each queue, all at the same time. */
final class PerQueue {
  private PerQueue() {}

  /**
   * @param queue the queue of an item
   * @param step does the items of one queue; answers in their order
   * @return the answers in the order of the items
   */
  static <T, R> CompletionStage<List<R>> run(
      List<T> items, Function<T, String> queue, Function<List<T>, CompletionStage<List<R>>> step) {
    Map<String, List<Integer>> places = new LinkedHashMap<>();
    for (int i = 0; i < items.size(); i++) {
      places.computeIfAbsent(queue.apply(items.get(i)), name -> new ArrayList<>()).add(i);
    }
    if (places.size() == 1) {
      return step.apply(items);
    }
    @SuppressWarnings("unchecked")
    R[] answers = (R[]) new Object[items.size()];
    CompletableFuture<?>[] steps =
        places.values().stream()
            .map(
                indexes ->
                    step.apply(indexes.stream().map(items::get).toList())
                        .thenAccept(some -> put(answers, indexes, some))
                        .toCompletableFuture())
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(steps).thenApply(done -> Arrays.asList(answers));
  }

  private static <R> void put(R[] answers, List<Integer> indexes, List<R> some) {
    for (int i = 0; i < indexes.size(); i++) {
      answers[indexes.get(i)] = some.get(i);
    }
  }
}
