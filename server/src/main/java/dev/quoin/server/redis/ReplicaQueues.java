// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.ReadFrom;
import io.lettuce.core.cluster.RedisClusterClient;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/**
 * A connection to the replicas of a cluster, opened when somebody is content with them. Until it is
 * there, and for nodes without a replica, primaries are asked.
 */
final class ReplicaQueues implements Function<String, CommandQueue> {
  private final RedisClusterClient client;
  private final Function<String, CommandQueue> primaries;
  private final CommandQueue.Bounds bounds;
  private CompletableFuture<Function<String, CommandQueue>> opening;

  ReplicaQueues(
      RedisClusterClient client,
      Function<String, CommandQueue> primaries,
      CommandQueue.Bounds bounds) {
    this.client = client;
    this.primaries = primaries;
    this.bounds = bounds;
  }

  @Override
  public CommandQueue apply(String key) {
    return open().getNow(primaries).apply(key);
  }

  private synchronized CompletableFuture<Function<String, CommandQueue>> open() {
    if (opening == null) {
      opening =
          client
              .connectAsync(RedisConnector.CODEC)
              .thenApply(
                  connection -> {
                    connection.setReadFrom(ReadFrom.REPLICA_PREFERRED);
                    return RedisConnector.queues(client, connection.async(), bounds);
                  })
              .exceptionally(failure -> again());
    }
    return opening;
  }

  /** The next who asks tries again to connect. */
  private synchronized Function<String, CommandQueue> again() {
    opening = null;
    return primaries;
  }
}
