// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.quoin.queues.v1.Done;
import dev.quoin.queues.v1.LeaseRequest;
import dev.quoin.queues.v1.LeaseResponse;
import dev.quoin.queues.v1.LeasedTask;
import io.lettuce.core.RedisClient;
import io.lettuce.core.api.StatefulRedisConnection;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** An Acquire whose outcome does not reach the program holds nothing. */
class AbandonedAcquireTest {
  @RegisterExtension static final SharedServer SERVER = new SharedServer();

  private static final int TIMES = 300;
  private static final Duration LEASE = Duration.ofMinutes(10);

  private static final int LEASES = 60;
  private static final int TASKS = 100;

  private final AtomicInteger done = new AtomicInteger();
  private final Quoin quoin = SERVER.client(SharedServer.freshNamespace());

  @AfterEach
  void close() {
    quoin.close();
  }

  @Test
  void cancelled() {
    List<String> names = abandon(name -> quoin.locks().tryAcquireAsync(name, LEASE));
    awaitFree(names);
  }

  @Test
  void cancelledWhileItWaits() {
    LeaseHandle lock = quoin.locks().tryAcquire("report", LEASE).orElseThrow();
    LockOptions waiting = LockOptions.lease(LEASE).withMaxWait(Duration.ofSeconds(20));
    for (int i = 0; i < TIMES; i++) {
      CompletableFuture<Optional<LeaseHandle>> waiter =
          quoin.locks().acquireAsync("report", waiting);
      pause();
      CompletableFuture<Void> released = lock.closeAsync();
      pause();
      if (!waiter.cancel(true)) {
        closeWhatIsIn(waiter.join());
      }
      Eventually.get(released);
      lock = quoin.locks().acquire("report", waiting).orElseThrow();
    }
  }

  @Test
  void severalAtOnce() {
    LockOptions options = LockOptions.lease(LEASE);
    List<String> names = new ArrayList<>();
    for (String name :
        abandon(name -> quoin.locks().acquireAllAsync(List.of(name + "a", name + "b"), options))) {
      names.add(name + "a");
      names.add(name + "b");
    }
    awaitFree(names);
  }

  @Test
  void permits() {
    PermitOptions options = PermitOptions.lease(LEASE);
    quoin.semaphores().configure(r -> r.setName("pool").setLimit(TIMES));
    abandon(name -> quoin.semaphores().acquireAsync("pool", options));
    Eventually.until(
        "all are free", () -> quoin.semaphores().get(r -> r.setName("pool")).getInUse() == 0);
  }

  @Test
  void interrupted() {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      String name = "lock " + i;
      names.add(name);
      Thread thread =
          new Thread(
              () -> {
                try {
                  quoin.locks().run(name, LockOptions.lease(LEASE), lock -> {});
                } catch (QuoinException e) {
                  assertThat(Thread.currentThread().isInterrupted()).isTrue();
                }
              });
      thread.start();
      pause();
      thread.interrupt();
      join(thread);
    }
    awaitFree(names);
  }

  @Test
  void cutOffByTheEndOfTheClient() {
    List<String> names = new ArrayList<>();
    String namespace = SharedServer.freshNamespace();
    try (Quoin other = SERVER.client(namespace)) {
      for (int i = 0; i < TIMES / 10; i++) {
        String name = "lock " + i;
        names.add(name);
        Quoin brief = SERVER.client(namespace);
        brief.locks().get(r -> r.setName(name));
        CompletableFuture<?> answer = brief.locks().tryAcquireAsync(name, LEASE);
        pause();
        brief.close();
        assertThat(answer).isDone();
        assertThat(other.locks().get(r -> r.setName(name)).getHeld()).as(name).isFalse();
      }
    }
  }

  @Test
  void tasksOfACancelledLease() {
    addTasks();
    for (int i = 0; i < LEASES; i++) {
      CompletableFuture<LeaseResponse> answer = quoin.queues().leaseAsync(leaseRequest(i));
      pause(i % 2 == 0 ? 60 : 3);
      if (!answer.cancel(true)) {
        take(answer.join());
      }
    }
    awaitTasks();
  }

  @Test
  void tasksOfAnInterruptedLease() {
    addTasks();
    for (int i = 0; i < LEASES; i++) {
      LeaseRequest request = leaseRequest(i);
      Thread thread =
          new Thread(
              () -> {
                try {
                  take(quoin.queues().lease(request));
                } catch (QuoinException e) {
                  assertThat(Thread.currentThread().isInterrupted()).isTrue();
                }
              });
      thread.start();
      pause(i % 2 == 0 ? 60 : 3);
      thread.interrupt();
      join(thread);
    }
    awaitTasks();
  }

  private void addTasks() {
    quoin
        .queues()
        .enqueueBatch(
            r -> {
              r.setQueue("work");
              for (int i = 0; i < TASKS; i++) {
                r.addNewTasks(Queues.task("sold", "" + i));
              }
            });
  }

  private static LeaseRequest leaseRequest(int number) {
    LeaseRequest.Builder request =
        LeaseRequest.newBuilder()
            .addQueues("work")
            .addQueues("more")
            .setLease(Times.duration(LEASE));
    return number % 2 == 0 ? request.build() : request.setWait(Times.duration(LEASE)).build();
  }

  /** What reaches the program is done. */
  private void take(LeaseResponse leased) {
    done.addAndGet(leased.getTasksCount());
    quoin
        .queues()
        .ack(
            r ->
                leased
                    .getTasksList()
                    .forEach(
                        task ->
                            r.addDone(
                                Done.newBuilder()
                                    .setQueue(task.getQueue())
                                    .setTaskId(task.getTaskId())
                                    .setToken(task.getToken()))));
  }

  private void awaitTasks() {
    int left = TASKS - done.get();
    Eventually.until(
        "all are back",
        () -> quoin.queues().getStats(r -> r.setQueue("work")).getReadyCount() == left);
    List<LeasedTask> tasks =
        quoin.queues().lease(r -> r.addQueues("work").setMaxItems(TASKS)).getTasksList();
    assertThat(tasks).hasSize(left);
    assertThat(tasks).extracting(LeasedTask::getAttempt).containsOnly(1);
  }

  @Test
  void whileRedisIsAway() throws Exception {
    try (TestServer server = new TestServer();
        RedisClient client = RedisClient.create(server.redisUri());
        StatefulRedisConnection<String, String> redis = client.connect();
        Quoin impatient =
            Quoin.builder().address(server.address()).deadline(Duration.ofMillis(1_500)).build()) {
      Eventually.until("it is connected", () -> isFree(impatient, "report"));
      String process =
          redis
              .sync()
              .info("server")
              .lines()
              .filter(line -> line.startsWith("process_id:"))
              .findFirst()
              .orElseThrow()
              .substring("process_id:".length())
              .strip();
      signal("STOP", process);
      try {
        assertThatThrownBy(() -> impatient.locks().tryAcquire("report", LEASE))
            .isInstanceOf(QuoinException.class);
      } finally {
        signal("CONT", process);
      }
      Eventually.until("Redis is back", () -> isFree(impatient, "nobody's"));
      Eventually.until("it is free", () -> isFree(impatient, "report"));
      // It stays free: nothing is granted late.
      LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
      assertThat(impatient.locks().get(r -> r.setName("report")).getHeld()).isFalse();
    }
  }

  private static void signal(String name, String process) throws IOException, InterruptedException {
    assertThat(new ProcessBuilder("kill", "-" + name, process).start().waitFor()).isZero();
  }

  private static boolean isFree(Quoin quoin, String name) {
    try {
      return !quoin.locks().get(r -> r.setName(name)).getHeld();
    } catch (QuoinException e) {
      return false;
    }
  }

  /** Begins calls and cancels each of them a moment later; those that were faster give back. */
  private static List<String> abandon(Function<String, CompletableFuture<?>> call) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < TIMES; i++) {
      names.add("lock " + i);
      CompletableFuture<?> answer = call.apply("lock " + i);
      pause();
      if (!answer.cancel(true)) {
        closeWhatIsIn(answer.join());
      }
    }
    return names;
  }

  private static void closeWhatIsIn(Object granted) {
    ((Optional<?>) granted)
        .ifPresent(
            one -> {
              if (one instanceof LockSet set) {
                set.close();
              } else {
                ((LeaseHandle) one).close();
              }
            });
  }

  private void awaitFree(List<String> names) {
    for (String name : names) {
      Eventually.until(name + " is free", () -> !quoin.locks().get(r -> r.setName(name)).getHeld());
    }
  }

  private static void pause() {
    pause(5);
  }

  /** Pauses for a moment, of as many milliseconds at most. */
  private static void pause(int millis) {
    LockSupport.parkNanos(ThreadLocalRandom.current().nextLong(millis * 1_000_000L));
  }

  private static void join(Thread thread) {
    try {
      thread.join(20_000);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(thread.isAlive()).isFalse();
  }
}
