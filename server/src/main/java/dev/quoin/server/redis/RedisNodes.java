// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.cluster.SlotHash;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import io.lettuce.core.cluster.models.partitions.RedisClusterNode;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** Visits the nodes of Redis one by one, for a command that looks at them and waits for answers. */
public final class RedisNodes {
  private RedisNodes() {}

  /**
   * A node.
   *
   * @param name host and port
   * @param isUpstream whether it is to take writes
   */
  public record Node(
      String name,
      boolean isUpstream,
      RedisClusterCommands<String, byte[]> commands,
      Predicate<String> isThere) {

    /** What Quoin has to be permitted there and is not. */
    public Optional<String> rightsProblem(String keyPrefix) {
      return StartupCheck.rightsProblem(commands, keyPrefix, isThere);
    }
  }

  /**
   * Hands each node to a visitor; of a Cluster its replicas, too.
   *
   * @param unreachable told of nodes that cannot be asked, with a reason
   */
  public static void visit(
      RedisAddress address, Duration timeout, Consumer<Node> visitor, Unreachable unreachable) {
    for (RedisURI uri : address.uris()) {
      uri.setTimeout(timeout);
    }
    if (address.cluster()) {
      visitCluster(address, timeout, visitor, unreachable);
    } else {
      visit(address.uris().get(0), address, true, key -> true, visitor, unreachable);
    }
  }

  /** Takes the name of a node that cannot be asked, and why. */
  public interface Unreachable {
    void tell(String node, String reason);
  }

  private static void visitCluster(
      RedisAddress address, Duration timeout, Consumer<Node> visitor, Unreachable unreachable) {
    RedisClusterClient cluster = RedisClusterClient.create(address.uris());
    try {
      for (RedisClusterNode node : cluster.getPartitions()) {
        RedisURI uri = node.getUri();
        uri.setTimeout(timeout);
        boolean isUpstream = node.is(RedisClusterNode.NodeFlag.UPSTREAM);
        Predicate<String> isThere = key -> node.hasSlot(SlotHash.getSlot(key));
        visit(
            uri,
            address,
            isUpstream,
            isUpstream && !node.hasNoSlots() ? isThere : null,
            visitor,
            unreachable);
      }
    } catch (RedisException e) {
      unreachable.tell(address.describe(), reason(e));
    } finally {
      cluster.shutdown();
    }
  }

  private static void visit(
      RedisURI uri,
      RedisAddress address,
      boolean isUpstream,
      Predicate<String> isThere,
      Consumer<Node> visitor,
      Unreachable unreachable) {
    String name = uri.getHost() == null ? address.describe() : uri.getHost() + ':' + uri.getPort();
    RedisClient client = RedisClient.create(uri);
    client.setOptions(RedisConnector.inspecting(address));
    try (var connection = client.connect(RedisConnector.CODEC)) {
      visitor.accept(new Node(name, isUpstream, RedisConnector.waiting(connection), isThere));
    } catch (RedisException e) {
      unreachable.tell(name, reason(e));
    } finally {
      client.shutdown();
    }
  }

  private static String reason(RedisException failure) {
    Throwable cause = failure.getCause() == null ? failure : failure.getCause();
    return String.valueOf(cause.getMessage());
  }
}
