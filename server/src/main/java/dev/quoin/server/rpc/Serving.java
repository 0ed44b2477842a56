// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

/**
 * What serving any call takes.
 *
 * @param validation checks requests
 * @param failures hears of calls that failed
 */
record Serving(Validation validation, FailureLog failures) {}
