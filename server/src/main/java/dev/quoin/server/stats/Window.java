// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

/**
 * Which hour is meant.
 *
 * @param ago how many hours before the current one; -1 when the hour is given
 * @param hour the hour that is given, in hours since 1970
 */
record Window(int ago, long hour) {

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

  /** As scripts take it. */
  String word() {
    return isGiven() ? "" : Integer.toString(ago);
  }
}
