// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.concurrent.TimeUnit;

/** Counts durations in buckets whose width is below 1 % of their value. Not thread-safe. */
final class Latencies {
  private static final int SUB_BITS = 7;
  private static final int SUB = 1 << SUB_BITS;

  private final int[] buckets = new int[(Long.SIZE - SUB_BITS) * SUB];
  private long count;

  void record(long nanos) {
    buckets[bucket(Math.max(0, nanos))]++;
    count++;
  }

  void add(Latencies others) {
    for (int i = 0; i < buckets.length; i++) {
      buckets[i] += others.buckets[i];
    }
    count += others.count;
  }

  long count() {
    return count;
  }

  /** The duration in microseconds that a share of all did not exceed. */
  double micros(double share) {
    long rank = (long) Math.ceil(share * count);
    long seen = 0;
    for (int i = 0; i < buckets.length; i++) {
      seen += buckets[i];
      if (seen >= rank && seen > 0) {
        return upperEnd(i) / (double) TimeUnit.MICROSECONDS.toNanos(1);
      }
    }
    return Double.NaN;
  }

  private static int bucket(long nanos) {
    int shift = Math.max(0, Long.SIZE - SUB_BITS - 1 - Long.numberOfLeadingZeros(nanos | 1));
    return shift == 0 ? (int) nanos : shift * SUB + (int) (nanos >>> shift);
  }

  private static double upperEnd(int bucket) {
    if (bucket < 2 * SUB) {
      return bucket;
    }
    int shift = bucket / SUB - 1;
    long value = bucket - (long) shift * SUB;
    return Math.scalb((double) (value + 1), shift) - 1;
  }
}
