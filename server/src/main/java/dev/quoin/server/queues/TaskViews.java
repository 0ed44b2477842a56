// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.ByteString;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.AttemptError;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.server.redis.Reply;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Tasks as {@code lua/queues/_view.lua} tells about them. */
final class TaskViews {
  private TaskViews() {}

  /** The next task of a reply; empty when there is none. */
  static Optional<TaskStatus> next(String queue, String id, Reply reply, boolean withPayload) {
    TaskState state = States.of(reply.text());
    byte[] written = reply.bytes();
    byte[] payload = reply.bytes();
    String history = reply.text();
    byte[] errors = reply.bytes();
    String progress = reply.text();
    long time = (long) reply.real();
    TaskStatus.Builder task =
        TaskStatus.newBuilder()
            .setQueue(queue)
            .setTaskId(id)
            .setState(state)
            .setEnqueueTime(TaskId.time(id));
    if (state == TaskState.TASK_STATE_UNSPECIFIED) {
      return Optional.empty();
    }
    if (state == TaskState.TASK_STATE_DONE || state == TaskState.TASK_STATE_CANCELLED) {
      return Optional.of(ended(task, written).build());
    }
    TaskRecord record = new TaskRecord(written);
    task.setKind(record.kind())
        .setFairnessKey(record.fairnessKey())
        .setPriority(record.priority())
        .setAttempts(0)
        .setMaxAttempts(record.maxAttempts())
        .setCancelRequested(false)
        .addAllErrors(errors(errors))
        .setProgressText(progress);
    if (withPayload) {
      addContent(task, record, record.payload(payload));
    }
    addHistory(task, history);
    addTime(task, time);
    return Optional.of(task.build());
  }

  private static void addContent(TaskStatus.Builder task, TaskRecord record, ByteString content) {
    if (record.isText()) {
      // A long one stands apart, and lists are read without it.
      task.setPayloadTextBytes(content);
    } else if (!content.isEmpty()) {
      task.setPayload(content);
    }
  }

  private static void addHistory(TaskStatus.Builder task, String history) {
    if (history.isEmpty()) {
      return;
    }
    String[] parts = history.split(" ", 6);
    task.setAttempts(Integer.parseInt(parts[0]))
        .setMaxAttempts(Integer.parseInt(parts[1]))
        .setCancelRequested(parts[4].equals("C"));
    if (task.getState() == TaskState.TASK_STATE_DEAD) {
      task.setDeadReason(States.deadReason(parts[4]));
    }
  }

  private static void addTime(TaskStatus.Builder task, long millis) {
    switch (task.getState()) {
      case TASK_STATE_DELAYED -> task.setRunTime(Timestamps.fromMillis(millis));
      case TASK_STATE_LEASED -> task.setExpireTime(Timestamps.fromMillis(millis));
      case TASK_STATE_DEAD -> task.setFinishTime(Timestamps.fromMillis(millis));
      default -> {}
    }
  }

  /** State, attempts, fence, time; key; kind; bytes of the errors; errors and result. */
  private static TaskStatus.Builder ended(TaskStatus.Builder task, byte[] memory) {
    int[] feeds = new int[4];
    int from = 0;
    for (int i = 0; i < feeds.length; i++) {
      while (memory[from] != '\n') {
        from++;
      }
      feeds[i] = from++;
    }
    String[] head = text(memory, 0, feeds[0]).split(" ");
    int errors = Integer.parseInt(text(memory, feeds[2] + 1, feeds[3]));
    TaskResult.read(memory, from + errors, task);
    return task.setAttempts(Integer.parseInt(head[1]))
        .setFinishTime(Timestamps.fromMillis(Long.parseLong(head[3])))
        .setFairnessKey(text(memory, feeds[0] + 1, feeds[1]))
        .setKind(text(memory, feeds[1] + 1, feeds[2]))
        .addAllErrors(errors(Arrays.copyOfRange(memory, from, from + errors)));
  }

  private static List<AttemptError> errors(byte[] bytes) {
    List<AttemptError> errors = new ArrayList<>();
    int at = 0;
    while (at < bytes.length) {
      int feed = at;
      while (bytes[feed] != '\n') {
        feed++;
      }
      String[] head = text(bytes, at, feed).split(" ");
      at = feed + 1 + Integer.parseInt(head[2]);
      errors.add(
          AttemptError.newBuilder()
              .setAttempt(Integer.parseInt(head[0]))
              .setTime(Timestamps.fromMillis(Long.parseLong(head[1])))
              .setError(text(bytes, feed + 1, at))
              .build());
    }
    return errors;
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }
}
