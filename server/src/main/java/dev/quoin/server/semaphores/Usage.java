// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.waiting.Standing;

/** How many permits are in use, and how many may be. */
record Usage(int inUse, int limit) {
  private static final Usage UNKNOWN = new Usage(0, 0);

  /** Reads the note that comes with grants and standings of semaphores. */
  static Usage of(Standing standing) {
    String note = standing.isGranted() ? standing.grant().note() : standing.note();
    int space = note.indexOf(' ');
    return space < 0
        ? UNKNOWN
        : new Usage(
            Integer.parseInt(note.substring(0, space)),
            Integer.parseInt(note.substring(space + 1)));
  }

  String note() {
    return inUse + " " + limit;
  }
}
