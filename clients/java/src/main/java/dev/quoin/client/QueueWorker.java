// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.ByteString;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.WorkRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Does tasks with the handlers it was given, until it is closed. A call that breaks is opened again
 * at whatever server; tasks that are being done are taken along. Never closed, it ends with its
 * {@link Quoin}.
 */
public final class QueueWorker implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(QueueWorker.class.getName());
  private static final int LONGEST_ERROR = 2_048;
  private static final int LONGEST_RESULT = 65_536;

  private final ClientCore core;
  private final WorkerOptions options;
  private final ExecutorService threads;
  private final WorkStream stream;
  private final Map<String, WorkTask> tasks = new HashMap<>();
  private final CompletableFuture<Void> stopped = new CompletableFuture<>();
  private int running;
  private boolean closing;

  QueueWorker(ClientCore core, WorkerOptions options) {
    this.core = core;
    this.options = options;
    this.threads =
        Executors.newFixedThreadPool(
            options.concurrency(),
            action -> {
              Thread thread = new Thread(action, "quoin-worker");
              thread.setDaemon(true);
              return thread;
            });
    this.stream = new WorkStream(core, this, options);
  }

  void begin() {
    core.opened(this, this::closeAsync);
    stream.open();
  }

  /**
   * Begins no more tasks, waits for those being done and says how they ended; then ends. Tasks that
   * take longer than the options have patience for, and those not begun, go to other workers.
   */
  @Override
  public void close() {
    if (!Futures.settle(closeAsync(), options.patience())) {
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

  private void endIfIdle() {
    boolean idle;
    synchronized (this) {
      idle = closing && running == 0;
    }
    if (idle && !stream.hasUnsettled()) {
      end();
    }
  }

  /** The tasks it has, for a new call. */
  synchronized Map<String, WorkTask> held() {
    return Map.copyOf(tasks);
  }

  /** Takes a task; it is begun when a thread is free. */
  void take(LeasedTask leased) {
    WorkTask task =
        new WorkTask(
            leased, progress -> stream.say(WorkRequest.newBuilder().setProgress(progress).build()));
    synchronized (this) {
      tasks.put(task.id(), task);
      if (closing) {
        return;
      }
    }
    threads.execute(() -> work(task));
  }

  /** A task is to stop. */
  void stop(String taskId, String token, boolean lost) {
    synchronized (this) {
      WorkTask task = tasks.get(taskId);
      if (task != null && task.lease().getToken().equals(token)) {
        task.stop();
        if (lost) {
          tasks.remove(taskId);
        }
      }
    }
  }

  /** What was said of a task is known to the server. */
  void settled() {
    endIfIdle();
  }

  private void work(WorkTask task) {
    boolean lost;
    synchronized (this) {
      if (closing) {
        return;
      }
      lost = tasks.get(task.id()) != task;
      running += lost ? 0 : 1;
    }
    if (lost) {
      stream.say(WorkRequest.newBuilder().setCredits(1).build());
      return;
    }
    stream.say(
        WorkRequest.newBuilder()
            .setStarted(WorkRequest.Started.newBuilder().addTaskIds(task.id()))
            .build());
    WorkRequest outcome = outcome(task);
    synchronized (this) {
      tasks.remove(task.id(), task);
      running--;
    }
    stream.settle(task.id(), outcome);
    endIfIdle();
  }

  private WorkRequest outcome(WorkTask task) {
    try {
      byte[] result = options.handlers().get(task.kind()).handle(task);
      if (result != null && result.length > LONGEST_RESULT) {
        throw TaskFailure.dead(
            "the result has " + result.length + " bytes, at most 65,536 are allowed");
      }
      Done.Builder done =
          Done.newBuilder()
              .setQueue(task.queue())
              .setTaskId(task.id())
              .setToken(task.lease().getToken());
      if (result != null) {
        done.setResult(ByteString.copyFrom(result));
      }
      return WorkRequest.newBuilder().setAck(done).build();
    } catch (TaskFailure failure) {
      Failed.Builder failed = failed(task, failure.getMessage()).setDead(failure.isDead());
      failure.retryAfter().map(Times::duration).ifPresent(failed::setRetryAfter);
      return WorkRequest.newBuilder().setNack(failed).build();
    } catch (Throwable thrown) {
      Callbacks.log(Level.FINE, "a task failed", thrown);
      return WorkRequest.newBuilder().setNack(failed(task, Callbacks.text(thrown))).build();
    }
  }

  private static Failed.Builder failed(WorkTask task, String error) {
    return Failed.newBuilder()
        .setQueue(task.queue())
        .setTaskId(task.id())
        .setToken(task.lease().getToken())
        .setError(shortened(error == null ? "" : error, LONGEST_ERROR));
  }

  /** The text, or the beginning of one that is longer than so many bytes. */
  static String shortened(String text, int bytes) {
    return text.getBytes(StandardCharsets.UTF_8).length <= bytes
        ? text
        : text.substring(0, Math.min(text.length(), bytes / 3));
  }

  /** How many tasks it may have: those being done and as many ahead. */
  static int credits(WorkerOptions options) {
    return 2 * options.concurrency();
  }

  /** A short pause before a call is opened again. */
  static Duration pause() {
    return Retries.pause(Duration.ofSeconds(5));
  }
}
