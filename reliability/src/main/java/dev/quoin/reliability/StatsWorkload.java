// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Timestamp;
import dev.quoin.stats.v1.GetRequest;
import dev.quoin.stats.v1.GetResponse;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.RecordResponse;
import dev.quoin.stats.v1.StatsGrpc;
import io.grpc.Channel;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/** Values that are repeated until they are answered are in count and sum of their hour once. */
final class StatsWorkload implements Workload {
  private static final String CONTEXT = "context";
  private static final String KIND = "kind";

  private final Servers servers;
  private final Findings findings;
  private final Map<Timestamp, Figures> hours = new ConcurrentHashMap<>();
  private volatile boolean isUncertain;

  StatsWorkload(Servers servers, Findings findings) {
    this.servers = servers;
    this.findings = findings;
  }

  private record Figures(long count, double sum) {
    Figures and(Figures others) {
      return new Figures(count + others.count, sum + others.sum);
    }
  }

  @Override
  public void load(Random random) throws Exception {
    double value = random.nextInt(100);
    RecordRequest record =
        RecordRequest.newBuilder()
            .setContext(CONTEXT)
            .setKind(KIND)
            .setValue(value)
            .setRequestId(UUID.randomUUID().toString())
            .build();
    Optional<RecordResponse> answer =
        servers.repeat(random, channel -> stats(channel).record(record));
    if (answer.isPresent()) {
      hours.merge(answer.get().getHour(), new Figures(1, value), Figures::and);
    } else {
      isUncertain = true;
    }
  }

  @Override
  public void check() throws Exception {
    for (Map.Entry<Timestamp, Figures> hour : hours.entrySet()) {
      GetRequest get =
          GetRequest.newBuilder().setContext(CONTEXT).setKind(KIND).setHour(hour.getKey()).build();
      GetResponse kept =
          servers.repeat(new Random(0), channel -> stats(channel).get(get)).orElseThrow();
      Figures found = new Figures(kept.getCount(), kept.getSum());
      if (!isUncertain && !found.equals(hour.getValue())) {
        findings.broken("figures are %s, not %s", found, hour.getValue());
      }
    }
  }

  private static StatsGrpc.StatsBlockingStub stats(Channel channel) {
    return StatsGrpc.newBlockingStub(channel)
        .withDeadlineAfter(Times.CALL_SECONDS, TimeUnit.SECONDS);
  }
}
