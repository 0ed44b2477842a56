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
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

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

  CompletionStage<List<Outcome>> ack(Scope scope, List<Done> done) {
    Object[] arguments = new Object[3 * done.size()];
    for (int i = 0; i < done.size(); i++) {
      arguments[3 * i] = done.get(i).getTaskId();
      arguments[3 * i + 1] = done.get(i).getToken();
      arguments[3 * i + 2] = TaskResult.written(done.get(i));
    }
    return run(ACK, scope, done.get(0).getQueue(), arguments)
        .thenApply(reply -> outcomes(reply, i -> done.get(i).getTaskId()));
  }

  CompletionStage<List<Outcome>> nack(Scope scope, List<Failed> failed) {
    Object[] arguments = new Object[5 * failed.size()];
    for (int i = 0; i < failed.size(); i++) {
      Failed task = failed.get(i);
      arguments[5 * i] = task.getTaskId();
      arguments[5 * i + 1] = task.getToken();
      arguments[5 * i + 2] = task.hasRetryAfter() ? Durations.toMillis(task.getRetryAfter()) : "";
      arguments[5 * i + 3] = (task.getDead() ? Failure.R : Failure.N).name();
      arguments[5 * i + 4] = task.getError();
    }
    return run(NACK, scope, failed.get(0).getQueue(), arguments)
        .thenApply(reply -> outcomes(reply, i -> failed.get(i).getTaskId()));
  }

  /** Notes that a worker does not know the kind of these tasks, which are of one queue. */
  CompletionStage<Reply> refuse(Scope scope, List<Lease> leases) {
    List<Object> arguments = new ArrayList<>(5 * leases.size());
    for (Lease lease : leases) {
      arguments.add(lease.task().getTaskId());
      arguments.add(lease.task().getToken());
      arguments.add("");
      arguments.add(Failure.U.name());
      arguments.add("the worker does not know the kind " + lease.kind());
    }
    return run(NACK, scope, leases.get(0).task().getQueue(), arguments.toArray());
  }

  /**
   * Sets how long leases still run.
   *
   * @param holder who has the tasks from now on: a server, or server, '/' and a call of it; empty
   *     to leave that as it is
   */
  CompletionStage<List<Outcome>> extend(
      Scope scope, List<Progress> tasks, long leaseMillis, String holder) {
    Object[] arguments = new Object[2 + 3 * tasks.size()];
    arguments[0] = leaseMillis;
    arguments[1] = holder;
    for (int i = 0; i < tasks.size(); i++) {
      arguments[2 + 3 * i] = tasks.get(i).getTaskId();
      arguments[3 + 3 * i] = tasks.get(i).getToken();
      arguments[4 + 3 * i] = tasks.get(i).getText();
    }
    return run(EXTEND, scope, tasks.get(0).getQueue(), arguments)
        .thenApply(reply -> extended(reply, tasks));
  }

  private CompletionStage<Reply> run(
      LuaScript script, Scope scope, String queue, Object[] arguments) {
    return queues.scripts().run(script, scope, queues.keys(scope, queue).all(), arguments);
  }

  private static List<Outcome> outcomes(Reply reply, java.util.function.IntFunction<String> ids) {
    List<Outcome> outcomes = new ArrayList<>(reply.size());
    for (int i = 0; i < reply.size(); i++) {
      outcomes.add(outcome(ids.apply(i), States.of(reply.text(i))).build());
    }
    return outcomes;
  }

  private static List<Outcome> extended(Reply reply, List<Progress> tasks) {
    List<Outcome> outcomes = new ArrayList<>(tasks.size());
    for (int i = 0; i < tasks.size(); i++) {
      long expire = reply.integer(2 * i);
      Outcome.Builder outcome =
          outcome(
              tasks.get(i).getTaskId(),
              expire > 0 ? TaskState.TASK_STATE_LEASED : TaskState.TASK_STATE_UNSPECIFIED);
      if (expire > 0) {
        outcome
            .setExpireTime(Timestamps.fromMillis(expire))
            .setCancelRequested(reply.flag(2 * i + 1));
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
