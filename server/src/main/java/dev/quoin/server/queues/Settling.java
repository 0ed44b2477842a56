// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Outcome;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.RetryUntil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;

/**
 * Says to Redis what a worker says, in its order, and as much in one step as has come in during the
 * step before. Redis being away for less than a lease goes unnoticed.
 */
final class Settling {
  private static final int MOST_AT_ONCE = 100;

  private final SettleStore settles;
  private final QueueStore queues;
  private final RequestContext scope;
  private final long leaseMillis;
  private final BiConsumer<List<Said>, List<Outcome>> settled;
  private final Deque<Entry> waiting = new ArrayDeque<>();
  private CompletionStage<?> last = CompletableFuture.completedFuture(null);
  private boolean busy = true;

  private record Entry(Said said, CompletableFuture<Void> done) {}

  /**
   * @param settled told what has been said and the outcomes
   */
  Settling(
      SettleStore settles,
      QueueStore queues,
      RequestContext scope,
      long leaseMillis,
      BiConsumer<List<Said>, List<Outcome>> settled) {
    this.settles = settles;
    this.queues = queues;
    this.scope = scope;
    this.leaseMillis = leaseMillis;
    this.settled = settled;
  }

  /** Begins; what has been added before waits for that. */
  void begin() {
    synchronized (this) {
      busy = false;
    }
    goOn();
  }

  CompletionStage<Void> add(Said said) {
    Entry entry = new Entry(said, new CompletableFuture<>());
    synchronized (this) {
      waiting.add(entry);
      last = entry.done();
    }
    goOn();
    return entry.done();
  }

  /** Done when all that was said so far is settled, or has failed. */
  synchronized CompletionStage<?> last() {
    return last;
  }

  private void goOn() {
    List<Entry> step = new ArrayList<>();
    synchronized (this) {
      if (busy || waiting.isEmpty()) {
        return;
      }
      busy = true;
      while (step.size() < MOST_AT_ONCE
          && !waiting.isEmpty()
          && (step.isEmpty() || step.get(0).said().goesWith(waiting.peek().said()))) {
        step.add(waiting.poll());
      }
    }
    List<Said> said = step.stream().map(Entry::said).toList();
    RetryUntil.run(
            queues.scripts().redis().timer(), Duration.ofMillis(leaseMillis), () -> say(said))
        .whenComplete((outcomes, failure) -> stepped(step, said, outcomes, failure));
  }

  private CompletionStage<List<Outcome>> say(List<Said> said) {
    if (said.get(0).ack() != null) {
      return settles.ack(scope, said.stream().map(Said::ack).toList());
    }
    if (said.get(0).nack() != null) {
      return settles.nack(scope, said.stream().map(Said::nack).toList());
    }
    return settles.extend(scope, said.stream().map(Said::progress).toList(), leaseMillis, "");
  }

  private void stepped(
      List<Entry> step, List<Said> said, List<Outcome> outcomes, Throwable failure) {
    if (failure == null) {
      settled.accept(said, outcomes);
    }
    synchronized (this) {
      busy = false;
    }
    for (Entry entry : step) {
      if (failure == null) {
        entry.done().complete(null);
      } else {
        entry.done().completeExceptionally(failure);
      }
    }
    goOn();
  }
}
