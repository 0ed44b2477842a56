// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.ByteString;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.Progress;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.MethodDescriptor;
import java.util.Collection;
import java.util.logging.Level;

/** What workers of queues say and are told. */
record QueueMessages(WorkerOptions options)
    implements WorkMessages<WorkRequest, WorkResponse, WorkTask> {
  private static final int LONGEST_ERROR = 2_048;
  private static final int LONGEST_RESULT = 65_536;

  @Override
  public MethodDescriptor<WorkRequest, WorkResponse> method() {
    return QueuesGrpc.getWorkMethod();
  }

  @Override
  public String worker() {
    return "a worker of " + options.queues();
  }

  @Override
  public String id(WorkTask task) {
    return task.id();
  }

  @Override
  public String token(WorkTask task) {
    return task.lease().getToken();
  }

  @Override
  public WorkRequest open(Collection<WorkTask> held, int credits) {
    WorkRequest.Open.Builder open =
        WorkRequest.Open.newBuilder()
            .addAllQueues(options.queues())
            .addAllKinds(options.handlers().keySet())
            .setCredits(credits)
            .setLease(Times.duration(options.lease()))
            .setPreference(options.preference())
            .addAllWeights(options.weights())
            .setReportsStart(true);
    held.forEach(task -> open.addHeldTasks(held(task.lease())));
    return WorkRequest.newBuilder().setOpen(open).build();
  }

  private static Progress held(LeasedTask task) {
    return Progress.newBuilder()
        .setQueue(task.getQueue())
        .setTaskId(task.getTaskId())
        .setToken(task.getToken())
        .build();
  }

  @Override
  public WorkRequest credit() {
    return WorkRequest.newBuilder().setCredits(1).build();
  }

  @Override
  public WorkRequest started(WorkTask task) {
    return WorkRequest.newBuilder()
        .setStarted(WorkRequest.Started.newBuilder().addTaskIds(task.id()))
        .build();
  }

  @Override
  public WorkRequest perform(WorkTask task) {
    try {
      byte[] result = options.handlers().get(task.kind()).handle(task);
      if (result != null && result.length > LONGEST_RESULT) {
        throw TaskFailure.dead(
            "the result has " + result.length + " bytes, at most 65,536 are allowed");
      }
      Done.Builder done =
          Done.newBuilder().setQueue(task.queue()).setTaskId(task.id()).setToken(token(task));
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

  private Failed.Builder failed(WorkTask task, String error) {
    return Failed.newBuilder()
        .setQueue(task.queue())
        .setTaskId(task.id())
        .setToken(token(task))
        .setError(Texts.cut(error == null ? "" : error, LONGEST_ERROR));
  }

  @Override
  public void stop(WorkTask task) {
    task.stop();
  }

  @Override
  public void read(WorkResponse response, Worker<WorkRequest, WorkResponse, WorkTask> worker) {
    switch (response.getEventCase()) {
      case DELIVERY ->
          response.getDelivery().getTasksList().forEach(task -> worker.take(task(task, worker)));
      case SETTLED ->
          response.getSettled().getOutcomesList().stream()
              .filter(outcome -> !outcome.hasExpireTime()) // those are about progress
              .map(Outcome::getTaskId)
              .forEach(worker::settled);
      case TASK_LOST ->
          worker.stop(response.getTaskLost().getTaskId(), response.getTaskLost().getToken(), true);
      case TASK_CANCELLED ->
          worker.stop(
              response.getTaskCancelled().getTaskId(),
              response.getTaskCancelled().getToken(),
              false);
      default -> {}
    }
  }

  private static WorkTask task(
      LeasedTask task, Worker<WorkRequest, WorkResponse, WorkTask> worker) {
    return new WorkTask(
        task, progress -> worker.say(WorkRequest.newBuilder().setProgress(progress).build()));
  }
}
