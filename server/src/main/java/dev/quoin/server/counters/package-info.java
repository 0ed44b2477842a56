// SPDX-License-Identifier: Apache-2.0
/**
 * The service Counters: time series at several precisions. The increments that a request brings for
 * one counter are applied by one script, which also drops old samples. Nothing runs in the
 * background.
 */
package dev.quoin.server.counters;
