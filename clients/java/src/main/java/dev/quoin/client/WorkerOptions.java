// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.queues.v1.Preference;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * How a worker works. The methods that begin with {@code with} make changed copies.
 *
 * @param queues the queues it works for, 1 to 16
 * @param handlers what does the tasks, by kind
 * @param concurrency how many tasks it does at the same time; as many more are fetched ahead
 * @param lease how long a task stays with it when its server dies: 3 s to 1 h
 * @param preference which of several queues goes first
 * @param weights for {@code PREFERENCE_WEIGHTED}, one for each queue or none
 * @param patience how long closing waits for the tasks being done
 */
public record WorkerOptions(
    List<String> queues,
    Map<String, TaskHandler> handlers,
    int concurrency,
    Duration lease,
    Preference preference,
    List<Integer> weights,
    Duration patience) {
  public WorkerOptions {
    queues = List.copyOf(queues);
    handlers = Map.copyOf(handlers);
    weights = List.copyOf(weights);
    Objects.requireNonNull(lease, "lease");
    Objects.requireNonNull(preference, "preference");
    Objects.requireNonNull(patience, "patience");
  }

  /** A worker for some queues, the first one first, that does 10 tasks at the same time. */
  public static WorkerOptions of(String... queues) {
    return new WorkerOptions(
        List.of(queues),
        Map.of(),
        10,
        Duration.ofSeconds(30),
        Preference.PREFERENCE_STRICT,
        List.of(),
        Duration.ofSeconds(30));
  }

  /** With a handler for a kind of tasks. */
  public WorkerOptions withHandler(String kind, TaskHandler handler) {
    Map<String, TaskHandler> all = new LinkedHashMap<>(handlers);
    all.put(kind, handler);
    return new WorkerOptions(queues, all, concurrency, lease, preference, weights, patience);
  }

  /** With another number of tasks done at the same time: 1 to 500. */
  public WorkerOptions withConcurrency(int tasks) {
    return new WorkerOptions(queues, handlers, tasks, lease, preference, weights, patience);
  }

  /** With another lease: 3 s to 1 h. */
  public WorkerOptions withLease(Duration time) {
    return new WorkerOptions(queues, handlers, concurrency, time, preference, weights, patience);
  }

  /** With queues that are peers: by lot, in proportion to weights of 1 to 100. */
  public WorkerOptions withWeights(Integer... proportions) {
    return new WorkerOptions(
        queues,
        handlers,
        concurrency,
        lease,
        Preference.PREFERENCE_WEIGHTED,
        List.of(proportions),
        patience);
  }

  /** With another time that closing waits for the tasks being done. */
  public WorkerOptions withPatience(Duration time) {
    return new WorkerOptions(queues, handlers, concurrency, lease, preference, weights, time);
  }
}
