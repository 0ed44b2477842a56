// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import java.util.List;

/** One log of one subscription. All but its waking is guarded by the subscription. */
final class FollowedLog<E extends SequencedEntry> {
  final LogSource<E> source;
  final long id;
  private final Subscription<E> subscription;
  Tail<E> tail;

  /** Position of the last entry brought; negative before the log can be followed. */
  long position = -1;

  /** Whether it stands among those that may have something new. */
  boolean queued;

  /** Whether it has ever been as far as the tail reaches. */
  boolean caughtUp;

  /** What was read from Redis and is to be brought next. */
  ReadBatch<E> read;

  /** Whether entries are being read from Redis for it. */
  boolean reading;

  /** Whether what was read, or is being read, may not be so any more. */
  boolean stale;

  /** Whether Redis has to say first that the log still is where the position says. */
  private boolean verify;

  /** Entries after this position have to be brought, or a gap told. */
  private long owedAfter;

  /** Whether the position is one to go on from, and not just where the last entries may begin. */
  private boolean placed;

  FollowedLog(Subscription<E> subscription, LogSource<E> source) {
    this.subscription = subscription;
    this.source = source;
    this.id = Cursor.id(source.channel());
  }

  void begin(StartPosition start) {
    long newest = tail.end();
    owedAfter = start.resumes() ? start.end() : newest;
    // In a log that was set back since then the last entries are not those that were meant.
    position = newest < owedAfter ? owedAfter : Math.max(0, owedAfter - start.last());
    placed = position == owedAfter;
    verify = start.resumes();
    caughtUp = tail.reaches(position);
  }

  /** Whether it is known where it is. */
  boolean hasBegun() {
    return position >= 0;
  }

  /** Where to go on after what was brought, as a part of a cursor. */
  Cursor.Mark mark() {
    return placed ? new Cursor.Mark(id, position, 0) : Cursor.Mark.before(id, owedAfter);
  }

  /** There may be something new; or, if so, the log was set back or older entries have changed. */
  void wake(boolean wentBack, boolean rewritten) {
    subscription.wake(this, wentBack, rewritten);
  }

  void fail(Throwable failure) {
    subscription.fail(failure);
  }

  void signal(String text) {
    subscription.signal(this, text);
  }

  void verify() {
    verify = true;
  }

  /** Entries that the tail has; null when they have to be read from Redis. */
  List<E> fromTail(int limit, int bytes) {
    List<E> entries = verify ? null : tail.after(position, limit, bytes);
    caughtUp |= entries != null;
    return entries;
  }

  /** Whether the tail does not reach back to the position any more. */
  boolean fellBehind() {
    return caughtUp && !verify && !tail.reaches(position);
  }

  /** Returns whether the subscriber told anybody. */
  boolean bring(List<E> entries, Subscriber<E> subscriber) {
    position = entries.get(entries.size() - 1).position();
    placed = true;
    return subscriber.entries(source, entries);
  }

  /**
   * Brings what was read from Redis, and says what is missing before, between and after. Returns
   * whether the subscriber told anybody.
   */
  boolean bringRead(Subscriber<E> subscriber) {
    ReadBatch<E> batch = read;
    read = null;
    verify = false;
    boolean told = false;
    if (position >= batch.first() - 1 || position == 0) {
      position = Math.max(position, batch.first() - 1);
    } else if (batch.newest() > 0) {
      // The log it had a place in was forgotten, and another one of the name has begun.
      told = moveTo(batch.first() - 1, position + 1, position, subscriber);
    }
    List<E> entries = batch.entries();
    int next = 0;
    while (next < entries.size()) {
      long first = entries.get(next).position();
      if (first > position + 1) {
        told |= moveTo(first - 1, position + 1, first - 1, subscriber);
      }
      int end = next + 1;
      while (end < entries.size() && entries.get(end).position() == first + end - next) {
        end++;
      }
      told |= bring(entries.subList(next, end), subscriber);
      next = end;
    }
    if (entries.isEmpty() && batch.newest() > position) {
      told |= moveTo(batch.newest(), position + 1, batch.newest(), subscriber);
    } else if (entries.isEmpty() && batch.newest() < position) {
      told |= moveTo(batch.newest(), position + 1, position, subscriber);
    }
    return told;
  }

  /**
   * Goes on after what cannot be brought. Returns whether the subscriber was told: it is not when
   * it has only asked for the last entries and these are fewer than that.
   */
  private boolean moveTo(long newPosition, long from, long to, Subscriber<E> subscriber) {
    long owedFrom = Math.max(from, owedAfter + 1);
    boolean isKnown = from <= to;
    boolean isGap = isKnown ? owedFrom <= to : newPosition > owedAfter || position >= owedAfter;
    position = newPosition;
    owedAfter = Math.min(owedAfter, newPosition);
    placed = true;
    if (isGap) {
      subscriber.gap(source, isKnown ? owedFrom : from, to);
    }
    return isGap;
  }
}
