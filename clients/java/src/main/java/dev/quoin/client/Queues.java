// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.queues.v1.CancelRequest;
import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.EnqueueBatchResponse;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.queues.v1.GetRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.StatsRequest;
import dev.quoin.queues.v1.StatsResponse;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitRequest;
import dev.quoin.queues.v1.WaitResponse;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Queues: work for later, done by workers in any language.
 *
 * <p>{@link #enqueue} returns when the task is kept: from then on it is delivered until it is done,
 * cancelled, or has failed as often as it may. It may be delivered more than once.
 *
 * <p>The methods that wait for the answer throw what the futures of the others fail with, always a
 * {@link QuoinException}. What has no method here is on {@code QueuesGrpc} with {@link
 * Quoin#channel}.
 */
public final class Queues {
  private final Link link;

  Queues(Link link) {
    this.link = link;
  }

  /** A task of a kind with a text as payload; {@code toBuilder()} sets the rest. */
  public static NewTask task(String kind, String text) {
    return NewTask.newBuilder().setKind(kind).setText(text).build();
  }

  /**
   * Adds a task, once.
   *
   * @return its id; that of the task that is there when its dedup key is known
   * @throws InvalidRequestException when the queue's name or the task is not allowed
   * @throws UnavailableException when no server, or no Redis, could be reached
   * @throws QuoinException with QUEUE_FULL when the queue holds as many tasks as it may
   */
  public String enqueue(String queue, NewTask task) {
    return Futures.await(enqueueAsync(queue, task));
  }

  /** Like {@link #enqueue}, without waiting for the answer. */
  public CompletableFuture<String> enqueueAsync(String queue, NewTask task) {
    EnqueueRequest request = EnqueueRequest.newBuilder().setQueue(queue).setTask(task).build();
    CompletableFuture<EnqueueResponse> answer = link.call(QueuesGrpc.getEnqueueMethod(), request);
    return Futures.handOver(answer.thenApply(EnqueueResponse::getTaskId), answer, id -> {});
  }

  /** Adds tasks to one queue, all of them or none; at most 1,000, in their order. */
  public List<String> enqueueAll(String queue, List<NewTask> tasks) {
    EnqueueBatchRequest request =
        EnqueueBatchRequest.newBuilder().setQueue(queue).addAllNewTasks(tasks).build();
    EnqueueBatchResponse response =
        Futures.await(link.call(QueuesGrpc.getEnqueueBatchMethod(), request));
    return response.getResultsList().stream().map(EnqueueResponse::getTaskId).toList();
  }

  /** Does tasks with handlers, in threads of its own, until it is closed. */
  public QueueWorker work(WorkerOptions options) {
    if (options.handlers().isEmpty()) {
      throw new IllegalArgumentException("a worker needs a handler");
    }
    QueueWorker worker = new QueueWorker(link, options);
    worker.begin();
    return worker;
  }

  /**
   * Tells about a task.
   *
   * @throws QuoinException with TASK_NOT_FOUND when it is not, or no longer, known
   */
  public TaskStatus get(String queue, String taskId) {
    GetRequest request = GetRequest.newBuilder().setQueue(queue).setTaskId(taskId).build();
    return Futures.await(link.call(QueuesGrpc.getGetMethod(), request)).getStatus();
  }

  /**
   * How a task ended: done, dead or cancelled. The future waits for that, whatever becomes of
   * servers; ending it ends the wait. Fails with TASK_NOT_FOUND when the task is not known.
   */
  public CompletableFuture<TaskStatus> ended(String queue, String taskId) {
    CompletableFuture<TaskStatus> ended = new CompletableFuture<>();
    OpenStream<WaitRequest, WaitResponse> stream =
        new OpenStream<>(
            link,
            QueuesGrpc.getWaitMethod(),
            () -> WaitRequest.newBuilder().setQueue(queue).setTaskId(taskId).build(),
            response -> {
              if (isEnd(response.getStatus().getState())) {
                ended.complete(response.getStatus());
              }
            },
            failure -> {
              if (!(failure instanceof UnavailableException)) {
                ended.completeExceptionally(failure);
              }
            });
    ended.whenComplete((status, failure) -> stream.close());
    stream.open();
    return ended;
  }

  private static boolean isEnd(TaskState state) {
    return state == TaskState.TASK_STATE_DONE
        || state == TaskState.TASK_STATE_DEAD
        || state == TaskState.TASK_STATE_CANCELLED;
  }

  /**
   * Cancels a task that waits, or asks its worker to stop.
   *
   * @return its state now: cancelled, leased while its worker has it, or how it had ended
   */
  public TaskState cancel(String queue, String taskId) {
    CancelRequest request = CancelRequest.newBuilder().setQueue(queue).setTaskId(taskId).build();
    return Futures.await(link.call(QueuesGrpc.getCancelMethod(), request)).getState();
  }

  /** Tells how a queue is. */
  public StatsResponse stats(String queue) {
    StatsRequest request = StatsRequest.newBuilder().setQueue(queue).build();
    return Futures.await(link.call(QueuesGrpc.getStatsMethod(), request));
  }
}
