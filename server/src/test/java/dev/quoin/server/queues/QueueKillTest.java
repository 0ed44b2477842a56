// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.queues.v1.GetStatsResponse;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.grpc.Channel;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A server is killed, and workers die at random, while many tasks are done. */
@Tag("redis")
final class QueueKillTest {
  /** {@code -Dquoin.test.queues.tasks=100000} for a long run, with more servers to kill. */
  private static final int TASKS = Integer.getInteger("quoin.test.queues.tasks", 5_000);

  private static final int WORKERS = 20;
  private static final int BATCH = 500;

  private final Queue queue = Queue.fresh();
  private final Map<String, Set<String>> done = new ConcurrentHashMap<>();

  @Test
  void everyTaskIsDoneWhoeverIsKilled() {
    int victims = Math.max(1, TASKS / 25_000);
    List<ServerProcess> processes =
        new CopyOnWriteArrayList<>(
            IntStream.range(0, victims).parallel().mapToObj(i -> launch()).toList());
    List<Channel> servers =
        new CopyOnWriteArrayList<>(
            List.of(TestServer.first().channel(), TestServer.second().channel()));
    processes.forEach(process -> servers.add(process.channel()));
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try {
      WorkRequest.Open.Builder open =
          WorkRequest.Open.newBuilder().addQueues(queue.name()).setLease(Queue.seconds(3));
      for (int i = 0; i < WORKERS; i++) {
        new RandomWorker(() -> any(servers), open, clock, done).begin();
      }
      for (int batch = 0; batch < TASKS / BATCH; batch++) {
        queue.addAll(IntStream.range(0, BATCH).mapToObj(i -> task("work").setMaxAttempts(1000)));
        if ((batch + 1) * (victims + 1) % (TASKS / BATCH) <= victims && !processes.isEmpty()) {
          ServerProcess victim = processes.remove(0);
          servers.remove(victim.channel());
          victim.kill();
        }
      }
      Eventually.until(Duration.ofSeconds(120 + TASKS / 500), "all is done", this::isAllDone);
      assertThat(done.values()).allSatisfy(tokens -> assertThat(tokens).hasSize(1));
    } finally {
      clock.shutdownNow();
      processes.forEach(ServerProcess::close);
    }
  }

  private static ServerProcess launch() {
    return ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true");
  }

  private static Channel any(List<Channel> servers) {
    return servers.get(ThreadLocalRandom.current().nextInt(servers.size()));
  }

  private boolean isAllDone() {
    GetStatsResponse stats = queue.stats();
    assertThat(stats.getDeadCount()).isZero();
    return stats.getFinishedCount() == TASKS
        && stats.getReadyCount() == 0
        && stats.getLeasedCount() == 0
        && stats.getDelayedCount() == 0;
  }
}
