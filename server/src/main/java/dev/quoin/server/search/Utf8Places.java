// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

/** Where the characters of a text are in its bytes of UTF-8. */
final class Utf8Places {
  private final String text;
  private int[] places;

  Utf8Places(String text) {
    this.text = text;
  }

  /** The number of bytes before a character. */
  int of(int character) {
    if (places == null) {
      places = new int[text.length() + 1];
      for (int i = 0; i < text.length(); i++) {
        places[i + 1] = places[i] + bytes(text.charAt(i));
      }
    }
    return places[character];
  }

  /** Half a surrogate pair counts half of its four bytes. */
  private static int bytes(char c) {
    if (c < 0x80) {
      return 1;
    }
    return c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
  }
}
