// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Progress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The tasks one worker has. */
final class Held {
  private final Map<String, Task> tasks = new LinkedHashMap<>();

  private static final class Task {
    final LeaseRef ref;
    boolean begun;
    boolean cancelled;

    Task(LeaseRef ref, boolean begun) {
      this.ref = ref;
      this.begun = begun;
    }
  }

  synchronized void add(LeaseRef ref, boolean begun) {
    tasks.put(ref.taskId(), new Task(ref, begun));
  }

  synchronized void begun(String taskId) {
    Task task = tasks.get(taskId);
    if (task != null) {
      task.begun = true;
    }
  }

  synchronized void remove(String taskId) {
    tasks.remove(taskId);
  }

  /** Removes a task if it is still held by this token. */
  synchronized boolean removeIf(Progress lease) {
    Task task = tasks.get(lease.getTaskId());
    return task != null
        && task.ref.token().equals(lease.getToken())
        && tasks.remove(lease.getTaskId(), task);
  }

  /** Notes that a task is to stop; null when the worker has been told, or does not have it. */
  synchronized LeaseRef cancelled(String taskId) {
    Task task = tasks.get(taskId);
    if (task == null || task.cancelled) {
      return null;
    }
    task.cancelled = true;
    return task.ref;
  }

  synchronized List<Progress> all() {
    return tasks.values().stream()
        .map(
            task ->
                Progress.newBuilder()
                    .setQueue(task.ref.queue())
                    .setTaskId(task.ref.taskId())
                    .setToken(task.ref.token())
                    .build())
        .toList();
  }

  synchronized Map<String, List<QueueStore.Held>> perQueue() {
    Map<String, List<QueueStore.Held>> all = new HashMap<>();
    for (Task task : tasks.values()) {
      all.computeIfAbsent(task.ref.queue(), queue -> new ArrayList<>())
          .add(new QueueStore.Held(task.ref, task.begun));
    }
    return all;
  }
}
