// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Does tasks in threads of its own until it is closed. It has at most twice as many tasks as it
 * does at the same time: those being done and as many ahead. A stream that breaks is opened again
 * at any server, and tasks that are being done are taken along.
 */
final class Worker<Q, R, T> {
  private static final Logger LOG = Logger.getLogger(Worker.class.getName());

  private final ClientCore core;
  private final WorkMessages<Q, R, T> messages;
  private final ExecutorService threads;
  private final WorkStream<Q, R, T> stream;
  private final Map<String, T> tasks = new HashMap<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private int running;
  private boolean closing;

  /**
   * @param concurrency how many tasks it does at the same time
   */
  Worker(ClientCore core, WorkMessages<Q, R, T> messages, int concurrency) {
    this.core = core;
    this.messages = messages;
    this.threads =
        Executors.newFixedThreadPool(
            concurrency,
            action -> {
              Thread thread = new Thread(action, "quoin-worker");
              thread.setDaemon(true);
              return thread;
            });
    this.stream = new WorkStream<>(core, this, messages, 2 * concurrency);
  }

  void begin() {
    core.opened(this, this::closeAsync);
    stream.open();
  }

  /**
   * Begins no more tasks, waits for those being done and says how they ended; then ends. Tasks that
   * take longer, and those not begun, go to other workers.
   */
  void close(Duration patience) {
    if (!Futures.settle(closeAsync(), patience)) {
      LOG.log(Level.WARNING, "tasks are still being done and go to other workers, too");
    }
    end();
  }

  /** As {@link #close}, without waiting, and with patience for all that is being done. */
  CompletableFuture<Void> closeAsync() {
    synchronized (this) {
      closing = true;
    }
    endIfIdle();
    return stopped;
  }

  private void end() {
    stream.close();
    threads.shutdownNow();
    core.closed(this);
    stopped.complete(null);
  }

  /** Ends when it is closed and all it has done is known to the server. */
  void endIfIdle() {
    boolean idle;
    synchronized (this) {
      idle = closing && running == 0;
    }
    if (idle && !stream.hasUnsettled()) {
      end();
    }
  }

  /** The tasks it has, for a new stream. */
  synchronized Collection<T> held() {
    return List.copyOf(tasks.values());
  }

  /** Says something that need not arrive. */
  void say(Q message) {
    stream.say(message);
  }

  /** Takes a task; it is begun when a thread is free. */
  void take(T task) {
    synchronized (this) {
      tasks.put(messages.id(task), task);
      if (closing) {
        return;
      }
    }
    threads.execute(() -> work(task));
  }

  /** A task is to stop; when it is lost, another worker may have it. */
  void stop(String taskId, String token, boolean lost) {
    synchronized (this) {
      T task = tasks.get(taskId);
      if (task != null && messages.token(task).equals(token)) {
        messages.stop(task);
        if (lost) {
          tasks.remove(taskId);
        }
      }
    }
  }

  /** The server knows how a task ended. */
  void settled(String taskId) {
    stream.settled(taskId);
  }

  private void work(T task) {
    String id = messages.id(task);
    boolean lost;
    synchronized (this) {
      if (closing) {
        return;
      }
      lost = tasks.get(id) != task;
      running += lost ? 0 : 1;
    }
    if (lost) {
      stream.say(messages.credit());
      return;
    }
    stream.say(messages.started(task));
    Q outcome = messages.perform(task);
    synchronized (this) {
      tasks.remove(id, task);
      running--;
    }
    stream.settle(id, outcome);
    endIfIdle();
  }
}
