// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.common.util.concurrent.ListenableFuture;
import com.google.protobuf.util.Durations;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisNode;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.MigrateArgs;
import io.lettuce.core.cluster.SlotHash;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A slot moves to another node of the cluster while somebody waits for a lock in it. */
@Tag("cluster")
final class SlotMoveTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void waiterGetsTheLockAfterItsSlotHasMoved() throws Exception {
    AcquireResponse holder =
        TestServer.first()
            .locks()
            .acquire(
                AcquireRequest.newBuilder()
                    .setName("moving")
                    .setLease(Durations.fromSeconds(600))
                    .build());
    ListenableFuture<AcquireResponse> waiting =
        TestServer.second()
            .futureLocks()
            .acquire(
                AcquireRequest.newBuilder()
                    .setName("moving")
                    .setWait(Durations.fromSeconds(60))
                    .build());
    Eventually.until("it waits", () -> waiters() == 1);

    moveSlot(SlotHash.getSlot("{moving}"));

    Eventually.until("the lock is served by its new node", () -> waiters() == 1);
    TestServer.first()
        .locks()
        .release(ReleaseRequest.newBuilder().setName("moving").setToken(holder.getToken()).build());
    AcquireResponse granted = waiting.get(15, TimeUnit.SECONDS);
    assertThat(granted.getAcquired()).isTrue();
    assertThat(granted.getFence()).isGreaterThan(holder.getFence());
  }

  private static long waiters() {
    return TestServer.first()
        .locks()
        .get(GetRequest.newBuilder().setName("moving").build())
        .getWaiterCount();
  }

  /** Moves a slot and its keys to another master, the way redis-cli does. */
  private static void moveSlot(int slot) {
    List<? extends RedisNode> nodes = TestRedis.nodes();
    RedisNode from = null;
    RedisNode to = null;
    for (RedisNode node : nodes) {
      if (owns(node, slot)) {
        from = node;
      } else {
        to = node;
      }
    }
    String fromId = from.commands().clusterMyId();
    String toId = to.commands().clusterMyId();
    to.commands().clusterSetSlotImporting(slot, fromId);
    from.commands().clusterSetSlotMigrating(slot, toId);
    List<String> keys = from.commands().clusterGetKeysInSlot(slot, 100);
    assertThat(keys).hasSizeGreaterThan(2);
    from.commands().migrate("127.0.0.1", to.port(), 0, 5_000, MigrateArgs.Builder.keys(keys));
    for (RedisNode node : nodes) {
      node.commands().clusterSetSlotNode(slot, toId);
    }
  }

  private static boolean owns(RedisNode node, int slot) {
    String own =
        node.commands()
            .clusterNodes()
            .lines()
            .filter(line -> line.contains("myself"))
            .findFirst()
            .orElseThrow();
    return io.lettuce.core.cluster.models.partitions.ClusterPartitionParser.parse(own)
        .getPartition(0)
        .hasSlot(slot);
  }
}
