// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.logs.v1.ListRecentRequest;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.LogsGrpc.LogsBlockingStub;
import dev.quoin.logs.v1.Severity;
import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.StatsGrpc;
import dev.quoin.stats.v1.StatsGrpc.StatsBlockingStub;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What Stats finds strange stands in Logs. */
@Tag("redis")
final class AnomalyEntriesTest {
  private final StatsBlockingStub stats = StatsGrpc.newBlockingStub(TestServer.first().channel());
  private final LogsBlockingStub logs = LogsGrpc.newBlockingStub(TestServer.second().channel());

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  @Test
  void anomalyIsWrittenToTheLogOfAnomalies() {
    String context = "GET /x " + "ü".repeat(120);
    for (int i = 0; i < 30; i++) {
      record(context, 1 + i % 2);
    }
    assertThat(recent()).isEmpty();

    record(context, 9);

    Eventually.until("it is written", () -> recent().size() == 1);
    LogEntry entry = recent().get(0);
    assertThat(entry.getSeverity()).isEqualTo(Severity.SEVERITY_WARNING);
    assertThat(entry.getText())
        .startsWith("latency of GET /x ")
        .endsWith(" was 9.00000, usually it is 1.50000 ± 0.508548");
    assertThat(entry.getFieldsMap()).containsEntry("value", "9.0").containsEntry("count", "30");
  }

  private List<LogEntry> recent() {
    return logs.listRecent(ListRecentRequest.newBuilder().setName(AnomalyEntries.LOG).build())
        .getEntriesList();
  }

  private void record(String context, double value) {
    stats.record(
        RecordRequest.newBuilder().setKind("latency").setContext(context).setValue(value).build());
  }
}
