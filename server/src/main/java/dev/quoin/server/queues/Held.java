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
    final String holder;
    boolean begun;
    boolean cancelled;

    Task(LeaseRef ref, boolean begun, String holder) {
      this.ref = ref;
      this.begun = begun;
      this.holder = holder;
    }
  }

  /**
   * Adds a task.
   *
   * @param holder who has the lease as Redis knows it
   * @return the older lease it had of the same task, or null
   */
  synchronized LeaseRef add(LeaseRef ref, boolean begun, String holder) {
    Task before = tasks.put(ref.taskId(), new Task(ref, begun, holder));
    return before == null || before.ref.equals(ref) ? null : before.ref;
  }

  synchronized void begun(String taskId) {
    Task task = tasks.get(taskId);
    if (task != null) {
      task.begun = true;
    }
  }

  /** Removes a task if it is still held by this lease. */
  synchronized boolean remove(LeaseRef ref) {
    Task task = tasks.get(ref.taskId());
    return task != null && task.ref.equals(ref) && tasks.remove(ref.taskId(), task);
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

  synchronized int size() {
    return tasks.size();
  }

  synchronized List<Progress> all() {
    return tasks.values().stream().map(task -> task.ref.progress()).toList();
  }

  synchronized Map<String, List<QueueStore.Held>> perQueue() {
    Map<String, List<QueueStore.Held>> all = new HashMap<>();
    for (Task task : tasks.values()) {
      all.computeIfAbsent(task.ref.queue(), queue -> new ArrayList<>())
          .add(new QueueStore.Held(task.ref, task.begun, task.holder));
    }
    return all;
  }
}
