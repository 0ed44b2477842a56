// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.function.IntFunction;

/**
 * Up to which moment the columns that are kept of a partition hold: all blocks of documents that
 * changed before it have been thrown away.
 */
final class PartitionState {
  private final IntFunction<Columns.Cached> columns;
  private final int count;
  private long stamp;
  private byte[] stampBytes = Bytes.NONE;

  /**
   * @param columns those that are kept, by their numbers; null for one that is not
   * @param count how many columns there are
   */
  PartitionState(IntFunction<Columns.Cached> columns, int count) {
    this.columns = columns;
    this.count = count;
  }

  synchronized byte[] stamp() {
    return stampBytes;
  }

  /**
   * Something was read at a moment.
   *
   * @param reached whether what has changed since a moment before is all known
   * @param changed ordinals of documents that changed, 3 bytes each
   */
  synchronized void advance(
      long sinceStamp, long to, byte[] toBytes, boolean reached, byte[] changed) {
    if (to <= stamp) {
      return;
    }
    for (int column = 0; column < count; column++) {
      Columns.Cached kept = columns.apply(column);
      if (kept != null && (!reached || sinceStamp > stamp)) {
        kept.dropAll();
      } else if (kept != null) {
        for (int at = 0; at < changed.length; at += 3) {
          kept.drop(Bytes.ordinal(changed, at) / Columns.BLOCK);
        }
      }
    }
    stamp = to;
    stampBytes = toBytes;
  }

  /** Keeps a block that was read, unless documents may have changed since. */
  synchronized void keep(Columns.Cached column, int number, Columns.Block block) {
    if (stamp == block.loadedAt()) {
      column.put(number, block);
    }
  }
}
