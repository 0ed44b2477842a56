// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Seal;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Positions in several logs as an opaque text: a version, for each log a hash and a mark, and a
 * seal, so that nobody can make one up. A mark is the position to go on after; or, while the last
 * entries before the start of a stream have not been brought yet, the bits of the position of the
 * last of them, inverted.
 */
public final class Cursor {
  private static final byte VERSION = 2;
  private static final int BYTES = Long.BYTES + Long.BYTES;
  private static final Cursor NONE = new Cursor(Map.of());

  private final Map<Long, Long> marks;

  private Cursor(Map<Long, Long> marks) {
    this.marks = marks;
  }

  /** The mark of a log of which the last entries up to a position are still to be brought. */
  static long before(long position) {
    return ~position;
  }

  /** The text for positions, or other marks, by channel. */
  static String of(Map<String, Long> marks, Seal seal) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + marks.size() * BYTES + Seal.BYTES).put(VERSION);
    marks.forEach((log, mark) -> bytes.putLong(hash(log)).putLong(mark));
    bytes.put(seal.mark(Arrays.copyOf(bytes.array(), bytes.position())));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /**
   * Reads a text; the empty one speaks of no log.
   *
   * @throws InvalidRequest when it is none of ours
   */
  static Cursor parse(String text, Seal seal) {
    if (text.isEmpty()) {
      return NONE;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(unsealed(Base64.getUrlDecoder().decode(text), seal));
      if (bytes.get() != VERSION) {
        throw unknown();
      }
      Map<Long, Long> marks = new HashMap<>();
      while (bytes.hasRemaining()) {
        long hash = bytes.getLong();
        long mark = bytes.getLong();
        if (position(mark) >= LogSource.END) {
          throw unknown();
        }
        marks.put(hash, mark);
      }
      return new Cursor(marks);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      throw unknown();
    }
  }

  private static byte[] unsealed(byte[] sealed, Seal seal) {
    int size = sealed.length - Seal.BYTES;
    if (size <= 0) {
      throw unknown();
    }
    byte[] bytes = Arrays.copyOf(sealed, size);
    if (!seal.isOn(bytes, Arrays.copyOfRange(sealed, size, sealed.length))) {
      throw unknown();
    }
    return bytes;
  }

  /**
   * Where to go on in a log.
   *
   * @param last how many of the last entries are wanted if they have not been brought yet
   */
  public Start start(String log, long last) {
    Long mark = marks.get(hash(log));
    if (mark == null) {
      return Start.last(last);
    }
    return new Start(mark < 0 ? last : 0, position(mark));
  }

  /** The position to go on after; negative when the cursor says none for the log. */
  public long after(String log) {
    return marks.getOrDefault(hash(log), -1L);
  }

  private static long position(long mark) {
    return mark < 0 ? ~mark : mark;
  }

  private static InvalidRequest unknown() {
    return InvalidRequest.of("cursor", "must be a cursor that was received before");
  }

  /** FNV-1a: logs of one cursor are few, and it has to be the same on every server. */
  private static long hash(String log) {
    long hash = 0xcbf29ce484222325L;
    for (int i = 0; i < log.length(); i++) {
      hash = (hash ^ log.charAt(i)) * 0x100000001b3L;
    }
    return hash;
  }
}
