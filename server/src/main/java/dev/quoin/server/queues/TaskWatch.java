// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.Scope;
import io.netty.util.Timer;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Tasks of one queue that calls of this server follow. Scripts tell of changes as long as somebody
 * follows; because that can get lost, every task is looked at now and then.
 */
final class TaskWatch implements Channels.Listener {
  private static final long LOOK_MILLIS = 5_000;

  /** How long scripts tell of changes after a look. */
  private static final long FOLLOW_MILLIS = 3 * LOOK_MILLIS;

  /** Who follows a task. */
  interface Follower {
    void task(TaskStatus task);

    void failed(Throwable failure);
  }

  private final TaskStore tasks;
  private final Scope scope;
  private final String queue;
  private final Timer timer;
  private final Map<String, Set<Follower>> followers = new HashMap<>();
  private final Set<String> looking = new HashSet<>();
  private final Set<String> changed = new HashSet<>();
  private CompletionStage<Void> listening;
  private boolean looksLater;

  TaskWatch(TaskStore tasks, Scope scope, String queue) {
    this.tasks = tasks;
    this.scope = scope;
    this.queue = queue;
    this.timer = tasks.queues().scripts().redis().timer();
  }

  private String channel() {
    return tasks.queues().keys(scope, queue).changes();
  }

  synchronized boolean isEmpty() {
    return followers.isEmpty();
  }

  void close() {
    tasks.queues().scripts().redis().channels().unsubscribe(channel());
  }

  synchronized void add(String id, Follower follower) {
    followers.computeIfAbsent(id, same -> new LinkedHashSet<>()).add(follower);
  }

  void remove(String id, Follower follower) {
    synchronized (this) {
      Set<Follower> all = followers.get(id);
      if (all != null && all.remove(follower) && all.isEmpty()) {
        followers.remove(id);
      }
    }
  }

  /** Tells the follower how the task is, now and when it changes. */
  void follow(String id, Follower follower) {
    listen()
        .whenComplete(
            (heard, failure) -> {
              if (failure != null) {
                follower.failed(failure);
              } else {
                look(id);
                lookLater();
              }
            });
  }

  private CompletionStage<Void> listen() {
    CompletionStage<Void> subscribed;
    synchronized (this) {
      if (listening != null) {
        return listening;
      }
      subscribed = tasks.queues().scripts().redis().channels().subscribe(channel(), this);
      listening = subscribed;
    }
    subscribed.whenComplete((heard, failure) -> listened(failure));
    return subscribed;
  }

  private synchronized void listened(Throwable failure) {
    if (failure != null) {
      listening = null;
    }
  }

  private void lookLater() {
    synchronized (this) {
      if (looksLater) {
        return;
      }
      looksLater = true;
    }
    timer.newTimeout(t -> lookAtAll(), LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void lookAtAll() {
    List<String> all;
    synchronized (this) {
      looksLater = false;
      all = List.copyOf(followers.keySet());
    }
    if (!all.isEmpty()) {
      all.forEach(this::look);
      lookLater();
    }
  }

  /** Looks at a task, and once more if it changes meanwhile. */
  private void look(String id) {
    synchronized (this) {
      if (!followers.containsKey(id)) {
        return;
      }
      if (!looking.add(id)) {
        changed.add(id);
        return;
      }
    }
    tasks
        .get(scope, queue, id, FOLLOW_MILLIS, false)
        .whenComplete((task, failure) -> looked(id, task, failure));
  }

  private void looked(String id, TaskStatus task, Throwable failure) {
    List<Follower> told;
    boolean again;
    synchronized (this) {
      looking.remove(id);
      again = changed.remove(id);
      told = List.copyOf(followers.getOrDefault(id, Set.of()));
    }
    for (Follower follower : told) {
      if (failure == null) {
        follower.task(task);
      } else {
        follower.failed(failure);
      }
    }
    if (again) {
      look(id);
    }
  }

  @Override
  public void hint(String taskId) {
    look(taskId);
  }

  @Override
  public void resubscribed() {
    lookAtAll();
  }
}
