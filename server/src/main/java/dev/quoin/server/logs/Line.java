// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Timestamps;
import dev.quoin.logs.v1.LogEntry;
import dev.quoin.server.tail.Numbered;

/**
 * An entry with its place in the log.
 *
 * @param bytes size of the entry as it is stored
 */
record Line(long position, LogEntry entry, int bytes) implements Numbered {

  /** An entry as it is stored: without its time, which only the script knew. */
  static Line stored(long position, String micros, byte[] entry) {
    return new Line(position, entry(micros, entry), entry.length);
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
