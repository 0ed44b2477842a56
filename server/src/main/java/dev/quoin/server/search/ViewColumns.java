// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The blocks of columns that one query has read, and those that are kept for all. */
final class ViewColumns {
  /** In place of a slot: the block itself. */
  static final int WHOLE = -1;

  private static final List<Integer> ONLY_THE_WHOLE = List.of(WHOLE);

  private final BlockCache cache;
  private final String partition;
  private final PartitionState state;
  private final Map<Integer, Columns.Cached> kept = new HashMap<>();
  private final Map<Long, Columns.Block> own = new HashMap<>();
  private final Map<Long, Unjoined> unjoined = new HashMap<>();

  /**
   * A block of which values that stand apart are missing.
   *
   * @param apart those that were read
   * @param missing slots of the others
   */
  private record Unjoined(byte[] data, Map<Integer, byte[]> apart, Set<Integer> missing) {}

  ViewColumns(BlockCache cache, String partition, PartitionState state) {
    this.cache = cache;
    this.partition = partition;
    this.state = state;
  }

  private static long place(int column, int block) {
    return (long) column << 24 | block;
  }

  /** A block as of a moment; null when it has to be read first. */
  Columns.Block block(int column, Columns.Kind kind, int block, long stamp) {
    Columns.Block read = own.get(place(column, block));
    return read != null ? read : kept(column, kind).get(block, stamp);
  }

  /** What has to be read of a block: {@link #WHOLE}, or slots whose values stand apart. */
  Iterable<Integer> missing(int column, int block) {
    Unjoined begun = unjoined.get(place(column, block));
    return begun == null ? ONLY_THE_WHOLE : begun.missing;
  }

  /** Takes what was read of a block at a moment. */
  void take(int column, Columns.Kind kind, int block, int slot, byte[] data, long stamp) {
    if (slot == WHOLE) {
      List<Integer> apart = kind == Columns.Kind.NUMBER ? List.of() : Columns.apart(data);
      if (apart.isEmpty()) {
        keep(column, kind, block, data, stamp);
      } else {
        unjoined.put(
            place(column, block), new Unjoined(data, new HashMap<>(), new TreeSet<>(apart)));
      }
      return;
    }
    Unjoined begun = unjoined.get(place(column, block));
    // A document of the block may have changed by the moment of this read.
    if (begun != null && begun.missing.remove(slot)) {
      begun.apart.put(slot, data);
      if (begun.missing.isEmpty()) {
        unjoined.remove(place(column, block));
        keep(column, kind, block, Columns.joined(begun.data, begun.apart), stamp);
      }
    }
  }

  private void keep(int column, Columns.Kind kind, int block, byte[] data, long stamp) {
    Columns.Cached cached = kept(column, kind);
    Columns.Block read = Columns.read(kind, data, stamp, cached.dictionary);
    own.put(place(column, block), read);
    state.keep(cached, block, read);
    cache.put(PartitionReader.key(partition, column), cached);
  }

  /** A document of a block has changed. */
  void drop(int block) {
    own.keySet().removeIf(place -> (int) (place & 0xFFFFFF) == block);
    unjoined.keySet().removeIf(place -> (int) (place & 0xFFFFFF) == block);
    kept.values().forEach(column -> column.drop(block));
  }

  /** It is not known which documents have changed. */
  void dropAll() {
    own.clear();
    unjoined.clear();
    kept.values().forEach(Columns.Cached::dropAll);
  }

  Columns.Dictionary dictionary(int column) {
    return kept(column, Columns.Kind.TAGS).dictionary;
  }

  private Columns.Cached kept(int column, Columns.Kind kind) {
    return kept.computeIfAbsent(
        column,
        c ->
            (Columns.Cached)
                cache.get(PartitionReader.key(partition, column), () -> new Columns.Cached(kind)));
  }
}
