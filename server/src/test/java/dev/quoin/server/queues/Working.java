// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.ByteString;
import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.Failed;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import io.grpc.Channel;
import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** An open Work of a test. */
final class Working implements ClientResponseObserver<WorkRequest, WorkResponse> {
  private static final Queue<Working> OPEN = new ConcurrentLinkedQueue<>();

  private final BlockingQueue<WorkResponse> messages = new LinkedBlockingQueue<>();
  private final CompletableFuture<Void> end = new CompletableFuture<>();
  private ClientCallStreamObserver<WorkRequest> call;

  private Working() {}

  /** Begins to work, and waits until the server knows. */
  static Working open(Channel channel, WorkRequest.Open.Builder open) {
    Working working = unopened(channel);
    working.say(WorkRequest.newBuilder().setOpen(open));
    if (!working.next().hasOpened()) {
      throw new AssertionError("not opened");
    }
    return working;
  }

  static Working unopened(Channel channel) {
    Working working = new Working();
    QueuesGrpc.newStub(channel).work(working);
    OPEN.add(working);
    return working;
  }

  static WorkRequest.Open.Builder at(dev.quoin.server.queues.Queue queue, int credits) {
    return WorkRequest.Open.newBuilder().addQueues(queue.name()).setCredits(credits);
  }

  void say(WorkRequest.Builder message) {
    call.onNext(message.build());
  }

  void credit(int more) {
    say(WorkRequest.newBuilder().setCredits(more));
  }

  void started(LeasedTask task) {
    say(
        WorkRequest.newBuilder()
            .setStarted(WorkRequest.Started.newBuilder().addTaskIds(task.getTaskId())));
  }

  void ack(LeasedTask task) {
    say(
        WorkRequest.newBuilder()
            .setAck(
                Done.newBuilder()
                    .setQueue(task.getQueue())
                    .setTaskId(task.getTaskId())
                    .setToken(task.getToken())
                    .setResult(ByteString.copyFromUtf8("done"))));
  }

  void nack(Failed.Builder failed) {
    say(WorkRequest.newBuilder().setNack(failed));
  }

  /** The next message that is no heartbeat. */
  WorkResponse next() {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    try {
      WorkResponse message;
      do {
        message = messages.poll(limit - System.nanoTime(), TimeUnit.NANOSECONDS);
      } while (message != null && message.hasHeartbeat());
      if (message != null) {
        return message;
      }
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    throw new AssertionError("no message within 20 s");
  }

  /** The next tasks, as many as that, in however many messages. */
  List<LeasedTask> tasks(int count) {
    List<LeasedTask> tasks = new ArrayList<>();
    while (tasks.size() < count) {
      WorkResponse message = next();
      if (!message.hasDelivery()) {
        throw new AssertionError("no tasks but " + message);
      }
      tasks.addAll(message.getDelivery().getTasksList());
    }
    return tasks;
  }

  /** How many messages have come that nobody has read. */
  boolean isQuiet() {
    return messages.stream().allMatch(WorkResponse::hasHeartbeat);
  }

  CompletableFuture<Void> end() {
    return end;
  }

  void halfClose() {
    call.onCompleted();
  }

  void cancel() {
    call.cancel("the worker goes away", null);
  }

  static void cancelAll() {
    for (Working working = OPEN.poll(); working != null; working = OPEN.poll()) {
      working.cancel();
    }
  }

  @Override
  public void beforeStart(ClientCallStreamObserver<WorkRequest> requestStream) {
    call = requestStream;
  }

  @Override
  public void onNext(WorkResponse message) {
    messages.add(message);
  }

  @Override
  public void onError(Throwable failure) {
    end.completeExceptionally(failure);
  }

  @Override
  public void onCompleted() {
    end.complete(null);
  }
}
