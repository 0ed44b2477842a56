// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

/** A partition is of another index than the server thought, or of a newer revision. */
final class StaleDefinition extends RuntimeException {
  StaleDefinition() {
    super("the definition has changed", null, false, false);
  }

  /** The first value of a script's reply; throws when it says so. */
  static long checked(long outcome) {
    if (outcome == 2) {
      throw new StaleDefinition();
    }
    return outcome;
  }
}
