// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

/**
 * The figures of a context in one hour.
 *
 * @param hour the hour, in hours since 1970
 * @param partial whether it has not ended yet
 * @param stddev of a sample: divided by count - 1
 */
record Figures(
    long hour,
    boolean partial,
    long count,
    double sum,
    double min,
    double max,
    double mean,
    double stddev,
    Sketch sketch) {

  /** The value below or at which a share of the values lies, within 1 %. */
  double quantile(double share) {
    return Math.max(min, Math.min(max, sketch.quantile(share)));
  }
}
