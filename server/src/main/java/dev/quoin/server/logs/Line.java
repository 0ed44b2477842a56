// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.server.tail.SequencedEntry;

/** An entry with its place in the log. All streams that it is delivered to share it. */
final class Line implements SequencedEntry {
  private final long position;
  private final LogEntry entry;
  private final int bytes;

  /** The entry with the cursor it was given last: most streams give it the same one. */
  private volatile LogEntry told = LogEntry.getDefaultInstance();

  private Line(long position, LogEntry entry, int bytes) {
    this.position = position;
    this.entry = entry;
    this.bytes = bytes;
  }

  /** An entry as it is stored: without its time, which only the script knew. */
  static Line stored(long position, String micros, byte[] entry) {
    return new Line(position, entry(micros, entry), entry.length);
  }

  @Override
  public long position() {
    return position;
  }

  /** The size of the entry as it is stored. */
  @Override
  public int bytes() {
    return bytes;
  }

  LogEntry entry() {
    return entry;
  }

  /** The entry as a stream tells it. */
  LogEntry entry(String cursor) {
    LogEntry known = told;
    if (!known.getCursor().equals(cursor)) {
      known = entry.toBuilder().setCursor(cursor).build();
      told = known;
    }
    return known;
  }

  static LogEntry entry(String micros, byte[] entry) {
    try {
      return LogEntry.parseFrom(entry).toBuilder().setTime(time(Long.parseLong(micros))).build();
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a stored log entry cannot be read", e);
    }
  }

  static Timestamp time(long micros) {
    return Timestamps.fromMicros(micros);
  }
}
