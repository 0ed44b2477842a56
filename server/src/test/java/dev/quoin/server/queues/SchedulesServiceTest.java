// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.queues.v1.DeleteScheduleRequest;
import dev.quoin.queues.v1.GetScheduleRequest;
import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.ListSchedulesRequest;
import dev.quoin.queues.v1.ListSchedulesResponse;
import dev.quoin.queues.v1.MissedRuns;
import dev.quoin.queues.v1.Overlap;
import dev.quoin.queues.v1.PreviewScheduleRequest;
import dev.quoin.queues.v1.PutScheduleRequest;
import dev.quoin.queues.v1.Schedule;
import dev.quoin.queues.v1.SchedulesGrpc;
import dev.quoin.queues.v1.SchedulesGrpc.SchedulesBlockingStub;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestConnection;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Status.Code;
import io.lettuce.core.ScriptOutputType;
import io.opentelemetry.api.OpenTelemetry;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class SchedulesServiceTest {
  private static final long DAY_MILLIS = 86_400_000;
  private static final String INDEX = "quoin:-:queues:{%schedules}:index";

  private final Queue queue = Queue.fresh();
  private final SchedulesBlockingStub schedules =
      SchedulesGrpc.newBlockingStub(TestServer.first().channel());

  private PutScheduleRequest.Builder nightly() {
    TestServer.second(); // several servers, yet each run adds one task
    return PutScheduleRequest.newBuilder()
        .setQueue(queue.name())
        .setName("nightly")
        .setCron("0 3 * * *")
        .setTask(task("report"));
  }

  private Schedule get() {
    return get("nightly");
  }

  private Schedule get(String name) {
    return schedules
        .getSchedule(GetScheduleRequest.newBuilder().setQueue(queue.name()).setName(name).build())
        .getSchedule();
  }

  /** Makes the next run of the schedule lie back so far. */
  private void passTime(long millis) {
    passTime("nightly", millis);
  }

  private void passTime(String name, long millis) {
    String member = "default\n" + queue.name() + "\n" + name;
    Eventually.until(
        "the look at what was before is over",
        () -> TestRedis.commands().zscore(INDEX, member) > System.currentTimeMillis());
    String stored = TestRedis.commands().hget(queue.key("schedules"), name);
    String rest = stored.substring(stored.indexOf(' '));
    long next = System.currentTimeMillis() - millis;
    TestRedis.commands().hset(queue.key("schedules"), name, next + rest);
    TestRedis.commands().zadd(INDEX, 1, member);
  }

  private void awaitRun() {
    awaitRun("nightly");
  }

  private void awaitRun(String name) {
    Eventually.until(
        "it has run",
        () -> Timestamps.toMillis(get(name).getNextRunTime()) > System.currentTimeMillis());
  }

  @Test
  void aScheduleAddsItsTaskAtItsTime() {
    var put = schedules.putSchedule(nightly().build());
    assertThat(Timestamps.toMillis(put.getNextRunTime()) % DAY_MILLIS).isEqualTo(3 * 3_600_000);
    assertThat(queue.lease(1)).isEmpty();
    passTime(1_000);
    LeasedTask leased = queue.leaseOne();
    assertThat(Queue.payload(leased)).isEqualTo("report");
    awaitRun();
    assertThat(get().getLastTaskId()).isEqualTo(leased.getTaskId());
    assertThat(get().getNextRunTime()).isEqualTo(put.getNextRunTime());
    assertThat(queue.lease(1)).isEmpty();
  }

  @Test
  void aScheduleGoesOnAfterTheClockOfRedisWasAYearAhead() {
    var put = schedules.putSchedule(nightly().build());
    passTime(1_000);
    queue.ack(queue.leaseOne());
    awaitRun();
    long astray = System.currentTimeMillis() + 365 * DAY_MILLIS;
    String stored = TestRedis.commands().hget(queue.key("schedules"), "nightly");
    String rest = stored.substring(stored.indexOf(' ', stored.indexOf(' ') + 1));
    TestRedis.commands()
        .hset(queue.key("schedules"), "nightly", astray + " " + (astray - DAY_MILLIS) + rest);
    TestRedis.commands().zadd(INDEX, astray, "default\n" + queue.name() + "\nnightly");

    Eventually.until(
        "it runs when it should", () -> get().getNextRunTime().equals(put.getNextRunTime()));

    assertThat(get().hasLastRunTime()).isFalse();
    assertThat(queue.lease(1)).isEmpty();
    assertThat(TestRedis.commands().zscore(INDEX, "default\n" + queue.name() + "\nnightly"))
        .isLessThan(System.currentTimeMillis() + DAY_MILLIS);
  }

  @Test
  void aTaskThatWaitsForAWorkerIsToldOfARun() {
    schedules.putSchedule(nightly().setCron("* * * * * *").build());
    assertThat(Queue.payload(queue.leaseOne())).isEqualTo("report");
    assertThat(Queue.payload(queue.leaseOne())).isEqualTo("report");
    schedules.deleteSchedule(
        DeleteScheduleRequest.newBuilder().setQueue(queue.name()).setName("nightly").build());
    assertThat(Refused.by(this::get).reason()).isEqualTo("SCHEDULE_NOT_FOUND");
  }

  @Test
  void puttingItAgainChangesNothing() {
    schedules.putSchedule(nightly().build());
    passTime(-500_000);
    Schedule before = get();
    schedules.putSchedule(nightly().build());
    assertThat(get()).isEqualTo(before);
    schedules.putSchedule(nightly().setCron("0 4 * * *").build());
    assertThat(get().getNextRunTime()).isNotEqualTo(before.getNextRunTime());
  }

  @Test
  void aScheduleThatIsReplacedWhileItIsLookedAtRunsAsItIsNow() {
    schedules.putSchedule(nightly().build());
    Eventually.until("it has been looked at", () -> noted() > System.currentTimeMillis());
    try (TestConnection connection = TestConnection.open()) {
      Scripts scripts = new Scripts(connection.redis(), OpenTelemetry.noop().getMeter("test"));
      Keyspace keyspace = new Keyspace("quoin", "queues");
      ScheduleStore store =
          new ScheduleStore(new QueueStore(scripts, keyspace, "test"), ScheduleKeys.of(keyspace));
      var due =
          new ScheduleStore.Due(
              new ScheduleRef("default", queue.name(), "nightly"), 0, "" + (long) noted());
      schedules.putSchedule(nightly().setCron("* * * * * *").build());
      assertThat(store.later(due, due.inMillis() + 1).toCompletableFuture().join().flag())
          .isFalse();
    }
    assertThat(Queue.payload(queue.leaseOne())).isEqualTo("report");
  }

  private double noted() {
    return TestRedis.commands().zscore(INDEX, "default\n" + queue.name() + "\nnightly");
  }

  @Test
  void missedRunsAddOneTaskOrNoneOrAll() {
    List<MissedRuns> policies =
        List.of(
            MissedRuns.MISSED_RUNS_ONCE, MissedRuns.MISSED_RUNS_SKIP, MissedRuns.MISSED_RUNS_ALL);
    for (MissedRuns policy : policies) {
      String name = policy.name();
      schedules.putSchedule(
          nightly().setName(name).setTask(task(name)).setMissedRuns(policy).build());
    }
    policies.forEach(policy -> passTime(policy.name(), 10 * DAY_MILLIS));
    policies.forEach(policy -> awaitRun(policy.name()));
    List<String> payloads = queue.leasedPayloads(100);
    assertThat(payloads).filteredOn("MISSED_RUNS_ONCE"::equals).hasSize(1);
    assertThat(payloads).filteredOn("MISSED_RUNS_SKIP"::equals).isEmpty();
    assertThat(payloads).filteredOn("MISSED_RUNS_ALL"::equals).hasSizeBetween(10, 12);
    assertThat(get("MISSED_RUNS_SKIP").hasLastRunTime()).isTrue();
  }

  @Test
  void aRunIsLeftOutWhileTheTaskBeforeHasNotEnded() {
    schedules.putSchedule(nightly().setOverlap(Overlap.OVERLAP_SKIP).build());
    passTime(1_000);
    LeasedTask first = queue.leaseOne();
    passTime(1_000);
    awaitRun();
    assertThat(queue.lease(1)).isEmpty();
    queue.ack(first);
    passTime(1_000);
    assertThat(queue.leaseOne().getTaskId()).isNotEqualTo(first.getTaskId());
  }

  @Test
  void schedulesOfAQueueAreListed() {
    schedules.putSchedule(nightly().setName("b").build());
    schedules.putSchedule(nightly().setName("a").build());
    assertThat(
            schedules
                .listSchedules(ListSchedulesRequest.newBuilder().setQueue(queue.name()).build())
                .getSchedulesList())
        .extracting(schedule -> schedule.getDefinition().getName())
        .containsExactly("a", "b");
  }

  @Test
  void schedulesOfAllQueuesAreListed() {
    SchedulesBlockingStub own = schedules.withInterceptors(TestServer.in(queue.name()));
    own.putSchedule(nightly().setQueue("b").setName("1").build());
    own.putSchedule(nightly().setQueue("a").setName("2").build());
    own.putSchedule(nightly().setQueue("a").setName("1").build());
    own.putSchedule(nightly().setQueue("a b").setName("1").build());

    ListSchedulesRequest all = ListSchedulesRequest.getDefaultInstance();
    assertThat(names(own.listSchedules(all))).containsExactly("a/1", "a/2", "a b/1", "b/1");
    assertThat(names(own.listSchedules(ListSchedulesRequest.newBuilder().setQueue("a").build())))
        .containsExactly("a/1", "a/2");

    own.deleteSchedule(DeleteScheduleRequest.newBuilder().setQueue("a").setName("1").build());
    assertThat(names(own.listSchedules(all))).containsExactly("a/2", "a b/1", "b/1");
    assertThat(schedules.listSchedules(all).getSchedulesList())
        .extracting(schedule -> schedule.getDefinition().getQueue())
        .doesNotContain("a b");
  }

  @TestFactory
  Stream<DynamicTest> pages() {
    return PagingKit.tests(
        SchedulesGrpc.getListSchedulesMethod(),
        ListSchedulesRequest.newBuilder().setQueue(queue.name()),
        ListSchedulesRequest.newBuilder(),
        i -> schedules.putSchedule(nightly().setName("" + i).build()));
  }

  private static List<String> names(ListSchedulesResponse page) {
    return page.getSchedulesList().stream()
        .map(Schedule::getDefinition)
        .map(definition -> definition.getQueue() + '/' + definition.getName())
        .toList();
  }

  @Test
  void aNamespaceThatIsFullLeavesRoomToOthers() {
    String names = INDEX.replace("index", "names:" + queue.name());
    TestRedis.commands()
        .eval(
            "for i = 1, 100000 do redis.call('ZADD', KEYS[1], 0, 'q\\n' .. i) end return 1",
            ScriptOutputType.INTEGER,
            names);
    try {
      SchedulesBlockingStub full = schedules.withInterceptors(TestServer.in(queue.name()));
      assertThat(Refused.by(() -> full.putSchedule(nightly().build())).reason())
          .isEqualTo("SCHEDULES_FULL");
      assertThat(schedules.putSchedule(nightly().build()).hasNextRunTime()).isTrue();
    } finally {
      TestRedis.commands().del(names);
    }
  }

  @Test
  void aPreviewTellsTheNextRuns() {
    PreviewScheduleRequest request =
        PreviewScheduleRequest.newBuilder()
            .setCron("0 9 * * MON-FRI")
            .setTimeZone("America/New_York")
            .setAfterTime(Timestamps.fromSeconds(1_767_225_600))
            .setMaxItems(2)
            .build();
    assertThat(schedules.previewSchedule(request).getRunTimesList())
        .extracting(Timestamps::toString)
        .containsExactly("2026-01-01T14:00:00Z", "2026-01-02T14:00:00Z");
  }

  @Test
  void aQueueHasAThousandSchedulesAtMost() {
    for (int i = 0; i < 1_000; i++) {
      TestRedis.commands().hset(queue.key("schedules"), "s" + i, "0 0 -\n");
    }

    Refused refused = Refused.by(() -> schedules.putSchedule(nightly().build()));

    assertThat(refused.code()).isEqualTo(Code.RESOURCE_EXHAUSTED);
    assertThat(refused.reason()).isEqualTo("SCHEDULES_FULL");
    assertThat(TestRedis.commands().hlen(queue.key("schedules"))).isEqualTo(1_000);
  }

  @Test
  void runsBeyondTheYear9999AreNotShown() throws Exception {
    PreviewScheduleRequest last =
        PreviewScheduleRequest.newBuilder()
            .setCron("0 0 1 1 *")
            .setAfterTime(Timestamps.parse("9995-06-01T00:00:00Z"))
            .build();
    assertThat(schedules.previewSchedule(last).getRunTimesList())
        .hasSize(4)
        .endsWith(Timestamps.parse("9999-01-01T00:00:00Z"));
    PreviewScheduleRequest none =
        last.toBuilder().setAfterTime(Timestamps.parse("9999-06-01T00:00:00Z")).build();
    assertThat(schedules.previewSchedule(none).getRunTimesList()).isEmpty();
  }

  @Test
  void aDayThatNeverComesDoesNotReplaceASchedule() {
    var put = schedules.putSchedule(nightly().build());
    Refused refused =
        Refused.by(() -> schedules.putSchedule(nightly().setCron("0 3 30 2 *").build()));
    assertThat(refused.fields()).containsExactly("cron");
    assertThat(get().getDefinition().getCron()).isEqualTo("0 3 * * *");
    assertThat(get().getNextRunTime()).isEqualTo(put.getNextRunTime());
    PreviewScheduleRequest preview =
        PreviewScheduleRequest.newBuilder().setCron("0 3 31 4 *").build();
    assertThat(Refused.by(() -> schedules.previewSchedule(preview)).fields())
        .containsExactly("cron");
  }

  @Test
  void whatCannotBeScheduledIsRefused() {
    assertThat(Refused.by(() -> schedules.putSchedule(nightly().setCron("x").build())).fields())
        .containsExactly("cron");
    assertThat(
            Refused.by(() -> schedules.putSchedule(nightly().setTimeZone("Mars/North").build()))
                .fields())
        .containsExactly("time_zone");
    assertThat(
            Refused.by(
                    () ->
                        schedules.putSchedule(
                            nightly().setTask(task("x").setDelay(Queue.seconds(1))).build()))
                .fields())
        .containsExactly("task.delay");
  }
}
