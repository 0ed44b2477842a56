// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.ByteString;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.QueuesGrpc.QueuesStub;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.ManagedChannel;
import io.grpc.stub.StreamObserver;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Each operation adds a task and is over when a worker with 100 credits has done it. */
final class WorkWorkload implements Workload {
  private static final int CREDITS = 100;

  private final ManagedChannel producers;
  private final ManagedChannel consumers;
  private final Map<Long, Operation.Done> underWay = new ConcurrentHashMap<>();
  private final Map<String, Long> working = new ConcurrentHashMap<>();
  private StreamObserver<WorkRequest> work;

  WorkWorkload(Testbed testbed, int workers) {
    producers = GrpcWorkload.connect(testbed);
    consumers = GrpcWorkload.connect(testbed);
    work = QueuesGrpc.newStub(consumers).work(new Consumer());
    work.onNext(QueueOperations.open(CREDITS));
  }

  @Override
  public Operation worker(int index) {
    QueuesStub queues = QueuesGrpc.newStub(producers);
    long[] next = {(long) index << 32};
    return done -> {
      long number = next[0]++;
      underWay.put(number, done);
      ByteBuffer payload = ByteBuffer.allocate(100).putLong(number).rewind();
      queues.enqueue(
          EnqueueRequest.newBuilder()
              .setQueue(QueueOperations.QUEUE)
              .setTask(QueueOperations.TASK.toBuilder().setPayload(ByteString.copyFrom(payload)))
              .build(),
          GrpcWorkload.answer(done, added -> {}));
    };
  }

  @Override
  public void close() {
    producers.shutdownNow();
    consumers.shutdownNow();
  }

  private final class Consumer implements StreamObserver<WorkResponse> {
    @Override
    public void onNext(WorkResponse response) {
      for (LeasedTask task : response.getDelivery().getTasksList()) {
        working.put(task.getTaskId(), task.getPayload().asReadOnlyByteBuffer().getLong());
        work.onNext(QueueOperations.done(task));
      }
      int settled = response.getSettled().getOutcomesCount();
      if (settled > 0) {
        work.onNext(WorkRequest.newBuilder().setCredits(settled).build());
      }
      response
          .getSettled()
          .getOutcomesList()
          .forEach(outcome -> underWay.remove(working.remove(outcome.getTaskId())).ok());
    }

    @Override
    public void onError(Throwable failure) {
      underWay.values().forEach(done -> done.failed(failure));
    }

    @Override
    public void onCompleted() {}
  }
}
