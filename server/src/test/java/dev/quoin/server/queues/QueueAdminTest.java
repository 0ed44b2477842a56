// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.failed;
import static dev.quoin.server.queues.Queue.payload;
import static dev.quoin.server.queues.Queue.progress;
import static dev.quoin.server.queues.Queue.seconds;
import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.CancelRequest;
import dev.quoin.queues.v1.ConfigureRequest;
import dev.quoin.queues.v1.DeadFilter;
import dev.quoin.queues.v1.EnqueueResponse;
import dev.quoin.queues.v1.GetStatsResponse;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.ListDeadRequest;
import dev.quoin.queues.v1.ListDeadResponse;
import dev.quoin.queues.v1.ListQueuesRequest;
import dev.quoin.queues.v1.ListRequest;
import dev.quoin.queues.v1.NackRequest;
import dev.quoin.queues.v1.PauseRequest;
import dev.quoin.queues.v1.PriorityCount;
import dev.quoin.queues.v1.PurgeRequest;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.queues.v1.RedriveRequest;
import dev.quoin.queues.v1.RedriveResponse;
import dev.quoin.queues.v1.RescheduleRequest;
import dev.quoin.queues.v1.ResumeRequest;
import dev.quoin.queues.v1.TaskState;
import dev.quoin.queues.v1.TaskStatus;
import dev.quoin.queues.v1.WaitRequest;
import dev.quoin.queues.v1.WaitResponse;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.WatchKit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class QueueAdminTest {
  private final Queue queue = Queue.fresh();

  private TaskState cancel(String id) {
    return queue
        .stub()
        .cancel(CancelRequest.newBuilder().setQueue(queue.name()).setTaskId(id).build())
        .getState();
  }

  @Test
  void aTaskThatWaitsCanBeCancelled() {
    String ready = queue.add("ready");
    String delayed = queue.add(task("delayed").setDelay(seconds(1000))).getTaskId();
    assertThat(cancel(ready)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(cancel(delayed)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(cancel(ready)).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    queue.passDelays();
    assertThat(queue.lease(10)).isEmpty();
    assertThat(queue.get(ready).getState()).isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(Refused.by(() -> cancel("0123")).reason()).isEqualTo("TASK_NOT_FOUND");
  }

  @Test
  void whatStandsWithATaskIsNoTask() {
    String id = queue.add("a".repeat(5000));
    LeasedTask leased = queue.leaseOne();
    queue.extend(leased, "half");
    for (String mark : List.of("!", "#", "?", "%")) {
      assertThat(Refused.by(() -> cancel(mark + id)).reason()).isEqualTo("TASK_NOT_FOUND");
      assertThat(Refused.by(() -> queue.get(mark + id)).reason()).isEqualTo("TASK_NOT_FOUND");
      RescheduleRequest request =
          RescheduleRequest.newBuilder().setQueue(queue.name()).setTaskId(mark + id).build();
      assertThat(Refused.by(() -> queue.stub().reschedule(request)).reason())
          .isEqualTo("TASK_NOT_FOUND");
    }
    assertThat(queue.lease(1)).isEmpty();
    assertThat(queue.get(id).getPayload().size()).isEqualTo(5000);
    assertThat(queue.ack(leased).getOk()).isTrue();
  }

  @Test
  void aTaskThatIsBeingDoneIsAskedToStop() {
    queue.add("a");
    queue.add("b");
    queue.add("c");
    List<LeasedTask> leased = queue.lease(3);
    leased.forEach(
        task -> assertThat(cancel(task.getTaskId())).isEqualTo(TaskState.TASK_STATE_LEASED));
    assertThat(queue.extend(leased.get(0), "").getCancelRequested()).isTrue();
    assertThat(queue.nack(failed(leased.get(0), "stopped")).getState())
        .isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(queue.ack(leased.get(1)).getState()).isEqualTo(TaskState.TASK_STATE_DONE);
    queue.expire(leased.get(2).getTaskId());
    assertThat(queue.lease(1)).isEmpty();
    assertThat(queue.get(leased.get(2).getTaskId()).getState())
        .isEqualTo(TaskState.TASK_STATE_CANCELLED);
    assertThat(cancel(leased.get(1).getTaskId())).isEqualTo(TaskState.TASK_STATE_DONE);
  }

  @Test
  void aTaskThatWaitsCanStartAtAnotherTime() {
    String id = queue.add("work");
    RescheduleRequest request =
        RescheduleRequest.newBuilder().setQueue(queue.name()).setTaskId(id).build();
    queue.stub().reschedule(request.toBuilder().setDelay(seconds(1000)).build());
    assertThat(queue.lease(1)).isEmpty();
    assertThat(queue.get(id).getState()).isEqualTo(TaskState.TASK_STATE_DELAYED);
    queue.stub().reschedule(request);
    LeasedTask leased = queue.leaseOne();
    assertThat(Refused.by(() -> queue.stub().reschedule(request)).reason())
        .isEqualTo("TASK_NOT_WAITING");
    queue.ack(leased);
    assertThat(Refused.by(() -> queue.stub().reschedule(request)).reason())
        .isEqualTo("TASK_NOT_WAITING");
  }

  @Test
  void whoWaitsForATaskSeesItsStatesAndItsEnd() {
    String id = queue.add("work");
    CompletableFuture<List<TaskStatus>> seen =
        CompletableFuture.supplyAsync(
            () -> {
              List<TaskStatus> all = new ArrayList<>();
              Iterator<WaitResponse> stream =
                  queue
                      .elsewhere()
                      .stub()
                      .wait(WaitRequest.newBuilder().setQueue(queue.name()).setTaskId(id).build());
              stream.forEachRemaining(response -> all.add(response.getStatus()));
              return all;
            });
    Eventually.until(
        "changes are followed", () -> TestRedis.commands().hexists(queue.key("meta"), "watched"));
    LeasedTask leased = queue.leaseOne();
    queue.extend(leased, "half");
    queue.ack(leased, "42");
    List<TaskStatus> all = seen.join();
    TaskStatus last = all.get(all.size() - 1);
    assertThat(last.getState()).isEqualTo(TaskState.TASK_STATE_DONE);
    assertThat(last.getResult().toStringUtf8()).isEqualTo("42");
    assertThat(all).filteredOn(status -> status.getState() == last.getState()).hasSize(1);
  }

  @TestFactory
  Stream<DynamicTest> watches() {
    Map<String, LeasedTask> tasks = new ConcurrentHashMap<>();
    Function<String, LeasedTask> task =
        name -> tasks.computeIfAbsent(name, n -> new Queue(queue.name() + n, queue.stub()).begin());
    return WatchKit.tests(
        QueuesGrpc.getWaitMethod(),
        name ->
            WaitRequest.newBuilder()
                .setQueue(queue.name() + name)
                .setTaskId(task.apply(name).getTaskId()),
        (name, n) -> queue.extend(task.apply(name), "change " + n),
        (message, n) -> message.getStatus().getProgressText().equals("change " + n));
  }

  @Test
  void waitingForAnUnknownTaskIsRefused() {
    WaitRequest request = WaitRequest.newBuilder().setQueue(queue.name()).setTaskId("0123").build();
    assertThat(Refused.by(() -> queue.stub().wait(request).next()).reason())
        .isEqualTo("TASK_NOT_FOUND");
  }

  @Test
  void statsTellHowTheQueueIs() {
    queue.add(task("a").setPriority(9));
    queue.add("b");
    queue.add("c");
    queue.add(task("later").setDelay(seconds(1000)));
    queue.ack(queue.leaseOne());
    queue.leaseOne();
    GetStatsResponse stats = queue.stats();
    assertThat(stats.getReadyCount()).isEqualTo(1);
    assertThat(stats.getReadyByPriorityList())
        .containsExactly(PriorityCount.newBuilder().setPriority(5).setCount(1).build());
    assertThat(stats.getDelayedCount()).isEqualTo(1);
    assertThat(stats.getLeasedCount()).isEqualTo(1);
    assertThat(stats.getFinishedCount()).isEqualTo(1);
    assertThat(stats.hasOldestAge()).isTrue();
    assertThat(stats.getRates().getEnqueuedPerSecond()).isPositive();
    assertThat(stats.getRates().getDonePerSecond()).isPositive();
    assertThat(stats.getMaxTasks()).isEqualTo(10_000_000);
    assertThat(Queue.fresh().stats().getReadyCount()).isZero();
  }

  @Test
  void aPausedQueueKeepsItsTasks() {
    queue.stub().pause(PauseRequest.newBuilder().setQueue(queue.name()).build());
    queue.add("kept");
    assertThat(queue.lease(1)).isEmpty();
    assertThat(queue.stats().getPaused()).isTrue();
    CompletableFuture<LeasedTask> waiting =
        CompletableFuture.supplyAsync(() -> queue.elsewhere().leaseOne());
    Eventually.until("a server waits", () -> TestRedis.commands().zcard(queue.key("waiters")) == 1);
    queue.stub().resume(ResumeRequest.newBuilder().setQueue(queue.name()).build());
    assertThat(payload(waiting.join())).isEqualTo("kept");
  }

  @Test
  void whoPausesAQueueNobodyHasUsedIsTold() {
    PauseRequest pause = PauseRequest.newBuilder().setQueue(queue.name()).build();
    ResumeRequest resume = ResumeRequest.newBuilder().setQueue(queue.name()).build();
    assertThat(queue.stub().resume(resume).getWasPaused()).isFalse();
    assertThat(queue.stub().pause(pause).getNewQueue()).isTrue();
    assertThat(queue.stub().pause(pause).getNewQueue()).isFalse();
    ListQueuesRequest list = ListQueuesRequest.newBuilder().setPrefix(queue.name()).build();
    assertThat(queue.stub().listQueues(list).getQueuesList()).contains(queue.name());
    assertThat(queue.stub().resume(resume).getWasPaused()).isTrue();

    Queue other = Queue.fresh();
    ConfigureRequest configure = ConfigureRequest.newBuilder().setQueue(other.name()).build();
    other.add("used");
    assertThat(other.stub().configure(configure).getNewQueue()).isFalse();
  }

  private void configure(long leases, long perKey, long tasks) {
    queue
        .stub()
        .configure(
            ConfigureRequest.newBuilder()
                .setQueue(queue.name())
                .setMaxLeases(leases)
                .setMaxLeasesPerKey(perKey)
                .setMaxTasks(tasks)
                .build());
  }

  @Test
  void aFullQueueRefusesTasks() {
    configure(0, 0, 2);
    queue.add("a");
    queue.add(task("b").setDedupKey("b"));
    assertThat(Refused.by(() -> queue.add("c")).reason()).isEqualTo("QUEUE_FULL");
    assertThat(queue.add(task("b").setDedupKey("b")).getDuplicate()).isTrue();
    queue.ack(queue.leaseOne());
    assertThat(queue.add("c")).isNotEmpty();
  }

  @Test
  void aQueueHasAtMostSoManyLeases() {
    configure(2, 0, 0);
    queue.addAll(IntStream.range(0, 4).mapToObj(i -> task("" + i)));
    List<LeasedTask> leased = queue.lease(10);
    assertThat(leased).hasSize(2);
    assertThat(queue.lease(10)).isEmpty();
    CompletableFuture<LeasedTask> waiting =
        CompletableFuture.supplyAsync(() -> queue.elsewhere().leaseOne());
    Eventually.until("a server waits", () -> TestRedis.commands().zcard(queue.key("waiters")) == 1);
    queue.ack(leased.get(0));
    assertThat(payload(waiting.join())).isEqualTo("2");
    assertThat(queue.lease(10)).isEmpty();
  }

  @Test
  void aFairnessKeyHasAtMostSoManyLeases() {
    configure(0, 2, 0);
    for (int i = 0; i < 5; i++) {
      queue.add(task("a" + i).setFairnessKey("a"));
    }
    queue.add(task("b0").setFairnessKey("b"));
    List<LeasedTask> leased = queue.lease(10);
    assertThat(leased).extracting(Queue::payload).containsExactlyInAnyOrder("a0", "a1", "b0");
    assertThat(queue.stats().getHeldBackCount()).isEqualTo(3);
    assertThat(queue.stats().getReadyCount()).isEqualTo(3);
    LeasedTask first =
        leased.stream().filter(task -> payload(task).equals("a0")).findFirst().orElseThrow();
    queue.ack(first);
    assertThat(queue.leasedPayloads(10)).containsExactly("a2");
    configure(0, 0, 0);
    assertThat(queue.leasedPayloads(10)).containsExactly("a3", "a4");
  }

  /** Adds tasks of one key, of which one is leased, and the others are held back. */
  private LeasedTask addHeldBack(int tasks) {
    configure(0, 1, 0);
    for (int added = 0; added < tasks; added += 600) {
      queue.addAll(
          IntStream.range(added, Math.min(added + 600, tasks))
              .mapToObj(i -> task("a" + i).setFairnessKey("a")));
    }
    LeasedTask first = queue.leaseOne();
    Eventually.until(
        "all others are held back",
        () -> queue.lease(1).isEmpty() && queue.stats().getHeldBackCount() == tasks - 1);
    return first;
  }

  @Test
  void allThatWasHeldBackGoesOnWithoutTheLimit() {
    LeasedTask first = addHeldBack(1300);
    configure(0, 0, 0);
    assertThat(queue.stats().getHeldBackCount()).isEqualTo(299);
    int leased = 0;
    for (List<LeasedTask> some = queue.lease(100); !some.isEmpty(); some = queue.lease(100)) {
      leased += some.size();
    }
    assertThat(leased).isEqualTo(1299);
    assertThat(queue.ack(first).getOk()).isTrue();
  }

  @Test
  void whatIsHeldBackGoesOnWhenTheTaskWhoseTurnItIsGoesAway() {
    LeasedTask first = addHeldBack(4);
    queue.ack(first);
    String second = list(TaskState.TASK_STATE_READY).get(0).getTaskId();
    cancel(second);
    String third = list(TaskState.TASK_STATE_READY).get(0).getTaskId();
    queue
        .stub()
        .reschedule(
            RescheduleRequest.newBuilder()
                .setQueue(queue.name())
                .setTaskId(third)
                .setDelay(seconds(1000))
                .build());
    assertThat(queue.leasedPayloads(10)).containsExactly("a3");
  }

  @Test
  void aPurgeLeavesNothingHeldBackForEver() {
    queue.ack(addHeldBack(1202));
    queue
        .stub()
        .purge(
            PurgeRequest.newBuilder()
                .setQueue(queue.name())
                .addStates(TaskState.TASK_STATE_READY)
                .build());
    for (int i = 0; i < 201; i++) {
      assertThat(queue.ack(queue.leaseOne()).getOk()).isTrue();
    }
    assertThat(queue.stats().getReadyCount()).isZero();
  }

  @Test
  void whatIsHeldBackDoesNotHideOtherTasks() {
    configure(0, 1, 0);
    queue.addAll(IntStream.range(0, 400).mapToObj(i -> task("a" + i).setFairnessKey("a")));
    queue.add(task("least urgent").setPriority(0));
    assertThat(queue.leasedPayloads(1)).containsExactly("a0");
    assertThat(queue.leasedPayloads(1)).containsExactly("least urgent");
  }

  @Test
  void aLeaseThatRanOutMakesRoomForAnother() {
    configure(1, 0, 0);
    queue.add("work");
    queue.expire(queue.leaseOne().getTaskId());
    assertThat(queue.leasedPayloads(1)).containsExactly("work");
  }

  @Test
  void whatIsDueIsListedAsReadyThoughNobodyHasAskedForIt() {
    List<String> due =
        queue.addAll(Stream.generate(() -> task("x").setDelay(seconds(9))).limit(250));
    queue.add("a");
    LeasedTask leased = queue.leaseOne();
    queue.passDelays();
    assertThat(queue.get(due.get(0)).getState()).isEqualTo(TaskState.TASK_STATE_READY);
    queue.expire(leased.getTaskId());

    assertThat(list(TaskState.TASK_STATE_READY))
        .hasSize(200)
        .extracting(TaskStatus::getState)
        .containsOnly(TaskState.TASK_STATE_READY);
    assertThat(list(TaskState.TASK_STATE_DELAYED)).isEmpty();
    assertThat(list(TaskState.TASK_STATE_LEASED)).isEmpty();
    assertThat(queue.stats().getReadyCount()).isEqualTo(251);
    assertThat(queue.stats().getReadyByPriority(0).getCount()).isEqualTo(251);
  }

  @Test
  void whatIsDueIsReadyThoughNobodyHasAskedForIt() {
    queue.add("a");
    queue.add(task("b").setDelay(seconds(1000)));
    queue.expire(queue.leaseOne().getTaskId());
    queue.passDelays();
    GetStatsResponse stats = queue.stats();
    assertThat(stats.getReadyCount()).isEqualTo(2);
    assertThat(stats.getLeasedCount()).isZero();
    assertThat(stats.getDelayedCount()).isZero();
    assertThat(stats.hasNextRunTime()).isFalse();
    assertThat(stats.hasOldestAge()).isTrue();
  }

  @Test
  void keysAreServedInTurn() {
    for (int i = 0; i < 100; i++) {
      queue.add(task("big " + i).setFairnessKey("big"));
    }
    queue.leasedPayloads(10);
    for (int i = 0; i < 10; i++) {
      queue.add(task("small " + i).setFairnessKey("small"));
      queue.add(task("none " + i));
    }
    List<String> next = queue.leasedPayloads(30);
    assertThat(next).filteredOn(payload -> payload.startsWith("small")).hasSize(10);
    assertThat(next).filteredOn(payload -> payload.startsWith("none")).hasSize(10);
    assertThat(next)
        .filteredOn(payload -> payload.startsWith("big"))
        .containsExactlyElementsOf(IntStream.range(10, 20).mapToObj(i -> "big " + i).toList());
  }

  @Test
  void weightsGiveKeysMoreTurns() {
    for (int i = 0; i < 60; i++) {
      queue.add(task("light").setFairnessKey("light"));
      queue.add(task("heavy").setFairnessKey("heavy").setFairnessWeight(4));
    }
    List<String> first = queue.leasedPayloads(50);
    assertThat(first).filteredOn("heavy"::equals).hasSizeBetween(38, 42);
  }

  @Test
  void lanesOfKeysThatAreServedAreForgotten() {
    for (int i = 0; i < 300; i++) {
      queue.add(task("once").setFairnessKey("key " + i).setRetention(seconds(0)));
      queue.ack(queue.leaseOne());
    }
    assertThat(TestRedis.commands().hlen(queue.key("meta"))).isLessThan(150);
  }

  private List<TaskStatus> list(TaskState state) {
    return queue
        .stub()
        .list(
            ListRequest.newBuilder()
                .setQueue(queue.name())
                .setState(state)
                .setPageSize(200)
                .build())
        .getStatusesList();
  }

  @TestFactory
  Stream<DynamicTest> pagesOfTasks() {
    return PagingKit.tests(
        QueuesGrpc.getListMethod(),
        ListRequest.newBuilder().setQueue(queue.name()).setState(TaskState.TASK_STATE_READY),
        ListRequest.newBuilder().setQueue(queue.name()).setState(TaskState.TASK_STATE_DEAD),
        i -> queue.add("" + i));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfDeadLetters() {
    return PagingKit.tests(
        QueuesGrpc.getListDeadMethod(),
        ListDeadRequest.newBuilder().setQueue(queue.name()),
        ListDeadRequest.newBuilder()
            .setQueue(queue.name())
            .setFilter(DeadFilter.newBuilder().setKind("mail")),
        i -> bury("mail", "" + i));
  }

  @TestFactory
  Stream<DynamicTest> pagesOfQueues() {
    return PagingKit.tests(
        QueuesGrpc.getListQueuesMethod(),
        ListQueuesRequest.newBuilder().setPrefix(queue.name() + "/"),
        ListQueuesRequest.newBuilder(),
        i -> new Queue(queue.name() + "/" + i, queue.stub()).add("work"));
  }

  @Test
  void tasksAreListedByState() {
    List<String> ids = queue.addAll(IntStream.range(0, 5).mapToObj(i -> task("" + i)));
    assertThat(list(TaskState.TASK_STATE_READY)).extracting(TaskStatus::getTaskId).isEqualTo(ids);
    LeasedTask leased = queue.leaseOne();
    assertThat(list(TaskState.TASK_STATE_LEASED).get(0).getExpireTime())
        .isEqualTo(leased.getExpireTime());
    queue.ack(leased);
    assertThat(list(TaskState.TASK_STATE_DONE).get(0).getTaskId()).isEqualTo(ids.get(0));
  }

  private void bury(String kind, String error) {
    queue.add(task(kind).setKind(kind));
    queue.nack(failed(queue.leaseOne(), error).setDead(true));
  }

  private ListDeadResponse dead(DeadFilter.Builder filter) {
    return queue
        .stub()
        .listDead(ListDeadRequest.newBuilder().setQueue(queue.name()).setFilter(filter).build());
  }

  @Test
  void deadLettersAreFoundByWhatIsKnownOfThem() {
    bury("mail", "no such address");
    bury("fax", "line busy");
    bury("mail", "line busy");
    assertThat(dead(DeadFilter.newBuilder()).getStatusesCount()).isEqualTo(3);
    assertThat(dead(DeadFilter.newBuilder().setKind("mail")).getStatusesCount()).isEqualTo(2);
    ListDeadResponse both = dead(DeadFilter.newBuilder().setKind("mail").setErrorContains("busy"));
    assertThat(both.getStatusesCount()).isEqualTo(1);
    assertThat(both.getStatuses(0).getPayload().toStringUtf8()).isEqualTo("mail");
    assertThat(both.getStatuses(0).getErrors(0).getError()).isEqualTo("line busy");
    assertThat(both.getNextPageToken()).isEmpty();
  }

  @Test
  void longDeadLettersComeInSeveralPages() {
    String error = "x".repeat(2048);
    for (int i = 0; i < 60; i++) {
      queue.add(task("y".repeat(2048)).setMaxAttempts(20));
    }
    for (int attempt = 0; attempt < 20; attempt++) {
      NackRequest.Builder request = NackRequest.newBuilder();
      queue.lease(100).forEach(task -> request.addFailed(failed(task, error)));
      queue.stub().nack(request.build());
      queue.passDelays();
    }
    ListDeadRequest.Builder request = ListDeadRequest.newBuilder().setQueue(queue.name());
    request.setFilter(DeadFilter.newBuilder().setKind("mail"));
    int listed = 0;
    do {
      ListDeadResponse page = queue.stub().listDead(request.build());
      assertThat(page.getSerializedSize()).isLessThan(1_200_000);
      listed += page.getStatusesCount();
      request.setPageToken(page.getNextPageToken());
    } while (!request.getPageToken().isEmpty());
    assertThat(listed).isEqualTo(60);
  }

  @Test
  void aRedriveThatFindsNothingAtFirstStartsAnew() {
    String slow = queue.key("meta");
    TestRedis.commands().hset(slow, "redrive", "99999999999999");
    assertThat(redrive(RedriveRequest.newBuilder().setPerSecond(1)).getRedriven()).isZero();
    assertThat(TestRedis.commands().hexists(slow, "redrive")).isFalse();
  }

  private RedriveResponse redrive(RedriveRequest.Builder request) {
    return queue.stub().redrive(request.setQueue(queue.name()).build());
  }

  @Test
  void deadLettersGoBackToWorkWithTheirHistory() {
    bury("mail", "no such address");
    bury("fax", "line busy");
    RedriveResponse redriven =
        redrive(RedriveRequest.newBuilder().setFilter(DeadFilter.newBuilder().setKind("fax")));
    assertThat(redriven.getRedriven()).isEqualTo(1);
    assertThat(redriven.getNextPageToken()).isEmpty();
    LeasedTask again = queue.leaseOne();
    assertThat(again.getKind()).isEqualTo("fax");
    assertThat(again.getAttempt()).isEqualTo(2);
    assertThat(queue.get(again.getTaskId()).getErrors(0).getError()).isEqualTo("line busy");
    assertThat(queue.get(again.getTaskId()).getMaxAttempts()).isEqualTo(6);
    assertThat(queue.stats().getDeadCount()).isEqualTo(1);
  }

  @Test
  void deadLettersGoBackAtARate() {
    for (int i = 0; i < 5; i++) {
      bury("mail", "down");
    }
    assertThat(redrive(RedriveRequest.newBuilder().setPerSecond(1)).getRedriven()).isEqualTo(5);
    assertThat(list(TaskState.TASK_STATE_READY).size()).isEqualTo(1);
    List<TaskStatus> delayed = list(TaskState.TASK_STATE_DELAYED);
    assertThat(delayed).hasSize(4);
    Duration span = Timestamps.between(delayed.get(0).getRunTime(), delayed.get(3).getRunTime());
    assertThat(Durations.toMillis(span)).isEqualTo(3000);
  }

  @Test
  void tasksCanBePurged() {
    queue.add("ready");
    queue.add(task("delayed").setDelay(seconds(1000)));
    bury("mail", "down");
    queue.add("leased");
    LeasedTask leased = queue.leaseOne();
    PurgeRequest.Builder request = PurgeRequest.newBuilder().setQueue(queue.name());
    var purged =
        queue
            .stub()
            .purge(
                request
                    .addStates(TaskState.TASK_STATE_READY)
                    .addStates(TaskState.TASK_STATE_DEAD)
                    .build());
    assertThat(purged.getPurged()).isEqualTo(2);
    assertThat(purged.getMore()).isFalse();
    assertThat(queue.stats().getDelayedCount()).isEqualTo(1);
    assertThat(queue.ack(leased).getOk()).isTrue();
    assertThat(
            Refused.by(
                    () ->
                        queue.stub().purge(request.addStates(TaskState.TASK_STATE_LEASED).build()))
                .fields())
        .containsExactly("states[2]");
  }

  @Test
  void purgingManyTakesSeveralCalls() {
    for (int i = 0; i < 2; i++) {
      queue.addAll(IntStream.range(0, 600).mapToObj(n -> task("" + n)));
    }
    PurgeRequest request =
        PurgeRequest.newBuilder()
            .setQueue(queue.name())
            .addStates(TaskState.TASK_STATE_READY)
            .build();
    assertThat(queue.stub().purge(request).getMore()).isTrue();
    assertThat(queue.stub().purge(request).getPurged()).isEqualTo(200);
    assertThat(TestRedis.commands().exists(queue.key("tasks"))).isZero();
    assertThat(TestRedis.commands().hget(queue.key("meta"), "size")).isEqualTo("0");
  }

  @Test
  void queuesAreListed() {
    queue.add("work");
    assertThat(
            queue
                .stub()
                .listQueues(ListQueuesRequest.newBuilder().setPrefix(queue.name()).build())
                .getQueuesList())
        .contains(queue.name());
  }

  @Test
  void theLeaseOfOneTaskKnowsItsQueueAlone() {
    EnqueueResponse added = queue.add(task("work"));
    Queue other = Queue.fresh();
    assertThat(Refused.by(() -> other.get(added.getTaskId())).reason()).isEqualTo("TASK_NOT_FOUND");
    LeasedTask leased = queue.leaseOne();
    assertThat(other.extend(leased.toBuilder().setQueue(other.name()).build(), "").getOk())
        .isFalse();
    assertThat(progress(leased, "").getQueue()).isEqualTo(queue.name());
  }
}
