// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.util.Durations;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.queues.v1.Backoff;
import dev.quoin.queues.v1.DeadReason;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class QueuesTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());
  private final Queues queues = quoin.queues();

  @AfterEach
  void close() {
    quoin.close();
  }

  private static WorkerOptions worker(TaskHandler handler) {
    return WorkerOptions.of("work").withHandler("mail", handler);
  }

  private static NewTask task(String text) {
    return Queues.task("mail", text);
  }

  private static String enqueue(Queues queues, NewTask task) {
    return queues.enqueue(r -> r.setQueue("work").setTask(task)).getTaskId();
  }

  private List<String> enqueueAll(List<NewTask> tasks) {
    return queues
        .enqueueBatch(r -> r.setQueue("work").addAllNewTasks(tasks))
        .getResultsList()
        .stream()
        .map(EnqueueResponse::getTaskId)
        .toList();
  }

  private TaskStatus ended(String id) throws Exception {
    return queues.ended("work", id).get(20, TimeUnit.SECONDS);
  }

  @Test
  void resultsReachWhoWaitsForThem() throws Exception {
    String id = enqueue(queues, task("ann"));
    try (QueueWorker worker = queues.work(worker(task -> ("to " + task.text()).getBytes()))) {
      TaskStatus end = ended(id);
      assertThat(end.getState()).isEqualTo(TaskState.TASK_STATE_DONE);
      assertThat(end.getResult().toStringUtf8()).isEqualTo("to ann");
    }
  }

  @Test
  void handlerThatThrowsDoesNotEndTheWorker() throws Exception {
    Backoff atOnce = Backoff.newBuilder().setInitial(Durations.fromMillis(1)).build();
    String bad =
        enqueue(queues, task("bad").toBuilder().setBackoff(atOnce).setMaxAttempts(2).build());
    String good = enqueue(queues, task("good"));
    try (QueueWorker worker =
        queues.work(
            worker(
                task -> {
                  if (task.text().equals("bad")) {
                    throw new AssertionError("cannot");
                  }
                  return null;
                }))) {
      assertThat(ended(good).getState()).isEqualTo(TaskState.TASK_STATE_DONE);
      TaskStatus dead = ended(bad);
      assertThat(dead.getState()).isEqualTo(TaskState.TASK_STATE_DEAD);
      assertThat(dead.getErrors(1).getError()).contains("AssertionError: cannot");
    }
  }

  @Test
  void whatHandlersSayTooMuchOfDoesNotEndTheWorker() throws Exception {
    String large = enqueue(queues, task("large"));
    String late = enqueue(queues, task("late").toBuilder().setMaxAttempts(1).build());
    String good = enqueue(queues, task("good"));
    try (QueueWorker worker =
        queues.work(
            worker(
                    task -> {
                      task.progress("so far ".repeat(100));
                      if (task.text().equals("late")) {
                        throw TaskFailure.retryAfter(Duration.ofDays(8), "next week");
                      }
                      return new byte[task.text().equals("large") ? 65_537 : 65_536];
                    })
                .withConcurrency(1))) {
      assertThat(ended(good).getResult().size()).isEqualTo(65_536);
      assertThat(ended(large).getDeadReason()).isEqualTo(DeadReason.DEAD_REASON_REJECTED);
      assertThat(ended(large).getErrors(0).getError()).contains("65537 bytes");
      assertThat(ended(late).getErrors(0).getError()).contains("0 to 7 days");
    }
  }

  @Test
  void manyTasksAreDoneOnceEach() {
    Set<String> done = ConcurrentHashMap.newKeySet();
    AtomicInteger count = new AtomicInteger();
    List<String> ids = enqueueAll(IntStream.range(0, 500).mapToObj(i -> task("" + i)).toList());
    try (QueueWorker worker =
        queues.work(
            worker(
                task -> {
                  done.add(task.id());
                  count.incrementAndGet();
                  return null;
                }))) {
      Eventually.until(
          "all are done", () -> queues.getStats(r -> r.setQueue("work")).getFinishedCount() == 500);
    }
    assertThat(done).containsExactlyInAnyOrderElementsOf(ids);
    assertThat(count).hasValue(500);
  }

  @Test
  void closingWaitsForWhatIsBeingDoneAndGivesTheRestBack() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch finish = new CountDownLatch(1);
    List<String> ids = enqueueAll(List.of(task("first"), task("second")));
    QueueWorker worker =
        queues.work(
            worker(
                    task -> {
                      begun.countDown();
                      finish.await();
                      return null;
                    })
                .withConcurrency(1));
    assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
    CompletableFuture<Void> closing = worker.closeAsync();
    finish.countDown();
    closing.get(20, TimeUnit.SECONDS);
    assertThat(queues.get(r -> r.setQueue("work").setTaskId(ids.get(0))).getStatus().getState())
        .isEqualTo(TaskState.TASK_STATE_DONE);
    Eventually.until(
        "the other is back", () -> queues.getStats(r -> r.setQueue("work")).getReadyCount() == 1);
    assertThat(queues.get(r -> r.setQueue("work").setTaskId(ids.get(1))).getStatus().getAttempts())
        .isZero();
  }

  @Test
  void cancelReachesTheHandler() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    String id = enqueue(queues, task("long"));
    try (QueueWorker worker =
        queues.work(
            worker(
                task -> {
                  begun.countDown();
                  Eventually.until("it is to stop", task::isStopped);
                  throw new InterruptedException("stopped");
                }))) {
      assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
      assertThat(queues.cancel(r -> r.setQueue("work").setTaskId(id)).getState())
          .isEqualTo(TaskState.TASK_STATE_LEASED);
      assertThat(ended(id).getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    }
  }

  @Test
  void workGoesOnAfterARestartOfTheServer() throws Exception {
    try (TestServer server = new TestServer();
        Quoin own = Quoin.connect(server.address())) {
      CountDownLatch begun = new CountDownLatch(1);
      CountDownLatch finish = new CountDownLatch(1);
      String id = enqueue(own.queues(), task("long"));
      try (QueueWorker worker =
          own.queues()
              .work(
                  worker(
                          task -> {
                            begun.countDown();
                            finish.await();
                            return ("attempt " + task.attempt()).getBytes();
                          })
                      .withPatience(Duration.ofSeconds(10)))) {
        assertThat(begun.await(20, TimeUnit.SECONDS)).isTrue();
        server.stop();
        server.start();
        finish.countDown();
        TaskStatus end = own.queues().ended("work", id).get(30, TimeUnit.SECONDS);
        assertThat(end.getResult().toStringUtf8()).isEqualTo("attempt 1");
      }
    }
  }

  @Test
  void unknownTaskIsNotFound() {
    assertThatThrownBy(() -> queues.get(r -> r.setQueue("work").setTaskId("0123")))
        .isInstanceOfSatisfying(
            QuoinException.class,
            e -> assertThat(e.reason()).isEqualTo(ErrorReason.ERROR_REASON_TASK_NOT_FOUND));
    assertThat(queues.ended("work", "0123")).failsWithin(Duration.ofSeconds(20));
  }
}
