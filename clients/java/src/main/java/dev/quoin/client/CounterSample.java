// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.counters.v1.Sample;
import java.time.Instant;
import java.util.List;

/**
 * What was counted in one slice of time.
 *
 * @param start when the slice begins
 * @param partial whether it has not ended yet
 */
public record CounterSample(Instant start, long count, boolean partial) {

  static List<CounterSample> all(List<Sample> samples) {
    return samples.stream()
        .map(
            sample ->
                new CounterSample(
                    Protos.instant(sample.getStartTime()), sample.getCount(), sample.getPartial()))
        .toList();
  }
}
