// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import java.util.ArrayList;
import java.util.List;

/**
 * Tasks to be added to one queue.
 *
 * @param once the identity of the request
 * @param tasks the arguments that the script takes for each task, one task after the other
 */
record EnqueueCommand(String queue, Once once, List<Object> tasks) {
  private static final long DEFAULT_WINDOW_MILLIS = 3_600_000;

  static EnqueueCommand of(EnqueueRequest request) {
    return new EnqueueCommand(
        request.getQueue(),
        Once.of(request.getRequestId(), request),
        arguments(request.getTask(), "task."));
  }

  static EnqueueCommand of(EnqueueBatchRequest request) {
    List<Object> tasks = new ArrayList<>();
    for (int i = 0; i < request.getNewTasksCount(); i++) {
      tasks.addAll(arguments(request.getNewTasks(i), "new_tasks[" + i + "]."));
    }
    return new EnqueueCommand(request.getQueue(), Once.of(request.getRequestId(), request), tasks);
  }

  /** Tasks of several calls for the same queue, none of which has a request id. */
  static EnqueueCommand join(List<EnqueueCommand> some) {
    if (some.size() == 1) {
      return some.get(0);
    }
    List<Object> tasks = some.stream().flatMap(one -> one.tasks().stream()).toList();
    return new EnqueueCommand(some.get(0).queue(), Once.NONE, tasks);
  }

  /** The arguments of the script. */
  Object[] arguments() {
    return Arguments.of(once.digest(), TaskId.ending()).addAll(tasks).toArray();
  }

  /** About how long the tasks are when they are written. */
  int bytes() {
    int bytes = 0;
    for (Object argument : tasks) {
      bytes += argument instanceof byte[] written ? written.length : 0;
    }
    return bytes;
  }

  private static List<Object> arguments(NewTask task, String path) {
    if (task.hasDedupWindow() && task.getDedupKey().isEmpty()) {
      throw InvalidRequest.of(path + "dedup_window", "must not be set without dedup_key");
    }
    return List.of(
        TaskRecord.of(task).bytes(),
        TaskRecord.hasLongPayload(task) ? TaskRecord.content(task).toByteArray() : "",
        Start.of(path, task.hasDelay(), task.getDelay(), task.hasRunTime(), task.getRunTime()),
        task.getDedupKey(),
        Defaults.millis(task.hasDedupWindow(), task.getDedupWindow(), DEFAULT_WINDOW_MILLIS));
  }
}
