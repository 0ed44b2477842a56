// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.ByteString;
import com.google.protobuf.Timestamp;
import dev.quoin.queues.v1.AckRequest;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeaseResponse;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.QueuesGrpc.QueuesStub;
import dev.quoin.queues.v1.WorkRequest;
import io.grpc.Channel;

/** What workers do with queues; tasks carry 100 bytes. */
final class QueueOperations {
  static final String QUEUE = "bench";
  static final NewTask TASK =
      NewTask.newBuilder().setKind("mail").setPayload(ByteString.copyFrom(new byte[100])).build();

  private static final int BATCH = 1_000;

  private QueueOperations() {}

  /** Adds a task. */
  static Operation enqueue(Channel channel, int worker) {
    QueuesStub queues = QueuesGrpc.newStub(channel);
    EnqueueRequest request = EnqueueRequest.newBuilder().setQueue(QUEUE).setTask(TASK).build();
    return done -> queues.enqueue(request, GrpcWorkload.answer(done, response -> done.ok()));
  }

  /** Adds some tasks, leases as many and acknowledges them. */
  static Operation cycle(Channel channel, int tasks) {
    QueuesStub queues = QueuesGrpc.newStub(channel);
    EnqueueBatchRequest.Builder add = EnqueueBatchRequest.newBuilder().setQueue(QUEUE);
    for (int i = 0; i < tasks; i++) {
      add.addNewTasks(TASK);
    }
    EnqueueBatchRequest request = add.build();
    return done ->
        queues.enqueueBatch(
            request, GrpcWorkload.answer(done, added -> leaseAndAck(queues, tasks, done)));
  }

  /** Leases some tasks and acknowledges them. */
  static Operation leaseAndAck(Channel channel, int tasks) {
    QueuesStub queues = QueuesGrpc.newStub(channel);
    return done -> leaseAndAck(queues, tasks, done);
  }

  private static void leaseAndAck(QueuesStub queues, int tasks, Operation.Done done) {
    LeaseRequest lease = LeaseRequest.newBuilder().addQueues(QUEUE).setMaxItems(tasks).build();
    queues.lease(
        lease,
        GrpcWorkload.answer(
            done,
            leased -> {
              if (leased.getTasksCount() == 0) {
                done.ok();
              } else {
                queues.ack(ackOf(leased), GrpcWorkload.answer(done, acked -> done.ok()));
              }
            }));
  }

  private static AckRequest ackOf(LeaseResponse leased) {
    AckRequest.Builder ack = AckRequest.newBuilder();
    leased
        .getTasksList()
        .forEach(
            task ->
                ack.addDone(
                    Done.newBuilder()
                        .setQueue(QUEUE)
                        .setTaskId(task.getTaskId())
                        .setToken(task.getToken())));
    return ack.build();
  }

  /** What a worker says of a task it has done. */
  static WorkRequest done(LeasedTask task) {
    return WorkRequest.newBuilder()
        .setAck(
            Done.newBuilder()
                .setQueue(task.getQueue())
                .setTaskId(task.getTaskId())
                .setToken(task.getToken()))
        .build();
  }

  /** Opens the work of somebody who has so many tasks at a time. */
  static WorkRequest open(int credits) {
    return WorkRequest.newBuilder()
        .setOpen(
            WorkRequest.Open.newBuilder()
                .addQueues(QUEUE)
                .setCredits(credits)
                .setReportsStart(true))
        .build();
  }

  /**
   * Adds many tasks.
   *
   * @param startSeconds when they start, seconds since 1970
   */
  static void fill(Channel channel, int tasks, long startSeconds) {
    NewTask task =
        TASK.toBuilder().setRunTime(Timestamp.newBuilder().setSeconds(startSeconds)).build();
    EnqueueBatchRequest.Builder request = EnqueueBatchRequest.newBuilder().setQueue(QUEUE);
    for (int i = 0; i < Math.min(tasks, BATCH); i++) {
      request.addNewTasks(task);
    }
    for (int sent = 0; sent < tasks; sent += BATCH) {
      QueuesGrpc.newBlockingStub(channel).enqueueBatch(request.build());
    }
  }

  /** Operations on a queue that holds many tasks already. */
  static Workload.Factory atDepth(int tasks) {
    Workload.Factory cycles = GrpcWorkload.of((channel, worker) -> cycle(channel, 1));
    return (testbed, workers) -> {
      var channel = GrpcWorkload.connect(testbed);
      try {
        fill(channel, tasks, 1);
      } finally {
        channel.shutdownNow();
      }
      return cycles.open(testbed, workers);
    };
  }
}
