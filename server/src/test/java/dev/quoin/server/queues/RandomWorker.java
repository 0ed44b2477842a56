// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A worker that now and then dies in the middle of its work, and comes back. */
final class RandomWorker implements ClientResponseObserver<WorkRequest, WorkResponse> {
  private static final int CREDITS = 10;
  private static final int DIES_EVERY = 500;

  private final Supplier<Channel> servers;
  private final WorkRequest.Open open;
  private final ScheduledExecutorService clock;

  /** The leases that were acknowledged, by task. */
  private final Map<String, Set<String>> done;

  private final Queue<LeasedTask> said = new ArrayDeque<>();
  private ClientCallStreamObserver<WorkRequest> call;

  RandomWorker(
      Supplier<Channel> servers,
      WorkRequest.Open.Builder open,
      ScheduledExecutorService clock,
      Map<String, Set<String>> done) {
    this.servers = servers;
    this.open = open.setCredits(CREDITS).build();
    this.clock = clock;
    this.done = done;
  }

  void begin() {
    RandomWorker next = new RandomWorker(servers, open.toBuilder(), clock, done);
    QueuesGrpc.newStub(servers.get()).work(next);
    next.call.onNext(WorkRequest.newBuilder().setOpen(open).build());
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WorkRequest> requestStream) {
    call = requestStream;
  }

  @Override
  public void onNext(WorkResponse response) {
    for (LeasedTask task : response.getDelivery().getTasksList()) {
      if (ThreadLocalRandom.current().nextInt(DIES_EVERY) == 0) {
        call.cancel("the worker dies", null);
        return;
      }
      said.add(task);
      call.onNext(
          WorkRequest.newBuilder()
              .setAck(
                  Done.newBuilder()
                      .setQueue(task.getQueue())
                      .setTaskId(task.getTaskId())
                      .setToken(task.getToken()))
              .build());
      call.onNext(WorkRequest.newBuilder().setCredits(1).build());
    }
    for (Outcome outcome : response.getSettled().getOutcomesList()) {
      LeasedTask task = said.remove();
      if (outcome.getOk()) {
        done.computeIfAbsent(task.getTaskId(), id -> ConcurrentHashMap.newKeySet())
            .add(task.getToken());
      }
    }
  }

  @Override
  public void onError(Throwable failure) {
    comeBack();
  }

  @Override
  public void onCompleted() {
    comeBack();
  }

  private void comeBack() {
    if (!clock.isShutdown()) {
      clock.schedule(this::begin, 50, TimeUnit.MILLISECONDS);
    }
  }
}
