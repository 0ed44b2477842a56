// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.Progress;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** What workers say about the tasks of one queue. Every list may be sent again. */
final class SettleStore {
  /**
   * How a failed task goes on: tried again, given up, or of a kind that its worker did not know.
   */
  enum Failure {
    N,
    R,
    U
  }

  private static final LuaScript ACK = LuaScript.load("queues/ack");
  private static final LuaScript NACK = LuaScript.load("queues/nack");
  private static final LuaScript EXTEND = LuaScript.load("queues/extend");

  private final QueueStore queues;

  SettleStore(QueueStore queues) {
    this.queues = queues;
  }

  CompletionStage<List<Outcome>> ack(RequestContext scope, List<Done> done) {
    Arguments arguments = new Arguments();
    for (Done task : done) {
      arguments.add(task.getTaskId(), task.getToken(), TaskResult.written(task));
    }
    return run(ACK, scope, done.get(0).getQueue(), arguments)
        .thenApply(reply -> outcomes(reply, done, Done::getTaskId));
  }

  CompletionStage<List<Outcome>> nack(RequestContext scope, List<Failed> failed) {
    Arguments arguments = new Arguments();
    for (Failed task : failed) {
      arguments.add(
          task.getTaskId(),
          task.getToken(),
          task.hasRetryAfter() ? Durations.toMillis(task.getRetryAfter()) : "",
          (task.getDead() ? Failure.R : Failure.N).name(),
          task.getError());
    }
    return run(NACK, scope, failed.get(0).getQueue(), arguments)
        .thenApply(reply -> outcomes(reply, failed, Failed::getTaskId));
  }

  /** Notes that a worker does not know the kind of these tasks, which are of one queue. */
  CompletionStage<Reply> refuse(RequestContext scope, List<Lease> leases) {
    Arguments arguments = new Arguments();
    for (Lease lease : leases) {
      arguments.add(
          lease.task().getTaskId(),
          lease.task().getToken(),
          "",
          Failure.U.name(),
          "the worker does not know the kind " + lease.kind());
    }
    return run(NACK, scope, leases.get(0).task().getQueue(), arguments);
  }

  /**
   * Sets how long leases still run.
   *
   * @param holder who has the tasks from now on: a server, or server, '/' and a call of it; empty
   *     to leave that as it is
   */
  CompletionStage<List<Outcome>> extend(
      RequestContext scope, List<Progress> tasks, long leaseMillis, String holder) {
    Arguments arguments = Arguments.of(leaseMillis, holder);
    for (Progress task : tasks) {
      arguments.add(task.getTaskId(), task.getToken(), task.getProgressText());
    }
    return run(EXTEND, scope, tasks.get(0).getQueue(), arguments)
        .thenApply(reply -> extended(reply, tasks));
  }

  private CompletionStage<Reply> run(
      LuaScript script, RequestContext scope, String queue, Arguments arguments) {
    return queues
        .scripts()
        .run(script, scope, queues.keys(scope, queue).all(), arguments.toArray());
  }

  private static <T> List<Outcome> outcomes(Reply reply, List<T> tasks, Function<T, String> id) {
    List<Outcome> outcomes = new ArrayList<>(tasks.size());
    for (T task : tasks) {
      outcomes.add(outcome(id.apply(task), States.of(reply.text())).build());
    }
    return outcomes;
  }

  private static List<Outcome> extended(Reply reply, List<Progress> tasks) {
    List<Outcome> outcomes = new ArrayList<>(tasks.size());
    for (Progress task : tasks) {
      long expire = reply.integer();
      boolean cancelRequested = reply.flag();
      Outcome.Builder outcome =
          outcome(
              task.getTaskId(),
              expire > 0 ? TaskState.TASK_STATE_LEASED : TaskState.TASK_STATE_UNSPECIFIED);
      if (expire > 0) {
        outcome.setExpireTime(Timestamps.fromMillis(expire)).setCancelRequested(cancelRequested);
      }
      outcomes.add(outcome.build());
    }
    return outcomes;
  }

  private static Outcome.Builder outcome(String id, TaskState state) {
    Outcome.Builder outcome = Outcome.newBuilder().setTaskId(id).setState(state);
    return state == TaskState.TASK_STATE_UNSPECIFIED
        ? outcome.setOk(false).setReason(ErrorReason.ERROR_REASON_TASK_NOT_LEASED)
        : outcome.setOk(true);
  }
}
