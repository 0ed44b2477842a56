// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.stats.v1.GetResponse;
import java.time.Instant;

/**
 * The figures of a context in one hour; all 0 when nothing was recorded.
 *
 * @param hour the first moment of the hour
 * @param partial whether the hour has not ended yet
 * @param stddev of a sample
 * @param p50 half of the values are not greater, within 1 %
 */
public record StatsFigures(
    Instant hour,
    boolean partial,
    long count,
    double sum,
    double min,
    double max,
    double mean,
    double stddev,
    double p50,
    double p95,
    double p99) {

  static StatsFigures of(GetResponse response) {
    return new StatsFigures(
        Protos.instant(response.getHour()),
        response.getPartial(),
        response.getCount(),
        response.getSum(),
        response.getMin(),
        response.getMax(),
        response.getMean(),
        response.getStddev(),
        response.getP50(),
        response.getP95(),
        response.getP99());
  }
}
