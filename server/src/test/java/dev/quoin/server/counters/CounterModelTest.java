// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.CountersGrpc.CountersBlockingStub;
import dev.quoin.counters.v1.GetRequest;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.counters.v1.Sample;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Counters against a list of all increments, whatever their order and the gaps between them. */
@Tag("redis")
final class CounterModelTest {
  private static final long[] PRECISIONS = {1, 5, 60, 300, 3600, 18_000, 86_400};
  private static final int INCREMENTS = 400;

  private final CountersBlockingStub[] servers = {
    CountersGrpc.newBlockingStub(TestServer.first().channel()),
    CountersGrpc.newBlockingStub(TestServer.second().channel())
  };

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  /** The span is how many seconds lie between increments on the average. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 60, 1_000, 20_000})
  void samplesAreTheSumsOfWhatHappenedInThem(int span) {
    Random random = new Random(span);
    long now = System.currentTimeMillis() / 1000;
    long second = now - 5 - (long) INCREMENTS * span;
    Map<Long, Long> model = new TreeMap<>();
    for (int i = 0; i < INCREMENTS; i++) {
      second = Math.min(now, second + (span == 0 ? 0 : random.nextInt(2 * span + 1)));
      boolean isLate = random.nextInt(10) == 0;
      long at = isLate ? second - random.nextInt(40 * span + 1) : second;
      long delta = delta(random);
      model.merge(at, delta, Long::sum);
      servers[i % 2].increment(
          IncrementRequest.newBuilder()
              .setName("a")
              .setDelta(delta)
              .setEventTime(Timestamps.fromSeconds(at))
              .build());
    }
    for (long precision : PRECISIONS) {
      compare(model, precision);
    }
  }

  private void compare(Map<Long, Long> model, long precision) {
    long end = System.currentTimeMillis() / 1000;
    // A little less than is kept, because time goes on.
    long begin = (end / precision - 110) * precision;
    Map<Long, Long> expected = new TreeMap<>();
    model.forEach(
        (second, count) -> {
          if (second >= begin) {
            expected.merge(second - second % precision, count, Long::sum);
          }
        });
    expected.values().removeIf(count -> count == 0);
    List<Sample> samples =
        servers[0]
            .get(
                GetRequest.newBuilder()
                    .setName("a")
                    .setPrecision(Durations.fromSeconds(precision))
                    .setFrom(Timestamps.fromSeconds(begin))
                    .build())
            .getSamplesList();
    Map<Long, Long> actual = new TreeMap<>();
    samples.forEach(sample -> actual.put(sample.getStartTime().getSeconds(), sample.getCount()));
    assertThat(actual).as("precision " + precision).isEqualTo(expected);
  }

  private static long delta(Random random) {
    return switch (random.nextInt(20)) {
      case 0 -> random.nextLong() >> 12;
      case 1 -> -random.nextInt(100);
      default -> 1 + random.nextInt(9);
    };
  }
}
