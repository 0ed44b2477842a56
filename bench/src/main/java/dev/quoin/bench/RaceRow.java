// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.QueuesGrpc.QueuesStub;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/** What {@link PeerRow} measures of others: 100 tasks added at a time, 100 done at a time. */
record RaceRow(String name, int inFlight) implements Row {
  private static final int TASKS = 20_000;
  private static final int WARM_UPS = 2;
  private static final EnqueueRequest REQUEST =
      EnqueueRequest.newBuilder()
          .setQueue(QueueOperations.QUEUE)
          .setTask(QueueOperations.TASK)
          .build();

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    double speed = 0;
    for (int i = 0; i <= WARM_UPS; i++) {
      testbed.empty();
      speed = new Race(testbed, inFlight).run();
    }
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(Measurement.TASKS_PER_SECOND, speed);
    return new Measurement(values);
  }

  private static final class Race implements StreamObserver<WorkResponse> {
    private final ManagedChannel producers;
    private final ManagedChannel consumers;
    private final int inFlight;
    private final AtomicInteger unsent = new AtomicInteger(TASKS);
    private final CountDownLatch done = new CountDownLatch(TASKS);
    private final AtomicReference<Throwable> failure = new AtomicReference<>();
    private final StreamObserver<WorkRequest> work;

    Race(Testbed testbed, int inFlight) {
      this.inFlight = inFlight;
      producers = GrpcWorkload.connect(testbed);
      consumers = GrpcWorkload.connect(testbed);
      work = QueuesGrpc.newStub(consumers).work(this);
      work.onNext(QueueOperations.open(inFlight));
    }

    double run() throws InterruptedException {
      long begin = System.nanoTime();
      QueuesStub queues = QueuesGrpc.newStub(producers);
      for (int i = 0; i < inFlight; i++) {
        add(queues);
      }
      done.await();
      double seconds = (System.nanoTime() - begin) / 1e9;
      producers.shutdownNow();
      consumers.shutdownNow();
      if (failure.get() != null) {
        throw new IllegalStateException("a task could not be done", failure.get());
      }
      return TASKS / seconds;
    }

    private void add(QueuesStub queues) {
      if (unsent.getAndDecrement() > 0) {
        queues.enqueue(
            REQUEST,
            GrpcWorkload.answer(
                new Operation.Done() {
                  @Override
                  public void ok() {}

                  @Override
                  public void failed(Throwable thrown) {
                    onError(thrown);
                  }
                },
                added -> add(queues)));
      }
    }

    @Override
    public void onNext(WorkResponse response) {
      for (LeasedTask task : response.getDelivery().getTasksList()) {
        work.onNext(QueueOperations.done(task));
      }
      int settled = response.getSettled().getOutcomesCount();
      if (settled > 0) {
        work.onNext(WorkRequest.newBuilder().setCredits(settled).build());
        for (int i = 0; i < settled; i++) {
          done.countDown();
        }
      }
    }

    @Override
    public void onError(Throwable thrown) {
      if (done.getCount() > 0) {
        failure.set(thrown);
        while (done.getCount() > 0) {
          done.countDown();
        }
      }
    }

    @Override
    public void onCompleted() {}
  }
}
