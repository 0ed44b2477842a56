// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import java.util.List;

/**
 * Some entries of a log.
 *
 * @param first position of the first entry the log ever had; greater than all positions of a log of
 *     the same name that was forgotten before
 * @param newest position of the newest entry, whether it is kept or not, 0 when the log has none;
 *     when there are entries any number greater than the last one's may stand for it
 * @param entries in rising order; positions are missing only where entries are not kept any more
 */
public record ReadBatch<E extends SequencedEntry>(long first, long newest, List<E> entries) {

  /** Whether there are entries after those of the batch. */
  boolean hasMore() {
    return !entries.isEmpty() && newest > entries.get(entries.size() - 1).position();
  }
}
