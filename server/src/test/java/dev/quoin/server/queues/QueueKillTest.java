// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import static dev.quoin.server.queues.Queue.task;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.queues.v1.StatsResponse;
import dev.quoin.queues.v1.WorkRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
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
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Servers and workers are killed while many tasks are done. */
@Tag("redis")
final class QueueKillTest {
  /** {@code -Dquoin.test.queues.tasks=100000} for the long run. */
  private static final int TASKS = Integer.getInteger("quoin.test.queues.tasks", 5_000);

  private static final int SERVERS = 3;
  private static final int WORKERS = 20;
  private static final int BATCH = 500;

  private final Queue queue = Queue.fresh();
  private final Map<String, Set<String>> done = new ConcurrentHashMap<>();

  private static ServerProcess launch() {
    return ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true");
  }

  @Test
  void everyTaskIsDoneWhoeverIsKilled() {
    List<ServerProcess> servers =
        new CopyOnWriteArrayList<>(Stream.generate(QueueKillTest::launch).limit(SERVERS).toList());
    ScheduledExecutorService clock = Executors.newSingleThreadScheduledExecutor();
    try {
      WorkRequest.Open.Builder open =
          WorkRequest.Open.newBuilder().addQueues(queue.name()).setLease(Queue.seconds(3));
      for (int i = 0; i < WORKERS; i++) {
        new RandomWorker(() -> any(servers), open, clock, done).begin();
      }
      for (int sent = 0; sent < TASKS; sent += BATCH) {
        queue.addAll(IntStream.range(0, BATCH).mapToObj(i -> task("work").setMaxAttempts(1000)));
        if (sent == TASKS / 4 / BATCH * BATCH || sent == TASKS / 2 / BATCH * BATCH) {
          servers.remove(ThreadLocalRandom.current().nextInt(servers.size())).kill();
        }
      }
      servers.add(launch());
      Eventually.until(Duration.ofSeconds(60 + TASKS / 500), "all is done", this::isAllDone);
      assertThat(done.values()).allSatisfy(tokens -> assertThat(tokens).hasSize(1));
    } finally {
      clock.shutdownNow();
      servers.forEach(ServerProcess::close);
    }
  }

  private static Channel any(List<ServerProcess> servers) {
    return servers.get(ThreadLocalRandom.current().nextInt(servers.size())).channel();
  }

  private boolean isAllDone() {
    StatsResponse stats = queue.stats();
    assertThat(stats.getDead()).isZero();
    return stats.getFinished() == TASKS
        && stats.getReady() == 0
        && stats.getLeased() == 0
        && stats.getDelayed() == 0;
  }
}
