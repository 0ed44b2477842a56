// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import java.util.ArrayList;
import java.util.List;

/** The newest entries of a log, without a hole, bounded in number and bytes. Not safe by itself. */
final class Window<E extends SequencedEntry> {
  private static final int SMALL = 4;
  private static final int CAPACITY = 256;
  private static final int BYTES = 1024 * 1024;

  /** The entry with position p, if it is here, stands at p modulo the length. */
  private Object[] ring = new Object[SMALL];

  private long start = 1;
  private long end;
  private int bytes;

  /** Position of the newest entry known, whether it is here or not. */
  long end() {
    return end;
  }

  /** Forgets all entries; the next one is expected after a position. */
  void reset(long newEnd) {
    for (long position = start; position <= end; position++) {
      ring[slot(position)] = null;
    }
    ring = ring.length > SMALL ? new Object[SMALL] : ring;
    start = newEnd + 1;
    end = newEnd;
    bytes = 0;
  }

  /** Adds an entry; those before it are forgotten when they are not what they were any more. */
  void add(E entry) {
    if (entry.position() != end + 1 || entry.rewrites()) {
      reset(entry.position() - 1);
    }
    if (end - start + 1 == ring.length) {
      if (ring.length < CAPACITY) {
        grow();
      } else {
        forgetOldest();
      }
    }
    end++;
    ring[slot(end)] = entry;
    bytes += entry.bytes();
    while (bytes > BYTES && start < end) {
      forgetOldest();
    }
  }

  private void forgetOldest() {
    bytes -= at(start).bytes();
    ring[slot(start)] = null;
    start++;
  }

  private void grow() {
    Object[] small = ring;
    ring = new Object[2 * small.length];
    for (long position = start; position <= end; position++) {
      ring[slot(position)] = small[(int) (position % small.length)];
    }
  }

  /** Whether all entries after a position are here. */
  boolean reaches(long position) {
    return position >= start - 1;
  }

  /** Entries after a position it reaches, some at a time. */
  List<E> after(long position, int limit, int limitBytes) {
    List<E> found = new ArrayList<>();
    int size = 0;
    for (long next = position + 1; next <= end && found.size() < limit; next++) {
      E entry = at(next);
      size += entry.bytes();
      if (size > limitBytes && !found.isEmpty()) {
        break;
      }
      found.add(entry);
    }
    return found;
  }

  @SuppressWarnings("unchecked")
  private E at(long position) {
    return (E) ring[slot(position)];
  }

  private int slot(long position) {
    return (int) (position % ring.length);
  }
}
