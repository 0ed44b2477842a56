// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;

/** Hears what is written to logs. */
@FunctionalInterface
public interface TailListener {
  /** An entry was written. Another tail goes on after it with the cursor of the entry. */
  void entry(String name, LogEntry entry);

  /**
   * Entries of a log were missed: this process was away, or too slow, for longer than they are
   * kept.
   *
   * @param missed how many, 0 when that is not known
   */
  default void gap(String name, long missed) {}

  /** The tail has ended by itself and will not go on: the request is not allowed. */
  default void ended(QuoinException failure) {}
}
