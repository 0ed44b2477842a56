// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Refused;
import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.stats.v1.GetRequest;
import dev.quoin.stats.v1.RecordBatchRequest;
import dev.quoin.stats.v1.StatsGrpc;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class RecordBatchTest {
  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void everyRequestIsAcknowledgedInOrder() throws Exception {
    Batch batch = new Batch();
    for (int i = 0; i < 50; i++) {
      batch.send(
          request(record("t", "a", i), record("t", "b" + i % 5, i), record("u", "a", 1)).build());
    }

    assertThat(batch.finish()).hasSize(50).isSorted().startsWith(3L, 6L).endsWith(150L);
    assertThat(count("t", "a")).isEqualTo(50);
    assertThat(count("t", "b4")).isEqualTo(10);
    assertThat(count("u", "a")).isEqualTo(50);
  }

  @TestFactory
  Stream<DynamicTest> requestIds() {
    return RequestIdKit.tests(
        StatsGrpc.getRecordBatchMethod(),
        name -> request(record("t", name, 1), record("u", name, 2), record("t", name, 3)),
        request -> request.removeRecords(0),
        name -> List.of(count("t", name), count("u", name)));
  }

  @Test
  void badValueEndsTheCallWithItsField() {
    Batch batch = new Batch();
    batch.send(request(record("t", "a", 1), record("t", "a", Double.NaN)).build());

    assertThat(refused(batch).fields()).contains("records[1].value");
    assertThat(TestRedis.commands().keys("*:context:a")).isEmpty();
  }

  private static Refused refused(Batch batch) {
    return Refused.by(
        () -> {
          try {
            batch.outcome();
          } catch (ExecutionException e) {
            throw e.getCause();
          }
        });
  }

  private static long count(String kind, String context) {
    return StatsGrpc.newBlockingStub(TestServer.second().channel())
        .get(GetRequest.newBuilder().setKind(kind).setContext(context).build())
        .getCount();
  }

  private static RecordBatchRequest.Builder request(RecordBatchRequest.Record... records) {
    return RecordBatchRequest.newBuilder().addAllRecords(List.of(records));
  }

  private static RecordBatchRequest.Record record(String kind, String context, double value) {
    return RecordBatchRequest.Record.newBuilder()
        .setKind(kind)
        .setContext(context)
        .setValue(value)
        .build();
  }
}
