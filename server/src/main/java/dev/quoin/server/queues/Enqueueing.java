// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.rpc.Once;
import java.util.List;

/**
 * Tasks to be added to one queue.
 *
 * @param requestId id of the request, may be empty
 * @param arguments what the script takes
 */
record Enqueueing(String queue, String requestId, Object[] arguments) {
  private static final int FIELDS = 5;
  private static final long DEFAULT_WINDOW_MILLIS = 3_600_000;

  static Enqueueing of(EnqueueRequest request) {
    return of(
        request.getQueue(),
        request.getRequestId(),
        request,
        List.of(request.getTask()),
        index -> "task.");
  }

  static Enqueueing of(EnqueueBatchRequest request) {
    return of(
        request.getQueue(),
        request.getRequestId(),
        request,
        request.getNewTasksList(),
        index -> "new_tasks[" + index + "].");
  }

  /** Tasks of several calls for the same queue, none of which has a request id. */
  static Enqueueing join(List<Enqueueing> some) {
    if (some.size() == 1) {
      return some.get(0);
    }
    Object[] arguments = new Object[2 + FIELDS * some.size()];
    arguments[0] = "";
    arguments[1] = TaskId.ending();
    for (int i = 0; i < some.size(); i++) {
      System.arraycopy(some.get(i).arguments(), 2, arguments, 2 + FIELDS * i, FIELDS);
    }
    return new Enqueueing(some.get(0).queue(), "", arguments);
  }

  /** How long the first task is when it is written. */
  int bytes() {
    return ((byte[]) arguments[2]).length
        + (arguments[3] instanceof byte[] payload ? payload.length : 0);
  }

  private static Enqueueing of(
      String queue,
      String requestId,
      Message request,
      List<NewTask> tasks,
      java.util.function.IntFunction<String> path) {
    Object[] arguments = new Object[2 + FIELDS * tasks.size()];
    arguments[0] = Once.of(requestId, request).digest();
    arguments[1] = TaskId.ending();
    for (int i = 0; i < tasks.size(); i++) {
      add(arguments, 2 + FIELDS * i, tasks.get(i), path.apply(i));
    }
    return new Enqueueing(queue, requestId, arguments);
  }

  private static void add(Object[] arguments, int at, NewTask task, String path) {
    if (task.hasDedupWindow() && task.getDedupKey().isEmpty()) {
      throw InvalidRequest.of(path + "dedup_window", "must not be set without dedup_key");
    }
    arguments[at] = TaskRecord.of(task).bytes();
    arguments[at + 1] =
        TaskRecord.hasLongPayload(task) ? TaskRecord.content(task).toByteArray() : "";
    arguments[at + 2] =
        Start.of(path, task.hasDelay(), task.getDelay(), task.hasRunTime(), task.getRunTime());
    arguments[at + 3] = task.getDedupKey();
    arguments[at + 4] =
        task.hasDedupWindow() ? Durations.toMillis(task.getDedupWindow()) : DEFAULT_WINDOW_MILLIS;
  }
}
