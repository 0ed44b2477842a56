// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** A counter as it was read; see counters/_series.lua for the layout. */
final class CounterSeries {
  /**
   * What was counted in a slice of time.
   *
   * @param start second at which the slice begins
   * @param partial whether it has not ended yet
   */
  record Slice(long start, long count, boolean partial) {}

  /**
   * What of a series is asked for.
   *
   * @param from first second of interest
   * @param to second before which the last slice begins
   * @param last how many slices at most, the newest
   * @param zeros whether slices with a count of 0 are given
   */
  record Range(long from, long to, long last, boolean zeros) {}

  private final CounterShape shape;
  private final long now;
  private final ByteBuffer head;

  /**
   * @param now the present second
   * @param head head and journal, or all
   */
  CounterSeries(CounterShape shape, long now, byte[] head) {
    this.shape = shape;
    this.now = now;
    this.head = ByteBuffer.wrap(head);
  }

  /**
   * The slices of a precision, oldest first.
   *
   * @param precision place of the precision
   * @param ring the bytes of its ring; fewer, or none, when there is none
   */
  List<Slice> slices(int precision, ByteBuffer ring, Range range) {
    long seconds = shape.seconds().get(precision);
    long open = now / seconds;
    long end = Math.min(open, Math.floorDiv(range.to() - 1, seconds));
    long begin = Math.max(open - shape.samples() + 1, Math.floorDiv(range.from(), seconds));
    begin = Math.max(begin, end - range.last() + 1);
    if (begin > end) {
      return List.of();
    }
    long[] counts = counts(seconds, begin, (int) (end - begin) + 1, ring);
    List<Slice> slices = new ArrayList<>(counts.length);
    for (int i = 0; i < counts.length; i++) {
      if (range.zeros() || counts[i] != 0) {
        slices.add(new Slice((begin + i) * seconds, counts[i], begin + i == open));
      }
    }
    return slices;
  }

  private long[] counts(long seconds, long begin, int length, ByteBuffer ring) {
    long[] counts = new long[length];
    if (head.capacity() < CounterShape.HEAD) {
      return counts;
    }
    long stands = Integer.toUnsignedLong(head.getInt(8));
    for (int i = 0; i < length; i++) {
      long slice = begin + i;
      int slot = Math.floorMod(slice, shape.samples()) * Long.BYTES;
      if (isHeld(slice, stands / seconds) && slot + Long.BYTES <= ring.capacity()) {
        counts[i] = ring.getLong(slot);
      }
    }
    int entries = Short.toUnsignedInt(head.getShort(4));
    for (int i = 0; i < entries; i++) {
      int at = CounterShape.HEAD + i * CounterShape.ENTRY;
      long slice = Integer.toUnsignedLong(head.getInt(at)) / seconds - begin;
      if (slice >= 0 && slice < length) {
        counts[(int) slice] +=
            ((long) head.getShort(at + 4) << 32) | Integer.toUnsignedLong(head.getInt(at + 6));
      }
    }
    return counts;
  }

  private boolean isHeld(long slice, long newest) {
    return slice <= newest && slice > newest - shape.samples();
  }
}
