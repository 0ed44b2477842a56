// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

/**
 * How many ads of a network were looked at for the last decisions: a few, as long as there are some
 * with money left, otherwise up to all.
 */
final class Effort {
  private volatile long looked;

  /** How many ads will be looked at, judged by the decisions before. */
  long expected() {
    return looked;
  }

  void learn(long count) {
    if (count != looked) {
      looked = Math.max(count, looked * 9 / 10);
    }
  }
}
