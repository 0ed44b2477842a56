// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.failed;
import static dev.quoin.server.queues.Queue.payload;
import static dev.quoin.server.queues.Queue.progress;
import static dev.quoin.server.queues.Queue.seconds;
import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.Backoff;
import dev.quoin.queues.v1.CancelRequest;
import dev.quoin.queues.v1.CancelResponse;
import dev.quoin.queues.v1.DeadReason;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.Outcome;
import dev.quoin.queues.v1.Preference;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.queues.v1.WorkResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.Range;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("redis")
final class WorkTest {
  private final Queue queue = Queue.fresh();

  @AfterEach
  void endAll() {
    Working.cancelAll();
  }

  private Working work(int credits) {
    return Working.open(TestServer.first().channel(), Working.at(queue, credits));
  }

  private Outcome settled(Working working) {
    WorkResponse response = working.next();
    assertThat(response.hasSettled()).isTrue();
    assertThat(response.getSettled().getOutcomesCount()).isEqualTo(1);
    return response.getSettled().getOutcomes(0);
  }

  @Test
  void tasksAreSentAsTheyComeAndSettled() {
    Working working = work(10);
    queue.elsewhere().add("one");
    LeasedTask one = working.tasks(1).get(0);
    assertThat(payload(one)).isEqualTo("one");
    working.ack(one);
    Outcome outcome = settled(working);
    assertThat(outcome.getTaskId()).isEqualTo(one.getTaskId());
    assertThat(outcome.getState()).isEqualTo(TaskState.TASK_STATE_DONE);
    assertThat(queue.get(one.getTaskId()).getResult().toStringUtf8()).isEqualTo("done");
    queue.add(task("two").setMaxAttempts(1));
    LeasedTask two = working.tasks(1).get(0);
    working.nack(failed(two, "no"));
    assertThat(settled(working).getState()).isEqualTo(TaskState.TASK_STATE_DEAD);
  }

  @Test
  void noMoreTasksAreSentThanThereAreCredits() {
    queue.addAll(IntStream.range(0, 10).mapToObj(i -> task("" + i)));
    Working working = work(3);
    List<LeasedTask> three = working.tasks(3);
    assertThat(three).hasSize(3);
    working.ack(three.get(0));
    assertThat(settled(working).getOk()).isTrue();
    assertThat(queue.stats().getReadyCount()).isEqualTo(7);
    assertThat(working.isQuiet()).isTrue();
    working.credit(2);
    assertThat(working.tasks(2)).extracting(Queue::payload).containsExactly("3", "4");
    assertThat(queue.stats().getReadyCount()).isEqualTo(5);
  }

  @Test
  void aWorkerWithManyCreditsHearsOfTasksThatComeAfterAFullHundred() {
    queue.addAll(IntStream.range(0, 100).mapToObj(i -> task("" + i)));
    Working working = work(500);
    working.tasks(100);
    Eventually.until("a server waits", () -> TestRedis.commands().zcard(queue.key("waiters")) == 1);
    queue.add("one more");
    assertThat(working.tasks(1)).extracting(Queue::payload).containsExactly("one more");
  }

  @Test
  void manyAcknowledgementsAreSettledInOrder() {
    queue.addAll(IntStream.range(0, 300).mapToObj(i -> task("" + i)));
    Working working = work(300);
    List<LeasedTask> tasks = working.tasks(300);
    tasks.forEach(working::ack);
    List<String> settled = new ArrayList<>();
    while (settled.size() < 300) {
      working
          .next()
          .getSettled()
          .getOutcomesList()
          .forEach(outcome -> settled.add(outcome.getTaskId()));
    }
    assertThat(settled).isEqualTo(tasks.stream().map(LeasedTask::getTaskId).toList());
    assertThat(queue.stats().getFinishedCount()).isEqualTo(300);
  }

  @Test
  void tasksGoBackAtOnceWhenTheWorkerGoesAway() {
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    Working working =
        Working.open(TestServer.first().channel(), Working.at(queue, 3).setReportsStart(true));
    List<LeasedTask> tasks = working.tasks(3);
    working.started(tasks.get(1));
    // Requests are taken in order, so when this is settled the start has been heard.
    working.say(WorkRequest.newBuilder().setProgress(progress(tasks.get(1), "begun")));
    assertThat(settled(working).getOk()).isTrue();
    working.cancel();
    Eventually.until("all are back", () -> queue.stats().getReadyCount() == 3);
    List<LeasedTask> again = queue.lease(3);
    assertThat(again).extracting(LeasedTask::getTaskId).isEqualTo(ids);
    assertThat(again).extracting(LeasedTask::getAttempt).containsExactly(1, 2, 1);
    assertThat(queue.get(ids.get(1)).getErrors(0).getError()).isEqualTo("the worker went away");
  }

  @Test
  void aWorkerThatDoesNotSayWhatItBeginsUsesAttempts() {
    String id = queue.add(task("bomb").setMaxAttempts(2)).getTaskId();
    for (int i = 0; i < 2; i++) {
      Working working = work(1);
      working.tasks(1);
      working.cancel();
      Eventually.until("it is back", () -> queue.stats().getLeasedCount() == 0);
    }
    assertThat(queue.get(id).getDeadReason()).isEqualTo(DeadReason.DEAD_REASON_ABANDONED);
  }

  @Test
  void aWorkerThatSendsNoMoreGetsItsOutcomesAndTheEnd() throws Exception {
    queue.addAll(IntStream.range(0, 2).mapToObj(i -> task("" + i)));
    Working working = work(2);
    List<LeasedTask> tasks = working.tasks(2);
    working.ack(tasks.get(0));
    working.halfClose();
    assertThat(settled(working).getOk()).isTrue();
    working.end().get(20, TimeUnit.SECONDS);
    Eventually.until("the other one is back", () -> queue.stats().getReadyCount() == 1);
  }

  @Test
  void kindsAWorkerDoesNotKnowAreTriedElsewhereAndDieInTheEnd() {
    Backoff later = Backoff.newBuilder().setInitial(seconds(1000)).build();
    NewTask.Builder strange = task("?").setKind("strange").setMaxAttempts(2).setBackoff(later);
    String id = queue.add(strange).getTaskId();
    queue.add("known");
    Working working =
        Working.open(
            TestServer.first().channel(), Working.at(queue, 5).addKinds("mail").addKinds("fax"));
    assertThat(working.tasks(1)).extracting(Queue::payload).containsExactly("known");
    Eventually.until(
        "it is delayed", () -> queue.get(id).getState() == TaskState.TASK_STATE_DELAYED);
    queue.passDelays();
    queue.add("wakes the worker");
    working.tasks(1);
    Eventually.until("it is dead", () -> queue.get(id).getState() == TaskState.TASK_STATE_DEAD);
    TaskStatus dead = queue.get(id);
    assertThat(dead.getDeadReason()).isEqualTo(DeadReason.DEAD_REASON_UNKNOWN_KIND);
    assertThat(dead.getErrors(1).getError()).contains("strange");
  }

  @Test
  void theServerRenewsLeases() {
    queue.add("long");
    Working working =
        Working.open(TestServer.first().channel(), Working.at(queue, 1).setLease(seconds(3)));
    LeasedTask leased = working.tasks(1).get(0);
    Eventually.until(
        "the lease ends later",
        () ->
            Timestamps.compare(
                    queue.get(leased.getTaskId()).getExpireTime(), leased.getExpireTime())
                > 0);
  }

  /** Ends the lease of a task and leases it, before its worker's server renews it. */
  private LeasedTask steal(LeasedTask leased) {
    List<LeasedTask> stolen = new ArrayList<>();
    Eventually.until(
        "it is stolen",
        () -> {
          queue.expire(leased.getTaskId());
          return stolen.addAll(queue.lease(1));
        });
    assertThat(stolen.get(0).getTaskId()).isEqualTo(leased.getTaskId());
    return stolen.get(0);
  }

  @Test
  void theWorkerIsToldThatALeaseIsLost() {
    queue.add("mine");
    Working working =
        Working.open(TestServer.first().channel(), Working.at(queue, 1).setLease(seconds(3)));
    LeasedTask leased = working.tasks(1).get(0);
    LeasedTask stolen = steal(leased);
    WorkResponse lost = working.next();
    assertThat(lost.getTaskLost().getTaskId()).isEqualTo(leased.getTaskId());
    assertThat(lost.getTaskLost().getToken()).isEqualTo(leased.getToken());
    working.ack(leased);
    assertThat(settled(working).getOk()).isFalse();
    assertThat(queue.ack(stolen).getOk()).isTrue();
  }

  @Test
  void whatIsSaidOfAnOldLeaseLeavesTheNewOneAlone() {
    queue.add("twice");
    Working working =
        Working.open(TestServer.first().channel(), Working.at(queue, 3).setLease(seconds(3600)));
    LeasedTask first = working.tasks(1).get(0);
    queue.expire(first.getTaskId());
    queue.add("wakes the worker");
    assertThat(working.next().getTaskLost().getToken()).isEqualTo(first.getToken());
    LeasedTask second = working.tasks(2).get(0);
    assertThat(second.getTaskId()).isEqualTo(first.getTaskId());
    working.ack(first);
    assertThat(settled(working).getOk()).isFalse();
    working.cancel();
    Eventually.until("both are back", () -> queue.stats().getReadyCount() == 2);
  }

  @Test
  void aWorkerCanHaveManyTasks() {
    for (int i = 0; i < 9; i++) {
      queue.addAll(IntStream.range(0, 1000).mapToObj(n -> task("" + n)));
    }
    Working working =
        Working.open(TestServer.first().channel(), Working.at(queue, 1000).setLease(seconds(9)));
    IntStream.range(0, 8).forEach(i -> working.credit(1000));
    List<LeasedTask> tasks = working.tasks(9000);
    long last = Timestamps.toMillis(tasks.get(8999).getExpireTime());
    Eventually.until(
        "all are renewed",
        () -> TestRedis.commands().zcount(queue.key("leased"), above(last)) == 9000);
    working.cancel();
    Eventually.until("all are back", () -> queue.stats().getReadyCount() == 9000);
  }

  private static Range<Long> above(long millis) {
    return Range.from(Range.Boundary.excluding(millis), Range.Boundary.unbounded());
  }

  @Test
  void queuesThatArePeersTakeTurnsWhileOneWorkerTakesAll() {
    List<Queue> queues = Stream.generate(Queue::fresh).limit(8).toList();
    WorkRequest.Open.Builder open =
        WorkRequest.Open.newBuilder()
            .setCredits(1000)
            .setPreference(Preference.PREFERENCE_WEIGHTED);
    for (Queue peer : queues) {
      peer.addAll(IntStream.range(0, 1000).mapToObj(i -> task("" + i)));
      open.addQueues(peer.name());
    }
    Working working = Working.open(TestServer.first().channel(), open);
    // A hundred at once: that all ten times the same queue is drawn happens once in 10^8 runs.
    assertThat(working.tasks(1000).stream().map(LeasedTask::getQueue).distinct().count())
        .isGreaterThan(1);
  }

  private CancelResponse cancelTask(LeasedTask task) {
    CancelRequest request =
        CancelRequest.newBuilder().setQueue(queue.name()).setTaskId(task.getTaskId()).build();
    return queue.elsewhere().stub().cancel(request);
  }

  @Test
  void aCancelReachesTheWorkerThatHasTheTask() {
    queue.add("stop me");
    Working working = work(1);
    LeasedTask leased = working.tasks(1).get(0);
    var answer = cancelTask(leased);
    assertThat(answer.getState()).isEqualTo(TaskState.TASK_STATE_LEASED);
    assertThat(working.next().getTaskCancelled().getTaskId()).isEqualTo(leased.getTaskId());
    assertThat(queue.get(leased.getTaskId()).getCancelRequested()).isTrue();
    working.nack(failed(leased, "stopped"));
    assertThat(settled(working).getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(queue.get(leased.getTaskId()).getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
  }

  @Test
  void tasksAWorkerHasFromElsewhereAreKeptForIt() {
    queue.add("taken along");
    LeasedTask leased = queue.leaseOne();
    LeasedTask gone = leased.toBuilder().setTaskId("0123").build();
    Working working = Working.unopened(TestServer.second().channel());
    working.say(
        WorkRequest.newBuilder()
            .setOpen(
                Working.at(queue, 0)
                    .setLease(seconds(3600))
                    .addHeldTasks(progress(leased, ""))
                    .addHeldTasks(progress(gone, ""))));
    assertThat(working.next().getTaskLost().getTaskId()).isEqualTo("0123");
    assertThat(working.next().hasOpened()).isTrue();
    assertThat(
            Timestamps.between(
                    leased.getExpireTime(), queue.get(leased.getTaskId()).getExpireTime())
                .getSeconds())
        .isGreaterThan(3000);
    working.cancel();
    Eventually.until("it is back", () -> queue.stats().getReadyCount() == 1);
  }

  @Test
  void aCallThatEndsLateDoesNotTakeBackWhatWasTakenAlong() {
    queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    Working late = work(3);
    List<LeasedTask> tasks = late.tasks(3);
    for (int along = 2; along > 0; along--) {
      Working heir =
          Working.unopened((along == 2 ? TestServer.second() : TestServer.first()).channel());
      WorkRequest.Open.Builder open = Working.at(queue, 0);
      tasks.subList(0, along).forEach(task -> open.addHeldTasks(progress(task, "")));
      heir.say(WorkRequest.newBuilder().setOpen(open));
      assertThat(heir.next().hasOpened()).isTrue();
      late.cancel();
      int back = 3 - along;
      Eventually.until("the others are back", () -> queue.stats().getReadyCount() == back);
      late = heir;
    }
    cancelTask(tasks.get(0));
    assertThat(late.next().getTaskCancelled().getTaskId()).isEqualTo(tasks.get(0).getTaskId());
    late.ack(tasks.get(0));
    assertThat(settled(late).getOk()).isTrue();
  }

  @Test
  void aDrainLeavesTheLeasesToTheWorker() throws Exception {
    queue.addAll(IntStream.range(0, 2).mapToObj(i -> task("" + i)));
    TestServer server = TestServer.onSharedRedis();
    Working working = Working.open(server.channel(), Working.at(queue, 1));
    LeasedTask leased = working.tasks(1).get(0);
    server.server().close();
    assertThat(working.next().hasReconnect()).isTrue();
    working.end().get(20, TimeUnit.SECONDS);
    assertThat(queue.get(leased.getTaskId()).getState()).isEqualTo(TaskState.TASK_STATE_LEASED);
    assertThat(queue.ack(leased).getOk()).isTrue();
    server.close();
  }

  @Test
  void idleWorkersShareWhatComes() {
    Working first = work(20);
    Working second = Working.open(TestServer.second().channel(), Working.at(queue, 20));
    Eventually.until(
        "both servers wait", () -> TestRedis.commands().zcard(queue.key("waiters")) == 2);
    Set<Working> busy = new HashSet<>();
    for (int i = 0; i < 20 && busy.size() < 2; i++) {
      queue.add("work");
      Eventually.until("somebody has it", () -> !first.isQuiet() || !second.isQuiet());
      Working got = first.isQuiet() ? second : first;
      got.tasks(1);
      busy.add(got);
    }
    assertThat(busy).containsExactlyInAnyOrder(first, second);
  }

  @Test
  void aDueTaskStartsPromptly() {
    Working working = work(100);
    Eventually.until(
        Duration.ofMinutes(1),
        "one starts within 50 ms of its time",
        () -> {
          String id = queue.add(task("soon").setDelay(Durations.fromMillis(200))).getTaskId();
          long due = Timestamps.toMillis(queue.get(id).getRunTime());
          working.tasks(1);
          return System.currentTimeMillis() - due <= 50;
        });
  }

  @Test
  void theFirstMessageOpensTheWork() {
    Working working = Working.unopened(TestServer.first().channel());
    working.credit(1);
    Refused refused =
        Refused.of(catchThrowable(() -> working.end().get(20, TimeUnit.SECONDS)).getCause());
    assertThat(refused.fields()).containsExactly("open");
  }

  @Test
  void tooManyCreditsAreRefused() {
    Working working = work(1000);
    for (int i = 0; i < 10; i++) {
      working.credit(1000);
    }
    Refused refused =
        Refused.of(catchThrowable(() -> working.end().get(20, TimeUnit.SECONDS)).getCause());
    assertThat(refused.reason()).isEqualTo("TOO_MANY_CREDITS");
  }
}
