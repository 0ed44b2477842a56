// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import dev.quoin.server.errors.InvalidRequest;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;

/**
 * Positions in several logs as an opaque text: a version, then for each log a hash and position.
 */
public final class Cursor {
  private static final byte VERSION = 1;
  private static final int BYTES = Long.BYTES + Long.BYTES;
  private static final Cursor NONE = new Cursor(Map.of());

  private final Map<Long, Long> positions;

  private Cursor(Map<Long, Long> positions) {
    this.positions = positions;
  }

  /** The text for positions by channel. */
  public static String of(Map<String, Long> positions) {
    ByteBuffer bytes = ByteBuffer.allocate(1 + positions.size() * BYTES).put(VERSION);
    positions.forEach((log, position) -> bytes.putLong(hash(log)).putLong(position));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes.array());
  }

  /**
   * Reads a text; the empty one speaks of no log.
   *
   * @throws InvalidRequest when it is none of ours
   */
  public static Cursor parse(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    try {
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getUrlDecoder().decode(text));
      if (bytes.get() != VERSION) {
        throw unknown();
      }
      Map<Long, Long> positions = new HashMap<>();
      while (bytes.hasRemaining()) {
        long hash = bytes.getLong();
        long position = bytes.getLong();
        if (position < 0 || position >= LogSource.END) {
          throw unknown();
        }
        positions.put(hash, position);
      }
      return new Cursor(positions);
    } catch (IllegalArgumentException | BufferUnderflowException e) {
      throw unknown();
    }
  }

  /** Whether it says where to go on in a log. */
  public boolean speaksOf(String log) {
    return positions.containsKey(hash(log));
  }

  /** The position in a log it speaks of. */
  public long position(String log) {
    return positions.get(hash(log));
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
