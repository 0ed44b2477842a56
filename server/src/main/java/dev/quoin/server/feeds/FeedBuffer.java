// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Matched;
import dev.quoin.feeds.v1.Overflow;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/**
 * What a live stream has not taken yet, within bounds, and what was dropped of it. Its stream
 * synchronizes.
 */
final class FeedBuffer {
  static final int MOST = 1_024;
  private static final long MOST_BYTES = 1024 * 1024;

  private final Overflow overflow;
  private final Deque<Waiting> waiting = new ArrayDeque<>();

  /** What waits of each author, if only the newest may. */
  private final Map<String, Waiting> newest = new HashMap<>();

  private long bytes;
  private long dropped;

  /** Where the feed was after the last item that was dropped. */
  private Positions droppedTo;

  FeedBuffer(Overflow overflow) {
    this.overflow = overflow;
  }

  /** An item and the parts of the filter that it matched. */
  static final class Waiting {
    private FeedItem item;
    private Matched matched;
    private boolean replaced;

    private Waiting(FeedItem item, Matched matched) {
      this.item = item;
      this.matched = matched;
    }

    FeedItem item() {
      return item;
    }

    Matched matched() {
      return matched;
    }

    private void replace() {
      replaced = true;
      item = null;
      matched = null;
    }
  }

  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /** How many were dropped since this was asked last. */
  long takeDropped() {
    long count = dropped;
    dropped = 0;
    return count;
  }

  boolean hasDropped() {
    return dropped > 0;
  }

  /** Where the feed was after the last one that was dropped; null when none was. */
  Positions droppedTo() {
    return droppedTo;
  }

  /**
   * Adds an item.
   *
   * @param mayDrop whether items may be dropped as the overflow policy says
   * @return false when there is no room and nothing may be dropped
   */
  boolean add(FeedItem item, Matched matched, boolean mayDrop) {
    boolean conflates = mayDrop && overflow == Overflow.OVERFLOW_CONFLATE;
    Waiting added = new Waiting(item, matched);
    if (conflates) {
      Waiting older = newest.put(item.entry().status().getAuthor(), added);
      if (older != null) {
        drop(older);
        older.replace();
      }
    }
    waiting.add(added);
    bytes += item.entry().bytes();
    while (waiting.size() > 1 && (waiting.size() > MOST || bytes > MOST_BYTES)) {
      if (!conflates && !(mayDrop && overflow == Overflow.OVERFLOW_DROP)) {
        return false;
      }
      Waiting oldest = waiting.poll();
      if (!oldest.replaced) {
        drop(oldest);
        forget(oldest);
      }
    }
    return true;
  }

  private void drop(Waiting one) {
    dropped++;
    droppedTo = one.item.after();
    bytes -= one.item.entry().bytes();
  }

  /** The oldest that waits; null when there is none. */
  Waiting poll() {
    Waiting next = waiting.poll();
    while (next != null && next.replaced) {
      next = waiting.poll();
    }
    if (next != null) {
      bytes -= next.item.entry().bytes();
      forget(next);
    }
    return next;
  }

  private void forget(Waiting one) {
    newest.remove(one.item.entry().status().getAuthor(), one);
  }

  void clear() {
    waiting.clear();
    newest.clear();
    bytes = 0;
  }
}
