// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitResponse;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/** The queues of which this server follows tasks. */
final class TaskWatches {
  private static final long LINGER_MILLIS = 10_000;

  private final TaskStore tasks;
  private final Map<String, TaskWatch> watches = new ConcurrentHashMap<>();

  TaskWatches(TaskStore tasks) {
    this.tasks = tasks;
  }

  /** Sends how a task is until it ends. */
  void follow(String queue, String id, Call call, Sink<WaitResponse> sink) {
    Scope scope = call.scope().detached();
    String name = scope.namespace() + ' ' + queue;
    Waiting waiting = new Waiting(sink);
    TaskWatch watch =
        watches.compute(
            name,
            (same, open) -> {
              TaskWatch joined = open != null ? open : new TaskWatch(tasks, scope, queue);
              joined.add(id, waiting);
              return joined;
            });
    waiting.whenEnded = () -> leave(name, watch, id, waiting);
    call.onCancel(waiting::end);
    call.onDrain(waiting::reconnect);
    watch.follow(id, waiting);
  }

  private void leave(String name, TaskWatch watch, String id, Waiting waiting) {
    watch.remove(id, waiting);
    tasks
        .queues()
        .scripts()
        .redis()
        .timer()
        .newTimeout(t -> close(name, watch), LINGER_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void close(String name, TaskWatch watch) {
    watches.computeIfPresent(
        name,
        (same, open) -> {
          if (open != watch || !watch.isEmpty()) {
            return open;
          }
          watch.close();
          return null;
        });
  }

  /** One Wait. */
  private static final class Waiting implements TaskWatch.Follower {
    private final Sink<WaitResponse> sink;
    private final AtomicBoolean ended = new AtomicBoolean();
    private volatile TaskStatus last = TaskStatus.getDefaultInstance();
    private volatile Runnable whenEnded;

    Waiting(Sink<WaitResponse> sink) {
      this.sink = sink;
    }

    @Override
    public void task(TaskStatus task) {
      last = task;
      WaitResponse response = WaitResponse.newBuilder().setStatus(task).setReconnect(false).build();
      if (!States.isEnd(task.getState())) {
        sink.conflate(response);
      } else if (end()) {
        sink.send(response);
        sink.complete();
      }
    }

    @Override
    public void failed(Throwable failure) {
      if (end()) {
        sink.fail(failure);
      }
    }

    void reconnect() {
      if (end()) {
        sink.send(WaitResponse.newBuilder().setStatus(last).setReconnect(true).build());
        sink.complete();
      }
    }

    /** False when it has ended before. */
    boolean end() {
      if (!ended.compareAndSet(false, true)) {
        return false;
      }
      whenEnded.run();
      return true;
    }
  }
}
