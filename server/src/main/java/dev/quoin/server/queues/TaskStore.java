// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Single tasks and lists of them. */
final class TaskStore {
  private static final LuaScript GET = LuaScript.load("queues/get");
  private static final LuaScript CANCEL = LuaScript.load("queues/cancel");
  private static final LuaScript RESCHEDULE = LuaScript.load("queues/reschedule");
  private static final LuaScript LIST = LuaScript.load("queues/list");

  private final QueueStore queues;

  TaskStore(QueueStore queues) {
    this.queues = queues;
  }

  /**
   * A task of a list.
   *
   * @param position where it stands: what a next page begins after
   * @param task empty when it has gone meanwhile
   */
  record Listed(String position, Optional<TaskStatus> task) {}

  /**
   * Some tasks of a list.
   *
   * @param more whether there may be more behind them
   */
  record Page(List<Listed> listed, boolean more) {}

  QueueStore queues() {
    return queues;
  }

  /**
   * Tells about a task.
   *
   * @param followMillis how long changes of tasks are told from now, 0 for not at all
   */
  CompletionStage<TaskStatus> get(
      RequestContext scope, String queue, String id, long followMillis, boolean payload) {
    return run(GET, scope, queue, id, followMillis, payload ? 1 : 0)
        .thenApply(
            reply -> TaskViews.next(queue, id, reply, payload).orElseThrow(TaskStore::notFound));
  }

  CompletionStage<TaskState> cancel(RequestContext scope, String queue, String id) {
    return run(CANCEL, scope, queue, id).thenApply(reply -> States.of(reply.text()));
  }

  /** Sets when a task starts; answers the time in ms. */
  CompletionStage<Long> reschedule(RequestContext scope, String queue, String id, String start) {
    return run(RESCHEDULE, scope, queue, id, start).thenApply(Reply::integer);
  }

  /** Runs a script about one task, which is its first argument. */
  private CompletionStage<Reply> run(
      LuaScript script, RequestContext scope, String queue, Object... arguments) {
    return TaskId.isId((String) arguments[0])
        ? queues.scripts().run(script, scope, queues.keys(scope, queue).all(), arguments)
        : CompletableFuture.failedFuture(notFound());
  }

  private static ApiException notFound() {
    return new ApiException(ErrorReason.ERROR_REASON_TASK_NOT_FOUND, "the queue has no such task");
  }

  /**
   * Tasks in a state, as many as fit into one answer; without long payloads.
   *
   * @param position after which to begin, empty for the beginning
   */
  CompletionStage<Page> list(
      RequestContext scope, String queue, TaskState state, String position, int most) {
    int space = position.indexOf(' ');
    return queues
        .scripts()
        .run(
            LIST,
            scope,
            queues.keys(scope, queue).all(),
            States.letter(state),
            space < 0 ? "" : position.substring(0, space),
            position.substring(space + 1),
            most)
        .thenApply(
            reply -> {
              boolean more = reply.flag();
              List<Listed> listed = new ArrayList<>();
              while (reply.hasMore()) {
                String id = reply.text();
                String place = reply.text() + ' ' + id;
                listed.add(new Listed(place, TaskViews.next(queue, id, reply, true)));
              }
              return new Page(listed, more);
            });
  }
}
