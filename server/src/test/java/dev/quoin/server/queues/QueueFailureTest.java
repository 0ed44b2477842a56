// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.progress;
import static dev.quoin.server.queues.Queue.seconds;
import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What becomes of workers and their tasks when Redis is away for a while. */
final class QueueFailureTest {
  private static RedisProcess redis;
  private static TestServer server;
  private Queue queue;

  @BeforeAll
  static void start() {
    redis = RedisProcess.start("--appendonly", "yes", "--appendfsync", "always");
    server = TestServer.start("redis", redis.uri());
  }

  @AfterAll
  static void stop() {
    server.close();
    redis.close();
  }

  @BeforeEach
  void makeScriptsKnown() {
    queue = new Queue(Queue.fresh().name(), QueuesGrpc.newBlockingStub(server.channel()));
    queue.add("known");
    Working working = work(1);
    working.tasks(1);
    working.cancel();
    LeasedTask known = queue.leaseOne();
    queue.extend(known, "");
    queue.ack(known);
  }

  @AfterEach
  void endAll() {
    Working.cancelAll();
  }

  private Working work(int credits) {
    return Working.open(
        server.channel(), Working.at(queue, credits).setLease(seconds(60)).setReportsStart(true));
  }

  /** The server has taken what was sent before on the same connection. */
  private void awaitTaken() {
    HealthGrpc.newBlockingStub(server.channel()).check(HealthCheckRequest.getDefaultInstance());
  }

  @Test
  void acknowledgementsCountThoughTheWorkerHasGone() {
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    Working working = work(3);
    List<LeasedTask> tasks = working.tasks(3);
    redis.freeze();
    working.ack(tasks.get(0));
    working.ack(tasks.get(1));
    awaitTaken();
    working.cancel();
    awaitTaken();
    redis.unfreeze();
    Eventually.until("the last one is back", () -> queue.stats().getReadyCount() == 1);
    assertThat(queue.get(ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_DONE);
    assertThat(queue.get(ids.get(1)).getState()).isEqualTo(TaskState.TASK_STATE_DONE);
    assertThat(queue.leaseOne().getAttempt()).isEqualTo(1);
  }

  private ListenableFuture<EnqueueResponse> addLater(String payload) {
    return QueuesGrpc.newFutureStub(server.channel())
        .enqueue(EnqueueRequest.newBuilder().setQueue(queue.name()).setTask(task(payload)).build());
  }

  @Test
  void whatACallAddsThatHasGoneMeanwhileIsNotAdded() throws Exception {
    redis.freeze();
    List<ListenableFuture<EnqueueResponse>> calls =
        Stream.of("hangs", "goes", "stays").map(this::addLater).toList();
    awaitTaken();
    calls.get(1).cancel(true);
    awaitTaken();
    redis.unfreeze();
    calls.get(2).get(20, TimeUnit.SECONDS);
    assertThat(queue.leasedPayloads(10)).containsExactly("hangs", "stays");
  }

  /** Redis comes back with all it has answered. */
  @Test
  void nothingIsLostWhenRedisIsKilled() throws Exception {
    Working working = work(1);
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    queue.add(task("later").setDelay(seconds(1000)));
    LeasedTask first = working.tasks(1).get(0);
    redis.kill();
    working.ack(first);
    redis.start();
    assertThat(working.next().getSettled().getOutcomes(0).getOk()).isTrue();
    working.credit(5);
    assertThat(working.tasks(2))
        .extracting(LeasedTask::getTaskId)
        .containsExactlyElementsOf(ids.subList(1, 3));
    Eventually.until("Redis is heard", () -> addedAgain("after"));
    assertThat(working.tasks(1)).extracting(Queue::payload).containsExactly("after");
    assertThat(queue.stats().getDelayedCount()).isEqualTo(1);
    assertThat(queue.get(ids.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_DONE);
  }

  private boolean addedAgain(String payload) {
    try {
      queue.add(task(payload).setDedupKey(payload));
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Test
  void leasesAreKeptWhenRedisIsAwayForLessThanALease() {
    boolean inTime = false;
    for (int i = 0; i < 3 && !inTime; i++) {
      long begin = System.nanoTime();
      Working working =
          Working.open(
              server.channel(), Working.at(queue, 1).setLease(seconds(9)).setReportsStart(true));
      String id = queue.add("long");
      LeasedTask task = working.tasks(1).get(0);
      working.started(task);
      long leased = leaseEnd(id);
      redis.kill();
      // After two renewals that failed, and before a third one that would come too late.
      Eventually.until("Redis was away long enough", () -> secondsSince(begin) > 6.2);
      CompletableFuture<Void> back = CompletableFuture.runAsync(redis::start);
      Eventually.until("the task can be seen", () -> leaseEnd(id) > 0);
      inTime = secondsSince(begin) < 7.5;
      if (inTime) {
        Eventually.until("the lease is renewed", () -> leaseEnd(id) > leased);
        assertThat(secondsSince(begin)).isLessThan(9);
      }
      back.join();
      working.cancel();
      queue = new Queue(Queue.fresh().name(), QueuesGrpc.newBlockingStub(server.channel()));
    }
    assertThat(inTime).as("Redis was started in time once").isTrue();
  }

  /** When the lease of a task ends, in milliseconds; 0 when Redis is away. */
  private long leaseEnd(String id) {
    try {
      return Timestamps.toMillis(queue.get(id).getExpireTime());
    } catch (StatusRuntimeException e) {
      return 0;
    }
  }

  private static double secondsSince(long nanos) {
    return (System.nanoTime() - nanos) / 1e9;
  }

  @Test
  void aWaitDoesNotSayThatThereAreNoTasksWhenRedisWasNotAsked() {
    queue.add("there");
    LeaseRequest request = queue.request(1).setWait(Durations.fromMillis(300)).build();
    redis.freeze();
    try {
      assertThat(Refused.by(() -> queue.stub().lease(request)).reason())
          .isEqualTo("STORE_UNAVAILABLE");
      assertThat(
              Refused.by(
                      () ->
                          queue
                              .stub()
                              .withDeadlineAfter(500, TimeUnit.MILLISECONDS)
                              .lease(request.toBuilder().setWait(seconds(1)).build()))
                  .code())
          .isEqualTo(Status.Code.DEADLINE_EXCEEDED);
    } finally {
      redis.unfreeze();
    }
    assertThat(Queue.payload(queue.leaseOne())).isEqualTo("there");
  }

  @Test
  void tasksAreTakenAlongThoughRedisIsAwayForAMoment() {
    work(0); // so that the server hears of the queue already
    queue.add("taken along");
    LeasedTask leased = queue.leaseOne();
    redis.freeze();
    Working working = Working.unopened(server.channel());
    WorkRequest.Open.Builder open =
        Working.at(queue, 0).setLease(seconds(60)).addHeldTasks(progress(leased, ""));
    working.say(WorkRequest.newBuilder().setOpen(open));
    working.ack(leased);
    assertThat(Refused.by(() -> queue.stats()).reason()).isEqualTo("STORE_UNAVAILABLE");
    redis.unfreeze();
    assertThat(working.next().hasOpened()).isTrue();
    assertThat(working.next().getSettled().getOutcomes(0).getOk()).isTrue();
  }
}
