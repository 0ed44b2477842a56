// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.errors.InvalidRequest;

/**
 * Which hour is meant.
 *
 * @param ago how many hours before the current one; -1 when the hour is given
 * @param hour the hour that is given, in hours since 1970
 */
record Window(int ago, long hour) {
  private static final int KEPT_HOURS = 24;

  static Window ago(int hours) {
    return new Window(hours, 0);
  }

  static Window of(long hour) {
    return new Window(-1, hour);
  }

  boolean isGiven() {
    return ago < 0;
  }

  /** The hour, when this is the current one. */
  long at(long current) {
    return isGiven() ? hour : current - ago;
  }

  /**
   * @throws InvalidRequest when the hour that is given is forgotten, or lies in the future by more
   *     than clocks disagree
   */
  void check(long current) {
    if (isGiven() && (hour < current - KEPT_HOURS || hour > current + 1)) {
      throw InvalidRequest.of(
          "hour", "must be the current hour or one of the 24 before it: others are not kept");
    }
  }

  /** As scripts take it. */
  String word() {
    return isGiven() ? "" : Integer.toString(ago);
  }
}
