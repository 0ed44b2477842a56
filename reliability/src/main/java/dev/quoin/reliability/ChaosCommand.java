// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Loads all features on two servers while things break, and checks what was promised. */
@Command(name = "chaos", mixinStandardHelpOptions = true)
final class ChaosCommand implements Callable<Integer> {
  private static final int MASTERS = 3;
  private static final int CALLERS = 4;

  /** Leaves two cores time for what is to be seen: how faults are survived, not overload. */
  private static final int PAUSE_MILLIS = 60;

  private static final long SETTLE_SECONDS = 5;

  @Option(names = "--server-jar", defaultValue = "server/target/quoin.jar")
  private Path jar;

  @Option(
      names = "--minutes",
      defaultValue = "10",
      description = "How long things break, on each kind of Redis.")
  private double minutes;

  @Option(names = "--seed", description = "Chosen by the clock when absent.")
  private Long seed;

  @Option(
      names = "--redis",
      split = ",",
      defaultValue = "server,cluster",
      description = "Kinds of Redis: server, cluster.")
  private List<String> kinds;

  @Option(names = "--checker", description = "Checks histories for linearizability.")
  private Path checker;

  @Override
  public Integer call() throws Exception {
    long seed = Objects.requireNonNullElseGet(this.seed, System::nanoTime);
    long broken = 0;
    for (String kind : kinds) {
      System.out.printf("chaos: SEED=%d MINUTES=%s REDIS=%s%n", seed, minutes, kind);
      broken += run(kind.equals("cluster"), seed);
    }
    System.out.printf("chaos: %d invariants were broken%n", broken);
    return broken == 0 ? 0 : 1;
  }

  private long run(boolean isCluster, long seed) throws Exception {
    Path folder = Files.createTempDirectory("quoin-chaos");
    List<AutoCloseable> started = new ArrayList<>();
    Findings findings = new Findings();
    try {
      List<RedisServer> redis = startRedis(folder, isCluster);
      started.addAll(redis);
      String uri =
          redis.stream()
              .map(node -> "127.0.0.1:" + node.proxyPort())
              .collect(Collectors.joining(",", isCluster ? "redis-cluster://" : "redis://", ""));
      List<QuoinServer> quoins = new ArrayList<>();
      for (String name : List.of("first.log", "second.log")) {
        QuoinServer server = QuoinServer.start(jar, folder.resolve(name), uri);
        quoins.add(server);
        started.add(server);
      }
      Servers servers = new Servers(quoins, findings);
      started.add(servers);
      load(
          servers,
          new Linearizability(checker, folder, findings),
          findings,
          new Nemesis(redis, quoins, findings, seed),
          seed);
      return findings.total();
    } finally {
      for (AutoCloseable one : started) {
        one.close();
      }
      if (findings.total() == 0) {
        Folders.delete(folder);
      } else {
        System.out.println("chaos: the logs are in " + folder);
      }
    }
  }

  private static List<RedisServer> startRedis(Path folder, boolean isCluster)
      throws IOException, InterruptedException {
    return isCluster
        ? RedisServer.startCluster(folder, MASTERS)
        : List.of(RedisServer.start(folder));
  }

  private void load(
      Servers servers,
      Linearizability linearizability,
      Findings findings,
      Nemesis nemesis,
      long seed)
      throws Exception {
    List<Workload> workloads =
        List.of(
            new LockWorkload(servers, findings),
            new LockHistoryWorkload(servers, linearizability, findings),
            new SemaphoreWorkload(servers, findings),
            new QueueWorkload(servers, findings),
            new CounterWorkload(servers, findings),
            new StatsWorkload(servers, findings),
            new ConfigWorkload(servers, linearizability, findings),
            new LogWorkload(servers, findings),
            new ChatWorkload(servers, findings),
            new FeedWorkload(servers, findings),
            new SearchWorkload(servers, findings),
            new AdWorkload(servers, findings),
            new SocialWorkload(servers, findings));
    for (Workload workload : workloads) {
      workload.prepare();
    }
    findings.say("all features are under load");
    long end = System.nanoTime() + (long) (minutes * TimeUnit.MINUTES.toNanos(1));
    List<Thread> callers = new ArrayList<>();
    for (Workload workload : workloads) {
      for (int i = 0; i < CALLERS; i++) {
        Random random = new Random(seed * 31 + callers.size());
        Thread caller = new Thread(() -> call(workload, random, end, findings));
        callers.add(caller);
        caller.start();
      }
    }
    nemesis.run(end);
    findings.say("all is mended");
    for (Thread caller : callers) {
      caller.join();
    }
    TimeUnit.SECONDS.sleep(SETTLE_SECONDS);
    for (Workload workload : workloads) {
      workload.check();
      findings.say(workload.getClass().getSimpleName() + " is checked");
    }
    findings.counts().forEach((what, times) -> findings.say(times + " " + what));
  }

  private static void call(Workload workload, Random random, long end, Findings findings) {
    while (System.nanoTime() < end) {
      try {
        TimeUnit.MILLISECONDS.sleep(random.nextInt(PAUSE_MILLIS));
        workload.load(random);
      } catch (Exception e) {
        findings.broken("%s: %s", workload.getClass().getSimpleName(), e);
      }
    }
  }
}
