// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/** A position in each partition of a feed. */
final class Positions {
  private final long[] values;

  private Positions(long[] values) {
    this.values = values;
  }

  static Positions of(IntToLongFunction position) {
    return new Positions(
        IntStream.range(0, FeedStore.PARTITIONS).mapToLong(position::applyAsLong).toArray());
  }

  long of(int partition) {
    return values[partition];
  }

  /** The same with another position in one partition. */
  Positions with(int partition, long position) {
    long[] moved = values.clone();
    moved[partition] = position;
    return new Positions(moved);
  }

  /** The greater position in each partition; the other positions where they cover these. */
  Positions max(Positions other) {
    if (other.covers(this)) {
      return other;
    }
    return of(partition -> Math.max(values[partition], other.values[partition]));
  }

  /** Whether no position is before that of another. */
  boolean covers(Positions other) {
    return IntStream.range(0, values.length).allMatch(i -> values[i] >= other.values[i]);
  }

  /** How many entries lie between these positions and later ones. */
  long distanceTo(Positions later) {
    return IntStream.range(0, values.length).mapToLong(i -> later.values[i] - values[i]).sum();
  }
}
