// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

/**
 * A value far above the usual.
 *
 * @param count how many values there were before
 * @param mean their mean
 * @param stddev their standard deviation
 * @param second when it was recorded
 * @param suppressed how many anomalies were not told since the one before
 */
public record Anomaly(
    String kind,
    String context,
    double value,
    long count,
    double mean,
    double stddev,
    long second,
    long suppressed) {}
