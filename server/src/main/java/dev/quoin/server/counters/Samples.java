// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.counters.v1.Sample;
import dev.quoin.server.errors.InvalidRequest;
import java.util.List;

/** Slices and seconds as messages. */
final class Samples {
  private Samples() {}

  static List<Sample> of(List<CounterSeries.Slice> slices) {
    return slices.stream()
        .map(
            slice ->
                Sample.newBuilder()
                    .setStartTime(time(slice.start()))
                    .setCount(slice.count())
                    .setPartial(slice.partial())
                    .build())
        .toList();
  }

  static Timestamp time(long second) {
    return Timestamp.newBuilder().setSeconds(second).build();
  }

  /** The second a time lies in. */
  static long second(Timestamp time, String field) {
    if (!Timestamps.isValid(time)) {
      throw InvalidRequest.of(field, "must be a time between the years 1 and 9999");
    }
    return time.getSeconds();
  }
}
