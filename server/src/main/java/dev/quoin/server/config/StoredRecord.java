// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A thing as it is written in Redis: version, time and word split by single spaces, a line feed,
 * the value.
 *
 * @param version number of the change that made it, negative when that took it away
 * @param millis time of the change
 * @param word the author of a value, the keeper of an instance
 * @param value the rest
 */
record StoredRecord(long version, long millis, String word, ByteBuffer value) {

  static StoredRecord of(byte[] bytes) {
    int first = indexOf(bytes, ' ', 0);
    int second = indexOf(bytes, ' ', first + 1);
    int third = indexOf(bytes, '\n', second + 1);
    return new StoredRecord(
        Long.parseLong(text(bytes, 0, first)),
        Long.parseLong(text(bytes, first + 1, second)),
        text(bytes, second + 1, third),
        ByteBuffer.wrap(bytes, third + 1, bytes.length - third - 1));
  }

  boolean isGone() {
    return version < 0;
  }

  private static int indexOf(byte[] bytes, char wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    throw new IllegalStateException("not written by this version of Quoin");
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }
}
