// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import static dev.quoin.server.search.SearchTesting.create;
import static dev.quoin.server.search.SearchTesting.put;
import static dev.quoin.server.search.SearchTesting.query;
import static dev.quoin.server.search.SearchTesting.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.search.v1.QueryResponse;
import dev.quoin.search.v1.ReadPreference;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.search.v1.SearchGrpc.SearchBlockingStub;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.RedisProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import io.lettuce.core.KillArgs;
import io.lettuce.core.cluster.SlotHash;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Queries that are content with replicas, of a node that has one. */
@Tag("cluster")
final class ReplicaReadTest {
  private static final int NODE = 0;
  private static RedisProcess replica;
  private static TestServer server;
  private static SearchBlockingStub search;

  @BeforeAll
  static void start() {
    TestRedis.clear();
    replica = TestRedis.addReplica(NODE);
    server = TestServer.onSharedRedis();
    search = SearchGrpc.newBlockingStub(server.channel());
  }

  @AfterAll
  static void stop() {
    server.close();
    TestRedis.remove(replica);
  }

  @BeforeEach
  void fill() {
    TestRedis.clear();
    create(search, "kb", 8, text("t"));
    putAll(0, 80);
    Eventually.until("the replica is asked", this::isReplicaAsked);
  }

  private static void putAll(int from, int to) {
    for (int i = from; i < to; i++) {
      put(search, "kb", "d" + i, "t", "word w" + i);
    }
    Eventually.until("it has everything", () -> TestRedis.isInStep(NODE, replica));
  }

  private boolean isReplicaAsked() {
    long before = asked(replica.commands().info("commandstats"));
    assertThat(fromReplicas("kb", "word").getTotal()).isEqualTo(80);
    return asked(replica.commands().info("commandstats")) > before;
  }

  private static long asked(String commandStats) {
    return commandStats
        .lines()
        .filter(line -> line.startsWith("cmdstat_evalsha_ro:calls="))
        .mapToLong(line -> Long.parseLong(line.substring(line.indexOf('=') + 1, line.indexOf(','))))
        .sum();
  }

  private static QueryResponse fromReplicas(String index, String query) {
    return search.query(
        query(index, query)
            .setReadPreference(ReadPreference.READ_PREFERENCE_REPLICA)
            .setPageSize(100)
            .build());
  }

  @Test
  void replicaAnswersInPlaceOfItsPrimary() {
    long before = asked(TestRedis.nodes().get(NODE).commands().info("commandstats"));

    QueryResponse found = fromReplicas("kb", "word");

    assertThat(found.getHitsCount()).isEqualTo(80);
    assertThat(found.getPartial()).isFalse();
    assertThat(asked(TestRedis.nodes().get(NODE).commands().info("commandstats")))
        .isEqualTo(before);
    search.query(query("kb", "word").build());
    assertThat(asked(TestRedis.nodes().get(NODE).commands().info("commandstats")))
        .as("without the preference the primary is asked")
        .isGreaterThan(before);
  }

  /** What it does not know yet is missing, and nothing is half there. */
  @Test
  void replicaThatIsBehindAnswersAsOfThen() {
    replica.commands().configSet("masterauth", "wrong");
    TestRedis.nodes().get(NODE).commands().clientKill(KillArgs.Builder.typeSlave());
    try {
      int late = 0;
      for (int i = 0; i < 120; i++) {
        String id = "d" + i;
        put(search, "kb", id, "t", "other w" + i);
        late += isOnNode("kb", id) ? 1 : 0;
      }
      assertThat(late).isBetween(1, 119);

      assertThat(search.query(query("kb", "other").build()).getTotal()).isEqualTo(120);
      QueryResponse found = fromReplicas("kb", "other");
      assertThat(found.getTotal()).isEqualTo(120 - late);
      assertThat(found.getPartial()).isFalse();
      assertThat(fromReplicas("kb", "other word").getTotal()).isZero();
      assertThat(search.query(query("kb", "other").build()).getTotal()).isEqualTo(120);

      create(search, "new", 8, text("t"));
      put(search, "new", "1", "t", "word");
      assertThat(fromReplicas("new", "word").getTotal())
          .as("an index that the replica does not know is read from the primary")
          .isEqualTo(1);
    } finally {
      replica.commands().configSet("masterauth", "");
      Eventually.until("it has everything", () -> TestRedis.isInStep(NODE, replica));
    }
    assertThat(fromReplicas("kb", "other").getTotal()).isEqualTo(120);
  }

  private static boolean isOnNode(String index, String id) {
    java.util.zip.CRC32 hash = new java.util.zip.CRC32();
    hash.update(id.getBytes(java.nio.charset.StandardCharsets.UTF_8));
    String key = "quoin:default:search:{%s/%d}:meta".formatted(index, hash.getValue() % 8);
    return SlotHash.getSlot(key) < 16_384 / 3;
  }

  @Test
  void withoutItsReplicaThePrimaryAnswers() {
    replica.kill();
    try {
      assertThat(fromReplicas("kb", "word").getTotal()).isEqualTo(80);
      assertThat(fromReplicas("kb", "word").getPartial()).isFalse();
    } finally {
      replica.start();
      Eventually.until("it has everything", () -> TestRedis.isInStep(NODE, replica));
    }
  }
}
