// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import dev.quoin.queues.v1.AckRequest;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.EnqueueBatchRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.queues.v1.ExtendRequest;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.GetRequest;
import dev.quoin.queues.v1.GetStatsRequest;
import dev.quoin.queues.v1.GetStatsResponse;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.NackRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.Progress;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * A queue of a test, seen from one server.
 *
 * @param name its name
 * @param stub calls the server
 */
record Queue(String name, QueuesGrpc.QueuesBlockingStub stub) {
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** A queue nobody has used, on the first server. */
  static Queue fresh() {
    return new Queue(
        "queue-" + COUNT.incrementAndGet(),
        QueuesGrpc.newBlockingStub(TestServer.first().channel()));
  }

  /** The same queue, seen from the second server. */
  Queue elsewhere() {
    return new Queue(name, QueuesGrpc.newBlockingStub(TestServer.second().channel()));
  }

  static NewTask.Builder task(String payload) {
    return NewTask.newBuilder().setKind("mail").setPayload(ByteString.copyFromUtf8(payload));
  }

  static String payload(LeasedTask task) {
    return task.getPayload().toStringUtf8();
  }

  static Duration seconds(long seconds) {
    return Durations.fromSeconds(seconds);
  }

  /** Adds a task with this payload; answers its id. */
  String add(String payload) {
    return add(task(payload)).getTaskId();
  }

  EnqueueResponse add(NewTask.Builder task) {
    return stub.enqueue(EnqueueRequest.newBuilder().setQueue(name).setTask(task).build());
  }

  List<String> addAll(Stream<NewTask.Builder> tasks) {
    EnqueueBatchRequest.Builder request = EnqueueBatchRequest.newBuilder().setQueue(name);
    tasks.forEach(request::addNewTasks);
    return stub.enqueueBatch(request.build()).getResultsList().stream()
        .map(EnqueueResponse::getTaskId)
        .toList();
  }

  LeaseRequest.Builder request(int max) {
    return LeaseRequest.newBuilder().addQueues(name).setMaxItems(max).setLease(seconds(60));
  }

  List<LeasedTask> lease(int max) {
    return stub.lease(request(max).build()).getTasksList();
  }

  /** Leases the one task there has to be. */
  LeasedTask leaseOne() {
    List<LeasedTask> tasks = stub.lease(request(1).setWait(seconds(20)).build()).getTasksList();
    if (tasks.size() != 1) {
      throw new AssertionError("no task in " + name);
    }
    return tasks.get(0);
  }

  /** Adds a task and leases it. */
  LeasedTask begin() {
    add("work");
    return leaseOne();
  }

  List<String> leasedPayloads(int max) {
    return lease(max).stream().map(Queue::payload).toList();
  }

  Outcome ack(LeasedTask task) {
    return ack(task, "");
  }

  Outcome ack(LeasedTask task, String result) {
    Done done =
        Done.newBuilder()
            .setQueue(name)
            .setTaskId(task.getTaskId())
            .setToken(task.getToken())
            .setResult(ByteString.copyFromUtf8(result))
            .build();
    return stub.ack(AckRequest.newBuilder().addDone(done).build()).getOutcomes(0);
  }

  static Failed.Builder failed(LeasedTask task, String error) {
    return Failed.newBuilder()
        .setQueue(task.getQueue())
        .setTaskId(task.getTaskId())
        .setToken(task.getToken())
        .setError(error);
  }

  Outcome nack(Failed.Builder failed) {
    return stub.nack(NackRequest.newBuilder().addFailed(failed).build()).getOutcomes(0);
  }

  static Progress.Builder progress(LeasedTask task, String text) {
    return Progress.newBuilder()
        .setQueue(task.getQueue())
        .setTaskId(task.getTaskId())
        .setToken(task.getToken())
        .setProgressText(text);
  }

  Outcome extend(LeasedTask task, String progress) {
    return stub.extend(
            ExtendRequest.newBuilder()
                .addProgress(progress(task, progress))
                .setLease(seconds(60))
                .build())
        .getOutcomes(0);
  }

  TaskStatus get(String taskId) {
    return stub.get(GetRequest.newBuilder().setQueue(name).setTaskId(taskId).build()).getStatus();
  }

  GetStatsResponse stats() {
    return stub.getStats(GetStatsRequest.newBuilder().setQueue(name).build());
  }

  String key(String part) {
    return "quoin:default:queues:{" + name + "}:" + part;
  }

  /** Makes the lease of a task end now. */
  void expire(String taskId) {
    TestRedis.commands().zadd(key("leased"), 1, taskId);
  }

  /** Makes all delayed tasks due; they keep their order. */
  void passDelays() {
    int[] time = {1};
    TestRedis.commands()
        .zrange(key("delayed"), 0, -1)
        .forEach(id -> TestRedis.commands().zadd(key("delayed"), time[0]++, id));
  }
}
