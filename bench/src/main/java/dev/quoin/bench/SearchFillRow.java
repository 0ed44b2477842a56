// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How fast documents of 100 words are put, and what they take in Redis. */
record SearchFillRow(String name, int inFlight) implements Row {
  private static final Pattern USED = Pattern.compile("used_memory:(\\d+)");

  @Override
  public boolean usesServer() {
    return true;
  }

  @Override
  public Measurement measure(Testbed testbed, Options options) throws InterruptedException {
    testbed.empty();
    ManagedChannel channel = GrpcWorkload.connect(testbed);
    try {
      long before = used(testbed);
      CpuTimes cpu = testbed.cpuTimes();
      long begin = System.nanoTime();
      SearchIndexes.fill(
          channel, SearchCorpus.textIndex("texts"), inFlight, SearchCorpus::textDocument);
      double seconds = (System.nanoTime() - begin) / 1e9;
      CpuTimes spent = testbed.cpuTimes().since(cpu);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.DOCUMENTS_PER_SECOND, inFlight / seconds);
      values.put(Measurement.REDIS_BYTES, (used(testbed) - before) / (double) inFlight);
      values.put(Measurement.SERVER_CPU, spent.server() * 1e6 / inFlight);
      values.put(Measurement.REDIS_CPU, spent.redis() * 1e6 / inFlight);
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
    }
  }

  private static long used(Testbed testbed) {
    Matcher used = USED.matcher(testbed.redisInfo("memory"));
    if (!used.find()) {
      throw new IllegalStateException("Redis does not say how much memory it uses");
    }
    return Long.parseLong(used.group(1));
  }
}
