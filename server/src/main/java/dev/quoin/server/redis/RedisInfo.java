// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisAdvancedClusterAsyncCommands;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What INFO says. */
public final class RedisInfo {
  /** What the one node is called that is not part of a Cluster. */
  static final String PRIMARY = "primary";

  private static final int MOST_NODES = 100;

  private RedisInfo() {}

  /** The fields, by name. */
  public static Map<String, String> parse(String info) {
    Map<String, String> values = new LinkedHashMap<>();
    info.lines()
        .map(line -> line.split(":", 2))
        .filter(parts -> parts.length == 2)
        .forEach(parts -> values.put(parts[0], parts[1].trim()));
    return values;
  }

  /** Asks every node that takes writes; one that does not answer is missing. */
  static CompletionStage<Map<String, Map<String, String>>> ask(
      RedisClusterAsyncCommands<String, byte[]> commands) {
    if (!(commands instanceof RedisAdvancedClusterAsyncCommands<String, byte[]> cluster)) {
      return commands.info().thenApply(info -> Map.of(PRIMARY, parse(info)));
    }
    var answers = cluster.upstream().commands().info();
    Map<String, Map<String, String>> nodes = new TreeMap<>();
    CompletableFuture<?>[] all =
        answers.nodes().stream()
            .limit(MOST_NODES)
            .map(node -> answers.get(node).handle((info, failure) -> add(nodes, node, info)))
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture<?>[]::new);
    return CompletableFuture.allOf(all).thenApply(done -> Map.copyOf(nodes));
  }

  private static boolean add(
      Map<String, Map<String, String>> nodes, RedisClusterNode node, String info) {
    if (info != null) {
      synchronized (nodes) {
        nodes.put(node.getUri().getHost() + ':' + node.getUri().getPort(), parse(info));
      }
    }
    return true;
  }
}
