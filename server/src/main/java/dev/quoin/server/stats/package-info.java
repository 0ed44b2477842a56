// SPDX-License-Identifier: Apache-2.0
/**
 * The service Stats: summaries of measured values by the hour. Counts, sums, extremes and a sketch
 * for percentiles are updated by one script per batch. Values far from the usual are reported to
 * watchers and written to the log.
 */
package dev.quoin.server.stats;
