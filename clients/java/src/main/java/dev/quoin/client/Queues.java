// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitRequest;
import dev.quoin.queues.v1.WaitResponse;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The RPCs of Queues, workers, and waiting for results that survives broken streams. */
public final class Queues extends QueuesClient {
  private static final Set<TaskState> ENDS =
      Set.of(TaskState.TASK_STATE_DONE, TaskState.TASK_STATE_DEAD, TaskState.TASK_STATE_CANCELLED);

  Queues(ClientCore core) {
    super(core, core.deadline());
  }

  /** A task of a kind with a text as payload; {@code toBuilder()} sets the rest. */
  public static NewTask task(String kind, String text) {
    return NewTask.newBuilder().setKind(kind).setPayloadText(text).build();
  }

  /** Does tasks with handlers, in threads of its own, until it is closed. */
  public QueueWorker work(WorkerOptions options) {
    if (options.handlers().isEmpty()) {
      throw new IllegalArgumentException("a worker needs a handler");
    }
    QueueWorker worker = new QueueWorker(core, options);
    worker.begin();
    return worker;
  }

  /**
   * How a task ended: done, dead or cancelled. The future waits for that, also while servers
   * restart; ending it ends the wait. Fails with TASK_NOT_FOUND when the task is not known.
   */
  public CompletableFuture<TaskStatus> ended(String queue, String taskId) {
    CompletableFuture<TaskStatus> outcome = new CompletableFuture<>();
    WaitRequest request = WaitRequest.newBuilder().setQueue(queue).setTaskId(taskId).build();
    ResumableStream<WaitRequest, WaitResponse> stream =
        new ResumableStream<>(
            core,
            QueuesGrpc.getWaitMethod(),
            () -> request,
            response -> {
              if (ENDS.contains(response.getStatus().getState())) {
                outcome.complete(response.getStatus());
              }
            });
    stream
        .ended()
        .whenComplete(
            (end, refusal) ->
                outcome.completeExceptionally(
                    refusal == null ? Failure.closedException() : Failure.unwrap(refusal)));
    outcome.whenComplete((status, failure) -> stream.close());
    stream.open();
    return outcome;
  }
}
