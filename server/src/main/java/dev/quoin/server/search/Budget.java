// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

/** How much one evaluation of a query may look at, and for how long. For one thread at a time. */
final class Budget {
  /** Between two looks at the clock. */
  private static final int STRIDE = 4_096;

  private long cost;
  private long nextCheck;
  private long mostCost;
  private long end;

  /** Thrown when an evaluation has looked at as much as it may, or for as long. */
  static final class Spent extends RuntimeException {
    private static final long serialVersionUID = 1;

    private Spent() {
      super("time or cost are up", null, false, false);
    }
  }

  /**
   * Begins an evaluation.
   *
   * @param most how much may be looked at
   * @param until when time is up, in nanoseconds of this machine
   */
  void begin(long most, long until) {
    cost = 0;
    mostCost = most;
    end = until;
    nextCheck = Math.min(most, STRIDE);
  }

  /**
   * Counts one more thing that is looked at.
   *
   * @throws Spent when that was enough
   */
  void spend() {
    if (++cost > nextCheck) {
      check();
    }
  }

  private void check() {
    if (cost > mostCost || System.nanoTime() > end) {
      throw new Spent();
    }
    nextCheck = Math.min(mostCost, cost + STRIDE);
  }

  /** Lets what is left to do be done: it is little. */
  void allow() {
    nextCheck = Long.MAX_VALUE;
  }

  /** What was looked at. */
  long cost() {
    return cost;
  }
}
