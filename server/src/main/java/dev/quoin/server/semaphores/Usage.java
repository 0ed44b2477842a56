// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.waiting.AcquireResult;

/** How many permits are in use, and how many may be. */
record Usage(int inUse, int limit) {
  private static final Usage UNKNOWN = new Usage(0, 0);

  /** Reads the note that comes with the results of semaphores. */
  static Usage of(AcquireResult result) {
    int space = result.note().indexOf(' ');
    return space < 0
        ? UNKNOWN
        : new Usage(
            Integer.parseInt(result.note().substring(0, space)),
            Integer.parseInt(result.note().substring(space + 1)));
  }
}
