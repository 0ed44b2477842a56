// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;

/**
 * What a service has done since the server started. Times are counted in buckets of microseconds:
 * eight of equal width between a power of two and the next, so that none is wider than an eighth of
 * its times.
 */
public final class CallFigures {
  private static final int BITS = 3;
  private static final int PER_POWER = 1 << BITS;

  /** Up to an hour; what takes longer counts as that. */
  private static final long LONGEST_MICROS = 3_600_000_000L;

  private static final int BUCKETS = bucket(LONGEST_MICROS) + 1;
  private static final int MICRO_NANOS = 1_000;

  private final LongAdder calls = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder refused = new LongAdder();
  private final LongAdder streams = new LongAdder();
  private final AtomicLongArray served = new AtomicLongArray(BUCKETS);

  /** A call has begun. */
  public void begin(boolean isUnary) {
    calls.increment();
    if (!isUnary) {
      streams.increment();
    }
  }

  /**
   * A call has ended.
   *
   * @param isOk whether it was served, or ended by its caller
   * @param isFault whether it failed through no fault of its caller
   * @param nanos it took, without the waits it asked for
   */
  public void end(boolean isOk, boolean isFault, boolean isUnary, long nanos) {
    if (isUnary) {
      served.incrementAndGet(bucket(Math.min(nanos / MICRO_NANOS, LONGEST_MICROS)));
    } else {
      streams.decrement();
    }
    if (isFault) {
      failed.increment();
    } else if (!isOk) {
      refused.increment();
    }
  }

  public long calls() {
    return calls.sum();
  }

  public long failed() {
    return failed.sum();
  }

  public long refused() {
    return refused.sum();
  }

  public long openStreams() {
    return streams.sum();
  }

  /** How many calls with one response have ended, by the time they took. */
  public Times times() {
    long[] counts = new long[BUCKETS];
    for (int i = 0; i < BUCKETS; i++) {
      counts[i] = served.get(i);
    }
    return new Times(counts);
  }

  private static int bucket(long micros) {
    int power = Long.SIZE - 1 - Long.numberOfLeadingZeros(micros | 1);
    return power <= BITS
        ? (int) micros
        : (power - BITS) * PER_POWER + (int) (micros >>> (power - BITS));
  }

  /** The least time that belongs to a later bucket. */
  private static long endMicros(int bucket) {
    int shift = Math.max(0, bucket / PER_POWER - 1);
    return (long) (bucket + 1 - shift * PER_POWER) << shift;
  }

  /** Calls by the time they took. */
  public static final class Times {
    public static final Times NONE = new Times(new long[BUCKETS]);

    private final long[] counts;

    private Times(long[] counts) {
      this.counts = counts;
    }

    /** Those that were not among earlier ones. */
    public Times since(Times earlier) {
      long[] since = new long[BUCKETS];
      for (int i = 0; i < BUCKETS; i++) {
        since[i] = counts[i] - earlier.counts[i];
      }
      return new Times(since);
    }

    public boolean isEmpty() {
      return count() == 0;
    }

    /** Microseconds within which so much of them was served, of 1; not for none. */
    public long quantileMicros(double share) {
      long left = (long) Math.ceil(count() * share);
      for (int i = 0; i < BUCKETS; i++) {
        left -= counts[i];
        if (left <= 0) {
          return endMicros(i);
        }
      }
      return LONGEST_MICROS;
    }

    private long count() {
      long all = 0;
      for (long count : counts) {
        all += count;
      }
      return all;
    }
  }
}
