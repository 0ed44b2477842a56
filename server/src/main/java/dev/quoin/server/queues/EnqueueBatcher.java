// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Adds tasks of calls that come while others for the same queue are under way in one step after
 * those. A step costs Redis more than the tasks in it, so this matters when it is busy, and only
 * then does anybody wait.
 */
final class EnqueueBatcher {
  private static final int MOST_TASKS = 200;
  private static final int MOST_BYTES = 262_144;

  /** A call that has less time goes alone: two steps may have to end before its own does. */
  private static final long SHORT_SECONDS = 5;

  private final QueueStore queues;
  private final Map<String, Deque<Waiting>> waiting = new HashMap<>();

  /**
   * A call.
   *
   * @param gone whether its caller has gone
   */
  private record Waiting(
      RequestContext scope,
      EnqueueCommand task,
      CompletableFuture<EnqueueResponse> answer,
      AtomicBoolean gone) {

    Waiting(RequestContext scope, EnqueueCommand task) {
      this(scope.detached(), task, new CompletableFuture<>(), new AtomicBoolean());
    }
  }

  EnqueueBatcher(QueueStore queues) {
    this.queues = queues;
  }

  /** Adds a task; not any more when its caller has gone while it waited for a step. */
  CompletionStage<EnqueueResponse> enqueue(Call call, EnqueueCommand task) {
    RequestContext scope = call.scope();
    if (!task.once().id().isEmpty() || task.bytes() > MOST_BYTES || isShort(scope)) {
      return alone(scope, task);
    }
    Waiting own = new Waiting(scope, task);
    String name = scope.namespace() + ' ' + task.queue();
    synchronized (waiting) {
      Deque<Waiting> others = waiting.get(name);
      if (others != null) {
        others.add(own);
        call.onCancel(() -> own.gone().set(true));
        return own.answer();
      }
      waiting.put(name, new ArrayDeque<>());
    }
    send(name, List.of(own));
    return own.answer();
  }

  private static boolean isShort(RequestContext scope) {
    return scope.deadline() != null
        && scope.deadline().timeRemaining(TimeUnit.SECONDS) < SHORT_SECONDS;
  }

  private CompletionStage<EnqueueResponse> alone(RequestContext scope, EnqueueCommand task) {
    return queues.enqueue(scope, task).thenApply(added -> added.get(0));
  }

  private void send(String name, List<Waiting> step) {
    EnqueueCommand joined = EnqueueCommand.join(step.stream().map(Waiting::task).toList());
    queues
        .enqueue(step.get(0).scope(), joined)
        .whenComplete(
            (added, failure) -> {
              if (isAway(failure)) {
                failAll(name, failure);
              }
              next(name);
              if (failure == null) {
                for (int i = 0; i < step.size(); i++) {
                  step.get(i).answer().complete(added.get(i));
                }
              } else if (step.size() > 1 && isFull(failure)) {
                step.forEach(this::again);
              } else {
                step.forEach(one -> one.answer().completeExceptionally(failure));
              }
            });
  }

  /** The queue has no room for all: some may fit in. */
  private void again(Waiting one) {
    alone(one.scope(), one.task())
        .whenComplete(
            (added, failure) -> {
              if (failure == null) {
                one.answer().complete(added);
              } else {
                one.answer().completeExceptionally(failure);
              }
            });
  }

  private static boolean isFull(Throwable failure) {
    return ErrorMapper.refusal(failure) instanceof ApiException refusal
        && refusal.reason() == ErrorReason.ERROR_REASON_QUEUE_FULL;
  }

  private static boolean isAway(Throwable failure) {
    return failure != null && ErrorMapper.isStoreAway(failure);
  }

  /** Those that wait have waited long enough for Redis to come back. */
  private void failAll(String name, Throwable failure) {
    List<Waiting> all;
    synchronized (waiting) {
      all = List.copyOf(waiting.get(name));
      waiting.get(name).clear();
    }
    all.forEach(one -> one.answer().completeExceptionally(failure));
  }

  private void next(String name) {
    List<Waiting> step = new ArrayList<>();
    synchronized (waiting) {
      Deque<Waiting> others = waiting.get(name);
      int bytes = 0;
      while (!others.isEmpty()
          && step.size() < MOST_TASKS
          && (others.peek().gone().get()
              || (bytes += others.peek().task().bytes()) <= MOST_BYTES)) {
        Waiting one = others.poll();
        if (!one.gone().get()) {
          step.add(one);
        }
      }
      if (step.isEmpty()) {
        waiting.remove(name);
      }
    }
    if (!step.isEmpty()) {
      send(name, step);
    }
  }
}
