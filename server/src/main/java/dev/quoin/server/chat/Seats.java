// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.Tails;
import java.util.HashMap;
import java.util.Map;

/** The chats one stream follows, and its cursor. Guarded by the stream's subscription. */
final class Seats {
  private static final int FEW = 8;
  private static final String MESSAGES = "\n";

  private final Map<String, Seat> seats = new HashMap<>();
  private final Tails tails;
  private final String given;
  private final Cursor begin;
  private boolean begun;
  private long lastCursor = System.nanoTime();
  private long lastSum = -1;

  /**
   * @param cursor from where the stream goes on
   */
  Seats(Tails tails, String cursor) {
    this.tails = tails;
    this.given = cursor;
    this.begin = tails.cursor(cursor);
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
    long position = begin.after(chat);
    long messages = begin.after(chat + MESSAGES);
    if (position >= 0 && messages >= 0) {
      seat.position = position;
      seat.messages = messages;
      seat.placed = true;
    }
    seats.put(chat, seat);
    return seat;
  }

  void remove(Seat seat) {
    seats.remove(seat.chat, seat);
  }

  /** All chats there are have their place: from now on the cursor is that of the seats. */
  void begin() {
    begun = true;
  }

  /** Where to go on; until all chats have their place nowhere else than where the stream was to. */
  String cursor() {
    if (!begun) {
      return given;
    }
    lastCursor = System.nanoTime();
    Map<String, Long> positions = new HashMap<>();
    seats
        .values()
        .forEach(
            seat -> {
              if (seat.placed) {
                positions.put(seat.chat, seat.position);
                positions.put(seat.chat + MESSAGES, seat.messages);
              }
            });
    return tails.cursor(positions);
  }

  /** The cursor, unless no seat has moved since this was asked last: then nothing. */
  String cursorIfMoved() {
    long sum = seats.size();
    for (Seat seat : seats.values()) {
      sum += seat.placed ? seat.position + seat.messages : 0;
    }
    if (begun && sum == lastSum) {
      return "";
    }
    lastSum = sum;
    return cursor();
  }

  /** The cursor, unless it is long and was there not long ago: then nothing. */
  String cursorIfCheap() {
    boolean cheap = seats.size() <= FEW || System.nanoTime() - lastCursor > 1_000_000_000L;
    return cheap ? cursor() : "";
  }
}
