// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/** Texts as they can be sent. */
final class Texts {
  private Texts() {}

  /**
   * Whether UTF-8 can write a text. Half a surrogate pair is no character: it would become another
   * one, and a name another name.
   */
  static boolean isWellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean isPair =
            Character.isHighSurrogate(c)
                && i + 1 < text.length()
                && Character.isLowSurrogate(text.charAt(i + 1));
        if (!isPair) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  /**
   * The beginning of a text that has no more than so many bytes, cut between two characters. Half a
   * surrogate pair becomes a question mark.
   */
  static String cut(String text, int limit) {
    if (text.length() * 3L <= limit && isWellFormed(text)) {
      return text;
    }
    byte[] bytes = text.getBytes(UTF_8);
    int end = Math.min(limit, bytes.length);
    while (end < bytes.length && (bytes[end] & 0xC0) == 0x80) {
      end--;
    }
    return new String(Arrays.copyOf(bytes, end), UTF_8);
  }
}
