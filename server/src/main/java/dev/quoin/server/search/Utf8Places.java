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
        places[i + 1] = places[i] + bytes(i);
      }
    }
    return places[character];
  }

  /** Half of a pair of surrogates has half of its bytes; one without the other is a "?". */
  private int bytes(int at) {
    char c = text.charAt(at);
    if (Character.isSurrogate(c)) {
      return isPair(at) || isPair(at - 1) ? 2 : 1;
    }
    return c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
  }

  private boolean isPair(int at) {
    return at >= 0
        && at + 1 < text.length()
        && Character.isSurrogatePair(text.charAt(at), text.charAt(at + 1));
  }
}
