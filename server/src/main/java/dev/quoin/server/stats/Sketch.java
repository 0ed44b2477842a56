// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import java.util.Map;
import java.util.TreeMap;

/**
 * How many values lie in which bucket; see stats/_record.lua. Sketches of the same buckets can be
 * added up.
 */
final class Sketch {
  private static final double G = 1.01 / 0.99;

  private final TreeMap<Double, Long> counts = new TreeMap<>();
  private long total;

  /**
   * @param bucket as scripts name it
   */
  void add(String bucket, long count) {
    counts.merge(middle(bucket), count, Long::sum);
    total += count;
  }

  /**
   * The value below or at which a share of all values lies, within 1 %; 0 when there are none.
   *
   * @param share above 0 and up to 1
   */
  double quantile(double share) {
    long rank = (long) Math.ceil(share * total);
    for (Map.Entry<Double, Long> bucket : counts.entrySet()) {
      rank -= bucket.getValue();
      if (rank <= 0) {
        return bucket.getKey();
      }
    }
    return 0;
  }

  private static double middle(String bucket) {
    if (bucket.equals("z")) {
      return 0;
    }
    boolean isNegative = bucket.startsWith("n");
    int power = Integer.parseInt(isNegative ? bucket.substring(1) : bucket);
    double middle = 2 * Math.pow(G, power) / (G + 1);
    return isNegative ? -middle : middle;
  }
}
