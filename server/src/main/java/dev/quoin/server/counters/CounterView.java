// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.WatchResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;

/** A whole counter at one moment. */
final class CounterView {
  private final CounterShape shape;
  private final long nowMillis;
  private final byte[] value;

  /** The newest slices of each precision, made once for all who watch it. */
  private final AtomicReferenceArray<WatchResponse> newestSlices;

  CounterView(CounterShape shape, long nowMillis, byte[] value) {
    this.shape = shape;
    this.nowMillis = nowMillis;
    this.value = value;
    this.newestSlices = new AtomicReferenceArray<>(shape.seconds().size());
  }

  /** How long the open slice of a precision, given by its place, will still be open. */
  long millisOpen(int precision) {
    long millis = shape.seconds().get(precision) * 1000;
    return millis - nowMillis % millis;
  }

  /** The slice of a precision, given by its place, that ended last, and the one that is open. */
  WatchResponse newestSlices(int precision) {
    WatchResponse known = newestSlices.get(precision);
    if (known == null) {
      known = WatchResponse.newBuilder().addAllSamples(Samples.of(newest(precision))).build();
      newestSlices.set(precision, known);
    }
    return known;
  }

  private List<CounterSeries.Slice> newest(int precision) {
    int ring = shape.ring(precision);
    ByteBuffer bytes =
        value.length < ring + shape.ringBytes()
            ? ByteBuffer.allocate(0)
            : ByteBuffer.wrap(value, ring, shape.ringBytes()).slice();
    return new CounterSeries(shape, nowMillis / 1000, value)
        .slices(precision, bytes, new CounterSeries.Range(0, Long.MAX_VALUE, 2, true));
  }
}
