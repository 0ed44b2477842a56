// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.Progress;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The call of a worker, opened again whenever it ends. What is not known to have arrived is said
 * again: saying it twice does no harm.
 */
final class WorkStream {
  private static final Logger LOG = Logger.getLogger(WorkStream.class.getName());

  private final ClientCore core;
  private final QueueWorker worker;
  private final WorkerOptions options;

  /** How tasks ended that the server has not answered, by task. */
  private final Map<String, WorkRequest> unsettled = new LinkedHashMap<>();

  private final StreamLog log;
  private Call call;
  private boolean closed;

  WorkStream(ClientCore core, QueueWorker worker, WorkerOptions options) {
    this.core = core;
    this.worker = worker;
    this.options = options;
    this.log = new StreamLog("a worker of " + options.queues(), core.address());
  }

  void open() {
    open(worker.held());
  }

  private synchronized void open(Map<String, WorkTask> held) {
    if (closed) {
      return;
    }
    WorkRequest.Open.Builder open =
        WorkRequest.Open.newBuilder()
            .addAllQueues(options.queues())
            .addAllKinds(options.handlers().keySet())
            .setCredits(Math.max(0, QueueWorker.credits(options) - held.size() - unsettled.size()))
            .setLease(Times.duration(options.lease()))
            .setPreference(options.preference())
            .addAllWeights(options.weights())
            .setReportsStart(true);
    held.values().forEach(task -> open.addHeld(held(task.lease())));
    call = new Call();
    call.requests = core.exchange(QueuesGrpc.getWorkMethod(), call);
    call.requests.onNext(WorkRequest.newBuilder().setOpen(open).build());
    unsettled.values().forEach(call.requests::onNext);
  }

  private static Progress held(LeasedTask task) {
    return Progress.newBuilder()
        .setQueue(task.getQueue())
        .setTaskId(task.getTaskId())
        .setToken(task.getToken())
        .build();
  }

  /** Says something that need not arrive. */
  synchronized void say(WorkRequest message) {
    if (call != null) {
      call.requests.onNext(message);
    }
  }

  /** Says how a task ended, again and again until it has arrived. */
  synchronized void settle(String taskId, WorkRequest outcome) {
    unsettled.put(taskId, outcome);
    say(outcome);
  }

  synchronized boolean hasUnsettled() {
    return !closed && !unsettled.isEmpty();
  }

  /** Ends the call; the server gives back what has not been settled. */
  synchronized void close() {
    closed = true;
    if (call != null) {
      call.requests.onCompleted();
      call = null;
    }
  }

  private void settled(Outcome outcome) {
    synchronized (this) {
      WorkRequest said = unsettled.get(outcome.getTaskId());
      if (said == null || outcome.hasExpireTime()) {
        return; // about progress
      }
      unsettled.remove(outcome.getTaskId());
      say(WorkRequest.newBuilder().setCredits(1).build());
    }
    worker.settled();
  }

  private void broken(Call from, Throwable failure) {
    synchronized (this) {
      if (from != call) {
        return;
      }
      call = null;
    }
    QuoinException cause = QuoinException.from(failure);
    if (cause instanceof InvalidRequestException) {
      LOG.log(Level.SEVERE, "this worker cannot work", cause);
      close();
      worker.closeAsync();
      return;
    }
    log.broken(cause);
    again();
  }

  private void again() {
    try {
      core.after(QueueWorker.pause(), this::open);
    } catch (ClosedException e) {
      close();
    }
  }

  /** One call. */
  private final class Call implements StreamObserver<WorkResponse> {
    private StreamObserver<WorkRequest> requests;

    @Override
    public void onNext(WorkResponse response) {
      log.alive();
      switch (response.getMessageCase()) {
        case TASKS -> response.getTasks().getTasksList().forEach(worker::take);
        case SETTLED -> response.getSettled().getOutcomesList().forEach(WorkStream.this::settled);
        case LOST ->
            worker.stop(response.getLost().getTaskId(), response.getLost().getToken(), true);
        case CANCELLED ->
            worker.stop(
                response.getCancelled().getTaskId(), response.getCancelled().getToken(), false);
        default -> {}
      }
    }

    @Override
    public void onError(Throwable failure) {
      broken(this, failure);
    }

    @Override
    public void onCompleted() {
      broken(this, io.grpc.Status.UNAVAILABLE.asRuntimeException());
    }
  }
}
