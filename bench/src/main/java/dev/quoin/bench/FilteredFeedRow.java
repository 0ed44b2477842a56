// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Statuses published at a steady rate to streams with filters of their own, of which each status
 * matches a known number. Fails unless every stream receives exactly what it asked for.
 *
 * @param inFlight how many streams there are
 * @param matching how many of them each status matches
 * @param connections how many connections the streams share
 */
record FilteredFeedRow(String name, int inFlight, int matching, int connections) implements Row {
  /** Few enough for every server and its load on a small machine. */
  private static final int DELIVERIES_A_SECOND = 10_000;

  /** Statuses a second, when each matches so many streams. */
  static int rate(int matching) {
    return DELIVERIES_A_SECOND / matching;
  }

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    int rate = rate(matching);
    int first = rate * options.warmUp();
    int total = first + rate * options.duration();
    try (FilteredStreams streams =
        new FilteredStreams(testbed, connections, inFlight, matching, total)) {
      streams.open();
      Sample started = null;
      long begin = System.nanoTime();
      for (int number = 0; number < total; number++) {
        if (number == first) {
          started = Sample.now(testbed, streams);
        }
        long due = begin + number * TimeUnit.SECONDS.toNanos(1) / rate;
        TimeUnit.NANOSECONDS.sleep(due - System.nanoTime());
        streams.publish(number, due);
      }
      Sample ended = Sample.now(testbed, streams);
      streams.awaitAll();
      return measurement(started, ended, streams.latencies(first));
    }
  }

  private static Measurement measurement(Sample started, Sample ended, Latencies latencies) {
    double deliveries = ended.deliveries - started.deliveries;
    double seconds = (ended.nanoTime - started.nanoTime) / 1e9;
    CpuTimes cpu = ended.cpu.since(started.cpu);
    Map<String, Double> values = new LinkedHashMap<>();
    values.put(Measurement.FILTERED_PER_SECOND, deliveries / seconds);
    values.put(Measurement.FILTERED_PER_CORE, deliveries / cpu.server());
    values.put(Measurement.SERVER_CPU_PER_DELIVERY, cpu.server() * 1e6 / deliveries);
    values.put(Measurement.REDIS_CPU_PER_DELIVERY, cpu.redis() * 1e6 / deliveries);
    values.put(Measurement.CLIENT_CPU_PER_DELIVERY, cpu.client() * 1e6 / deliveries);
    values.put(Measurement.P50, latencies.micros(0.5));
    values.put(Measurement.P99, latencies.micros(0.99));
    values.put(Measurement.OTHERS_CORES, cpu.others() / seconds);
    return new Measurement(values);
  }

  /** What was used and delivered until some time. */
  private record Sample(long nanoTime, CpuTimes cpu, long deliveries) {
    static Sample now(Testbed testbed, FilteredStreams streams) {
      return new Sample(System.nanoTime(), testbed.cpuTimes(), streams.received());
    }
  }
}
