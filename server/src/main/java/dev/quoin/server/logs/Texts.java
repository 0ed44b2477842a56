// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Cuts texts to a number of bytes in UTF-8, between two characters. */
final class Texts {
  private Texts() {}

  static byte[] cutToBytes(String text, int limit) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= limit) {
      return bytes;
    }
    int end = limit;
    while ((bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return Arrays.copyOf(bytes, end);
  }

  static String cut(String text, int limit) {
    // A character takes at most three bytes for each of its chars.
    return text.length() * 3L <= limit
        ? text
        : new String(cutToBytes(text, limit), StandardCharsets.UTF_8);
  }
}
