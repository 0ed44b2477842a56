// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;

/** A chat as one stream follows it. Guarded by the stream's subscription. */
final class Seat {
  final String chat;
  final LogSource<Entry> log;
  final long id;

  /** Position of the last entry told or passed over. */
  long position;

  /** Number of the last message up to there. */
  long messages;

  /** Whether there is such a position, from the cursor or because the stream has been there. */
  boolean placed;

  /** Whether the user is a member at the position. */
  boolean member;

  /** Whether Redis is being asked where the user stands; nothing is told meanwhile. */
  boolean looking;

  /** Counts how often it was waited for the user to become a member. */
  int waits;

  Seat(String chat, LogSource<Entry> log) {
    this.chat = chat;
    this.log = log;
    this.id = Cursor.id(log.channel());
  }

  /** Where to go on, as a part of a cursor. */
  Cursor.Mark mark() {
    return new Cursor.Mark(id, position, messages);
  }

  /** What cannot be told: messages, or other events only when there is none of them. */
  record Missing(long from, long to) {}

  /**
   * Takes the place from which to go on for a member.
   *
   * @return what cannot be told before that; null when nothing
   */
  Missing take(Place place) {
    long before = place.joinedAt() - 1;
    // Redis was set back: only what was acknowledged is sure to be what it was.
    boolean wentBack = placed && position > place.newest();
    if (!placed || wentBack) {
      position = place.acknowledgedAt();
      messages = place.acknowledged();
    }
    if (position < before) {
      position = before;
      messages = Math.max(messages, place.joinedAfter());
    }
    boolean missed =
        placed && !wentBack ? position < place.kept() : messages < place.firstKept() - 1;
    placed = true;
    if (!missed) {
      return wentBack ? new Missing(0, 0) : null;
    }
    Missing missing = new Missing(messages + 1, place.firstKept() - 1);
    position = place.kept();
    messages = place.firstKept() - 1;
    return missing;
  }
}
