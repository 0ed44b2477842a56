// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What the server has read of indexes and used last, up to so many bytes. Nothing in it is trusted
 * unread: every query asks Redis for the stamps of what it uses.
 */
final class BlockCache {
  /** Something that is kept. */
  interface Entry {
    long size();
  }

  /**
   * What something is kept under.
   *
   * @param partition key of the partition and id of its index
   * @param name term or column
   */
  record Key(String partition, String name) {}

  /** An entry and the bytes it was counted with. */
  private static final class Slot {
    Entry entry;
    long size;
  }

  private final long most;
  private final Map<Key, Slot> slots = new LinkedHashMap<>(16, 0.75f, true);
  private long size;

  BlockCache(long most) {
    this.most = most;
  }

  /** A quarter of what the JVM may use, and 1 GiB at most. */
  static BlockCache ofHeap() {
    return new BlockCache(Math.min(1L << 30, Runtime.getRuntime().maxMemory() / 4));
  }

  synchronized Entry get(Key key) {
    Slot slot = slots.get(key);
    return slot == null ? null : slot.entry;
  }

  synchronized Entry get(Key key, Supplier<Entry> made) {
    Slot slot = slots.get(key);
    if (slot == null) {
      put(key, made.get());
      slot = slots.get(key);
    }
    return slot.entry;
  }

  /** Keeps an entry, or counts anew one that has grown. */
  synchronized void put(Key key, Entry entry) {
    Slot slot = slots.computeIfAbsent(key, k -> new Slot());
    size -= slot.size;
    slot.entry = entry;
    slot.size = entry.size() + key.name().length() + 100;
    size += slot.size;
    Iterator<Slot> oldest = slots.values().iterator();
    while (size > most && slots.size() > 1) {
      Slot evicted = oldest.next();
      if (evicted != slot) {
        size -= evicted.size;
        oldest.remove();
      }
    }
  }

  synchronized long size() {
    return size;
  }
}
