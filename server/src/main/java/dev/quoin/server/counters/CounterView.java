// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * A whole counter at one moment.
 *
 * @param nowMillis that moment
 */
record CounterView(CounterShape shape, long nowMillis, byte[] value) {

  /** How long the open slice of a precision, given by its place, will still be open. */
  long millisOpen(int precision) {
    long millis = shape.seconds().get(precision) * 1000;
    return millis - nowMillis % millis;
  }

  /** The slice of a precision, given by its place, that ended last, and the one that is open. */
  List<CounterSeries.Slice> newest(int precision) {
    int ring = shape.ring(precision);
    ByteBuffer bytes =
        value.length < ring + shape.ringBytes()
            ? ByteBuffer.allocate(0)
            : ByteBuffer.wrap(value, ring, shape.ringBytes()).slice();
    return new CounterSeries(shape, nowMillis / 1000, value)
        .slices(precision, bytes, new CounterSeries.Range(0, Long.MAX_VALUE, 2, true));
  }
}
