// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.streams.v1.Gap;

/** Hears what is written to logs, one call at a time. */
@FunctionalInterface
public interface TailListener {
  /** An entry was written. Another tail given the cursor of the entry goes on after it. */
  void entry(String name, LogEntry entry);

  /** Entries of a log were missed: they were no longer kept when this process came for them. */
  default void gap(Gap gap) {}
}
