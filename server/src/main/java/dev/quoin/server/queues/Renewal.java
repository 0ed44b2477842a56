// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.Progress;
import dev.quoin.queues.v1.WorkResponse;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.RetryUntil;
import dev.quoin.server.waiting.Tokens;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Keeps the leases of one worker going, and tells it when one is lost or its task is to stop. */
final class Renewal {
  private static final int MOST_AT_ONCE = 1_000;
  private static final long RETRY_MILLIS = 200;

  private final QueueStore queues;
  private final SettleStore settles;
  private final RequestContext scope;
  private final Held held;
  private final long leaseMillis;
  private final Consumer<WorkResponse> worker;
  private final Timer timer;
  private volatile boolean ended;

  Renewal(
      QueueStore queues,
      SettleStore settles,
      RequestContext scope,
      Held held,
      long leaseMillis,
      Consumer<WorkResponse> worker) {
    this.queues = queues;
    this.settles = settles;
    this.scope = scope;
    this.held = held;
    this.leaseMillis = leaseMillis;
    this.worker = worker;
    this.timer = queues.scripts().redis().timer();
  }

  /**
   * Takes over tasks that the worker has from another call, which from then on cannot give them
   * back any more. Redis being away for less than a lease goes unnoticed.
   */
  CompletionStage<Void> adopt(List<Progress> tasks) {
    if (tasks.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    String holder = queues.server() + '/' + Tokens.next();
    return RetryUntil.run(timer, Duration.ofMillis(leaseMillis), () -> extend(tasks, holder))
        .thenAccept(
            outcomes -> {
              for (int i = 0; i < tasks.size(); i++) {
                if (outcomes.get(i).getOk()) {
                  held.add(LeaseRef.of(tasks.get(i)), true, holder);
                } else {
                  lost(LeaseRef.of(tasks.get(i)));
                }
                stop(tasks.get(i), outcomes.get(i));
              }
            });
  }

  /** Renews all leases every now and then until it is ended; soon again when Redis is away. */
  void begin() {
    renewIn(leaseMillis / 3);
  }

  private void renewIn(long millis) {
    timer.newTimeout(t -> goOn(), millis, TimeUnit.MILLISECONDS);
  }

  private void goOn() {
    if (!ended) {
      long period = leaseMillis / 3;
      renew()
          .whenComplete(
              (done, failure) ->
                  renewIn(failure == null ? period : Math.min(RETRY_MILLIS, period)));
    }
  }

  void end() {
    ended = true;
  }

  /** Renews all leases. */
  CompletionStage<Void> renew() {
    List<Progress> all = held.all();
    CompletableFuture<?>[] steps =
        new CompletableFuture<?>[(all.size() + MOST_AT_ONCE - 1) / MOST_AT_ONCE];
    for (int i = 0; i < steps.length; i++) {
      int from = i * MOST_AT_ONCE;
      steps[i] =
          renew(all.subList(from, Math.min(from + MOST_AT_ONCE, all.size()))).toCompletableFuture();
    }
    return CompletableFuture.allOf(steps);
  }

  private CompletionStage<Void> renew(List<Progress> tasks) {
    return extend(tasks, "")
        .thenAccept(
            outcomes -> {
              for (int i = 0; i < tasks.size(); i++) {
                LeaseRef ref = LeaseRef.of(tasks.get(i));
                if (!outcomes.get(i).getOk() && held.remove(ref)) {
                  lost(ref);
                }
                stop(tasks.get(i), outcomes.get(i));
              }
            });
  }

  private CompletionStage<List<Outcome>> extend(List<Progress> tasks, String holder) {
    return PerQueue.run(
        tasks, Progress::getQueue, some -> settles.extend(scope, some, leaseMillis, holder));
  }

  /** A lease is gone. */
  void lost(LeaseRef ref) {
    worker.accept(
        WorkResponse.newBuilder()
            .setTaskLost(
                WorkResponse.TaskLost.newBuilder()
                    .setQueue(ref.queue())
                    .setTaskId(ref.taskId())
                    .setToken(ref.token()))
            .build());
  }

  private void stop(Progress task, Outcome outcome) {
    if (outcome.getCancelRequested()) {
      stop(task.getTaskId());
    }
  }

  /** Somebody wants a task to stop; the worker may have it. */
  void stop(String taskId) {
    LeaseRef ref = held.cancelled(taskId);
    if (ref != null) {
      worker.accept(
          WorkResponse.newBuilder()
              .setTaskCancelled(
                  WorkResponse.TaskCancelled.newBuilder()
                      .setQueue(ref.queue())
                      .setTaskId(ref.taskId())
                      .setToken(ref.token()))
              .build());
    }
  }
}
