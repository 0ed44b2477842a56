// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeaseResponse;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.ReleaseRequest;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitRequest;
import dev.quoin.queues.v1.WaitResponse;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The RPCs of Queues, workers, and waiting for results that survives broken streams. */
public final class Queues extends QueuesClient {
  private static final Set<TaskState> ENDS =
      Set.of(TaskState.TASK_STATE_DONE, TaskState.TASK_STATE_DEAD, TaskState.TASK_STATE_CANCELLED);

  private static final Duration DEFAULT_LEASE = Duration.ofSeconds(30);

  Queues(ClientCore core) {
    super(core, core.deadline());
  }

  /** A task of a kind with a text as payload; {@code toBuilder()} sets the rest. */
  public static NewTask task(String kind, String text) {
    return NewTask.newBuilder().setKind(kind).setPayloadText(text).build();
  }

  /**
   * Leases tasks. When the call is ended before its answer is there, takes too long, or meets no
   * server in the end, what it leased is given back in the background, to its place and without
   * using an attempt. A request that brings a {@code request_id} is the caller's to repeat or to
   * give back, by {@code release}.
   */
  @Override
  public LeaseResponse lease(LeaseRequest request) {
    return Futures.await(leaseAsync(request));
  }

  /** As {@link #lease(LeaseRequest)}, without waiting for the response. */
  @Override
  public CompletableFuture<LeaseResponse> leaseAsync(LeaseRequest request) {
    if (!request.getRequestId().isEmpty()) {
      return super.leaseAsync(request);
    }
    String id = UUID.randomUUID().toString();
    ReleaseRequest release =
        ReleaseRequest.newBuilder()
            .addAllQueues(request.getQueuesList())
            .setLeaseRequestId(id)
            .build();
    GiveBack giveBack =
        new GiveBack(
            request.hasLease() ? Times.duration(request.getLease()) : DEFAULT_LEASE,
            within -> core.call(QueuesGrpc.getReleaseMethod(), release, within));
    return Acquisition.acquire(
        core,
        QueuesGrpc.getLeaseMethod(),
        request.toBuilder().setRequestId(id).build(),
        core.deadline(),
        List.of(giveBack),
        CompletableFuture::completedFuture,
        response -> Acquisition.giveBack(core, giveBack));
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
