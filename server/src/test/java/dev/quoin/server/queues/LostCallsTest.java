// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.seconds;
import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.queues.v1.LeasedTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.server.testing.BadProxy;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.TestServer;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What becomes of tasks when nobody hears that they were leased. Leases are ten minutes long, so
 * that none ends by itself.
 */
final class LostCallsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  /** More than Redis is asked to look at in one step. */
  private static final int OTHERS = 900;

  private RedisProcess redis;
  private BadProxy proxy;
  private TestServer server;
  private Queue queue;

  @BeforeEach
  void start() {
    redis = RedisProcess.start("--appendonly", "no", "--slowlog-log-slower-than", "0");
    proxy = BadProxy.start(redis.port());
    server = TestServer.start("redis", "redis://127.0.0.1:" + proxy.port(), "threads", "1");
    makeScriptsKnown(newQueue());
    queue = newQueue();
  }

  private Queue newQueue() {
    return new Queue(Queue.fresh().name(), QueuesGrpc.newBlockingStub(server.channel()));
  }

  /** A script that Redis does not know yet takes two steps. */
  private static void makeScriptsKnown(Queue other) {
    other.ack(other.begin());
  }

  @AfterEach
  void stop() {
    Working.cancelAll();
    server.close();
    proxy.close();
    redis.close();
  }

  /** Leases many tasks, which stay leased; one of them is the answer. */
  private LeasedTask leaseOthers() {
    queue.addAll(IntStream.range(0, OTHERS).mapToObj(i -> task("other")));
    LeasedTask one = lease(1).get(0);
    while (leasedCount() < OTHERS) {
      lease(100);
    }
    return one;
  }

  private List<LeasedTask> lease(int most) {
    return queue.stub().lease(queue.request(most).setLease(seconds(600)).build()).getTasksList();
  }

  private void loseALease() {
    assertThat(Refused.by(() -> lease(10)).reason()).isEqualTo("STORE_UNAVAILABLE");
  }

  private void awaitNewConnections(int before) {
    Eventually.until(LONG, "all three are replaced", () -> proxy.connections() >= before + 3);
    Eventually.until(LONG, "calls are served again", () -> leasedCount() >= 0);
  }

  private long leasedCount() {
    try {
      return queue.stats().getLeasedCount();
    } catch (StatusRuntimeException e) {
      return -1;
    }
  }

  private void assertTasksAreAsBefore(List<String> ids) {
    List<LeasedTask> tasks = lease(10);
    assertThat(tasks).extracting(LeasedTask::getTaskId).containsExactlyElementsOf(ids);
    assertThat(tasks).extracting(LeasedTask::getAttempt).containsOnly(1);
  }

  @Test
  void tasksGoBackWhenRedisLeasedThemAndTheAnswerIsLost() {
    LeasedTask other = leaseOthers();
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    int before = proxy.connections();
    proxy.swallowAnswers();
    loseALease();
    assertThat(redis.commands().zcard(queue.key("leased"))).isEqualTo(OTHERS + 3);
    awaitNewConnections(before);
    Eventually.until(LONG, "they are back", () -> leasedCount() == OTHERS);
    assertTasksAreAsBefore(ids);
    assertThat(queue.ack(other).getOk()).isTrue();
  }

  @Test
  void tasksGoBackWhenRedisWasStoppedForLong() {
    LeasedTask other = leaseOthers();
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    int before = proxy.connections();
    redis.freeze();
    loseALease();
    Eventually.until(LONG, "the server connects anew", () -> proxy.connections() > before);
    redis.unfreeze();
    Eventually.until(LONG, "calls are served again", () -> leasedCount() >= 0);
    Eventually.until(LONG, "they are back", () -> leasedCount() == OTHERS);
    assertTasksAreAsBefore(ids);
    assertThat(queue.ack(other).getOk()).isTrue();
  }

  @Test
  void callThatComesToRedisVeryLateLeasesNothing() {
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    int before = proxy.connections();
    Runnable deliver = proxy.delayRequests();
    loseALease();
    proxy.swallowAll(); // so that only this is late
    awaitNewConnections(before);
    Eventually.until(LONG, "Redis is told", () -> !lostCalls().isEmpty());
    deliver.run();
    Eventually.until("Redis has carried it out", () -> log().contains("-" + lostCalls()));
    assertThat(queue.stats().getReadyCount()).isEqualTo(3);
    assertTasksAreAsBefore(ids);
  }

  /** The call that must not lease anything, with '/' before it; empty when there is none. */
  private String lostCalls() {
    String lost = redis.commands().hget(queue.key("meta"), "lost");
    return lost == null ? "" : lost.replaceAll("^\\d+|/$", "");
  }

  /** What Redis was asked to do. */
  private String log() {
    return redis.commands().slowlogGet(100).toString();
  }

  @Test
  void whatRedisRemembersOfLostCallsIsForgotten() {
    queue.add("work");
    redis.commands().hset(queue.key("meta"), "lost", "1/call/");
    queue.leaseOne();
    assertThat(redis.commands().hexists(queue.key("meta"), "lost")).isFalse();
  }

  @Test
  void workersGetTasksThatWereLeasedForThemWithoutTheirKnowing() {
    Working working =
        Working.open(
            server.channel(), Working.at(queue, 0).setLease(seconds(600)).setReportsStart(true));
    List<String> ids = queue.addAll(IntStream.range(0, 3).mapToObj(i -> task("" + i)));
    proxy.swallowAnswers();
    working.credit(10);
    Eventually.until("they are leased", () -> redis.commands().zcard(queue.key("leased")) == 3);
    Eventually.until(LONG, "the worker gets some", () -> !working.isQuiet());
    List<LeasedTask> tasks = working.tasks(3);
    assertThat(tasks).extracting(LeasedTask::getTaskId).containsExactlyElementsOf(ids);
    assertThat(tasks).extracting(LeasedTask::getAttempt).containsOnly(1);
    working.cancel();
    Eventually.until("they are back", () -> queue.stats().getReadyCount() == 3);
    assertTasksAreAsBefore(ids);
  }
}
