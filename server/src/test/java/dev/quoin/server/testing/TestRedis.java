// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import io.lettuce.core.KillArgs;
import io.lettuce.core.RedisURI;
import io.lettuce.core.RestoreArgs;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The Redis that the tests of one run share: one server or, with {@code
 * -Dquoin.test.redis=cluster}, a cluster of three masters; with {@code container}, one server in a
 * container.
 */
public final class TestRedis {
  private static final int SLOTS = 16_384;
  private static final int MASTERS = 3;
  private static final String SEAL = "quoin:-:redis:{%seal}:key";

  private static final String TARGET_SEALS = "quoin:-:ads:{%tokens}:";

  private static final String[] CLUSTER_NODE = {
    "--appendonly", "no", "--cluster-enabled", "yes", "--cluster-node-timeout", "30000"
  };

  private static final String KIND = System.getProperty("quoin.test.redis", "server");

  /** Whether this run is on a cluster. */
  public static final boolean IS_CLUSTER = KIND.equals("cluster");

  private static final List<? extends RedisNode> NODES = start();
  private static final RedisClusterCommands<String, String> COMMANDS = connect();

  /** For how long a subscription that broke is missed: one that nobody needs may never return. */
  private static final Duration MISSED = Duration.ofSeconds(3);

  private static final Map<String, Long> BROKEN = new ConcurrentHashMap<>();

  private TestRedis() {}

  public static String uri() {
    return IS_CLUSTER
        ? NODES.stream()
            .map(node -> "127.0.0.1:" + node.port())
            .collect(Collectors.joining(",", "redis-cluster://", ""))
        : NODES.get(0).uri();
  }

  /**
   * Adds a replica of a node of the cluster, until {@link #remove}; done when it has everything.
   */
  public static RedisProcess addReplica(int node) {
    RedisProcess replica = RedisProcess.start(CLUSTER_NODE);
    replica.commands().clusterMeet("127.0.0.1", NODES.get(node).port());
    String primary = NODES.get(node).commands().clusterMyId();
    Eventually.until("it knows the others", () -> knows(replica, primary));
    replica.commands().clusterReplicate(primary);
    Eventually.until("it has everything", () -> isInStep(node, replica));
    return replica;
  }

  private static boolean knows(RedisProcess node, String id) {
    return node.commands().clusterNodes().contains(id)
        && node.commands().clusterInfo().contains("cluster_state:ok");
  }

  /** Whether a replica has all that was written to a node of the cluster. */
  public static boolean isInStep(int node, RedisProcess replica) {
    String offset = offset(NODES.get(node).commands().info("replication"));
    String info = replica.commands().info("replication");
    return info.contains("master_link_status:up") && offset(info).equals(offset);
  }

  private static String offset(String info) {
    return info.lines()
        .filter(line -> line.startsWith("master_repl_offset:"))
        .findFirst()
        .orElse("");
  }

  /** Removes a replica from the cluster and ends it. */
  public static void remove(RedisProcess replica) {
    String id = replica.commands().clusterMyId();
    replica.close();
    NODES.forEach(node -> node.commands().clusterForget(id));
  }

  /** Commands that reach every key. */
  public static RedisClusterCommands<String, String> commands() {
    return COMMANDS;
  }

  public static List<? extends RedisNode> nodes() {
    return NODES;
  }

  /**
   * Breaks the connections of all servers on which they hear hints. A server that hears nothing
   * counts as dead and its waiters are passed over, so {@link #clear} waits for what is broken.
   */
  public static void breakSubscriptions() {
    BROKEN.putAll(heard());
    NODES.forEach(node -> node.commands().clientKill(KillArgs.Builder.typePubsub().skipme()));
  }

  private static Map<String, Long> heard() {
    Map<String, Long> heard = new HashMap<>();
    for (RedisNode node : NODES) {
      String[] channels = node.commands().pubsubShardChannels().toArray(String[]::new);
      if (channels.length > 0) {
        node.commands()
            .pubsubShardNumsub(channels)
            .forEach((channel, listeners) -> heard.merge(channel, listeners, Long::sum));
      }
    }
    return heard;
  }

  private static void awaitSubscriptions() {
    long end = System.nanoTime() + MISSED.toNanos();
    Eventually.until(
        "servers hear hints again",
        () -> {
          Map<String, Long> heard = heard();
          BROKEN.entrySet().removeIf(was -> heard.getOrDefault(was.getKey(), 0L) >= was.getValue());
          return BROKEN.isEmpty() || System.nanoTime() > end;
        });
    BROKEN.clear();
  }

  /** Removes everything but the keys of tokens, which running servers share with new ones. */
  public static void clear() {
    if (!BROKEN.isEmpty()) {
      awaitSubscriptions();
    }
    Map<String, byte[]> seals = new HashMap<>();
    Map<String, Long> left = new HashMap<>();
    for (String key : seals()) {
      byte[] seal = COMMANDS.dump(key);
      if (seal != null) {
        seals.put(key, seal);
        left.put(key, Math.max(0, COMMANDS.pttl(key)));
      }
    }
    NODES.forEach(node -> node.commands().flushall());
    seals.forEach(
        (key, seal) ->
            COMMANDS.restore(key, seal, RestoreArgs.Builder.ttl(left.get(key)).replace()));
  }

  /** Target tokens have a key for each day. */
  private static List<String> seals() {
    long today = System.currentTimeMillis() / Duration.ofDays(1).toMillis();
    return List.of(SEAL, TARGET_SEALS + today, TARGET_SEALS + (today - 1));
  }

  private static List<? extends RedisNode> start() {
    return switch (KIND) {
      case "server" -> List.of(RedisProcess.start("--appendonly", "no"));
      case "cluster" -> startCluster();
      case "container" -> List.of(RedisContainer.start("--save", "", "--appendonly", "no"));
      default -> throw new IllegalArgumentException("quoin.test.redis: " + KIND);
    };
  }

  private static List<RedisProcess> startCluster() {
    List<RedisProcess> nodes =
        Stream.generate(() -> RedisProcess.start(CLUSTER_NODE)).limit(MASTERS).toList();
    for (int i = 0; i < MASTERS; i++) {
      int first = SLOTS * i / MASTERS;
      int last = SLOTS * (i + 1) / MASTERS - 1;
      nodes
          .get(i)
          .commands()
          .clusterAddSlots(java.util.stream.IntStream.rangeClosed(first, last).toArray());
      nodes.get(i).commands().clusterMeet("127.0.0.1", nodes.get(0).port());
    }
    nodes.forEach(
        node ->
            Eventually.until(
                Duration.ofSeconds(30),
                "the cluster is whole",
                () ->
                    node.commands().clusterInfo().contains("cluster_state:ok")
                        && node.commands().clusterInfo().contains("cluster_known_nodes:3")));
    return nodes;
  }

  private static RedisClusterCommands<String, String> connect() {
    return IS_CLUSTER
        ? RedisClusterClient.create(RedisURI.create("127.0.0.1", NODES.get(0).port()))
            .connect()
            .sync()
        : NODES.get(0).commands();
  }
}
