// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.Tails;
import java.util.HashMap;
import java.util.Map;

/** The chats one stream follows, and its cursor. Guarded by the stream's subscription. */
final class Seats {
  private static final int EVENTS_AT_ONCE = 64;

  /** How many marks the cursors of what is brought at once may have together. */
  private static final int MARKS_AT_ONCE = 4_096;

  private final Map<String, Seat> seats = new HashMap<>();
  private final Tails tails;
  private final Cursor start;
  private final String domain;
  private boolean begun;

  /**
   * @param domain of the cursors
   * @param cursor from where the stream goes on
   */
  Seats(Tails tails, String domain, String cursor) {
    this.tails = tails;
    this.domain = domain;
    this.start = tails.cursor(domain, cursor);
  }

  Seat get(String chat) {
    return seats.get(chat);
  }

  boolean has(Seat seat) {
    return seats.get(seat.chat) == seat;
  }

  /** A seat in a chat that has none; where the cursor says, if it does. */
  Seat take(String chat, LogSource<Entry> log) {
    Seat seat = new Seat(chat, log);
    Cursor.Mark mark = start.mark(seat.id);
    if (mark != null) {
      seat.position = mark.position();
      seat.messages = mark.count();
      seat.placed = true;
    }
    seats.put(chat, seat);
    return seat;
  }

  void remove(Seat seat) {
    seats.remove(seat.chat, seat);
  }

  /** All chats there are have their seat: from now on the cursor is that of the seats. */
  void begin() {
    begun = true;
  }

  /** How many events can be told at once: the more chats, the longer the cursor of each. */
  int atOnce() {
    return Math.max(1, Math.min(EVENTS_AT_ONCE, MARKS_AT_ONCE / (1 + seats.size())));
  }

  /** Where to go on in all chats. */
  String cursor() {
    return without(null).text();
  }

  /** Where to go on in all chats but one. */
  Cursor.Writer without(Seat moving) {
    Map<Long, Cursor.Mark> unseated = new HashMap<>();
    if (!begun) {
      unseated.putAll(start.marks());
    }
    Cursor.Writer cursor = tails.cursorWriter(domain);
    for (Seat seat : seats.values()) {
      unseated.remove(seat.id);
      if (seat != moving && seat.placed) {
        cursor.add(seat.mark());
      }
    }
    unseated.values().forEach(cursor::add);
    return cursor;
  }
}
