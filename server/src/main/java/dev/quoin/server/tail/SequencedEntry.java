// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

/** An entry of a log. */
public interface SequencedEntry {
  /** Its position: one more than that of the entry before it. */
  long position();

  /** Whether entries before it were changed or emptied when it was written. */
  default boolean rewrites() {
    return false;
  }

  /** About how much memory it takes. */
  int bytes();
}
