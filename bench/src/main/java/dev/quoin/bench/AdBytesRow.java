// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.grpc.ManagedChannel;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many bytes an ad takes in Redis and in a server, a decision in Redis; how fast ads are put.
 */
record AdBytesRow(String name, int inFlight, int locations) implements Row {
  private static final int DECISIONS = 5_000;
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
      // What the server knew of another catalogue it forgets now.
      AdWorkload.decide(channel, 1);
      long heapBefore = testbed.serverHeap();
      long before = used(testbed);
      long begin = System.nanoTime();
      AdCatalogue catalogue = new AdCatalogue(inFlight, locations);
      AdWorkload.fill(channel, catalogue);
      Map<String, Double> values = new LinkedHashMap<>();
      values.put(Measurement.ADS_PER_SECOND, inFlight / ((System.nanoTime() - begin) / 1e9));
      values.put(Measurement.BYTES_PER_AD, (double) (used(testbed) - before) / inFlight);
      values.put(Measurement.HEAP_PER_AD, (double) (testbed.serverHeap() - heapBefore) / inFlight);
      long open = used(testbed);
      AdWorkload.decide(channel, DECISIONS);
      values.put(Measurement.BYTES_PER_DECISION, (double) (used(testbed) - open) / DECISIONS);
      return new Measurement(values);
    } finally {
      channel.shutdownNow().awaitTermination(10, TimeUnit.SECONDS);
      testbed.empty();
    }
  }

  private static long used(Testbed testbed) {
    Matcher used = USED.matcher(testbed.redisInfo("memory"));
    if (!used.find()) {
      throw new IllegalStateException("Redis does not tell how much memory it uses");
    }
    return Long.parseLong(used.group(1));
  }
}
