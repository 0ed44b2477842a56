// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.errors;

import java.nio.charset.StandardCharsets;
import java.util.function.IntUnaryOperator;

/** Keeps what callers are told short. */
public final class Texts {
  private static final String MORE = "…";

  private Texts() {}

  /** The text, or as much of it as fits into so many bytes of UTF-8 with an ellipsis behind it. */
  public static String cut(String text, int bytes) {
    return cut(text, bytes, Texts::utf8Size);
  }

  /** As {@link #cut}, for a text that is sent as grpc-message, where some bytes take three. */
  static String cutEncoded(String text, int bytes) {
    return cut(text, bytes, Texts::encodedSize);
  }

  /** How many bytes a text takes as grpc-message. */
  static int encodedSize(String text) {
    return text.codePoints().map(Texts::encodedSize).sum();
  }

  /** The size in UTF-8. */
  static int size(String text) {
    return text.getBytes(StandardCharsets.UTF_8).length;
  }

  private static String cut(String text, int most, IntUnaryOperator sizeOf) {
    int room = most - MORE.codePoints().map(sizeOf).sum();
    int size = 0;
    int end = 0;
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      i += Character.charCount(c);
      size += sizeOf.applyAsInt(c);
      if (size <= room) {
        end = i;
      }
      if (size > most) {
        return text.substring(0, end) + MORE;
      }
    }
    return text;
  }

  private static int utf8Size(int c) {
    if (c < 0x80) {
      return 1;
    }
    if (c < 0x800) {
      return 2;
    }
    return c < 0x10000 ? 3 : 4;
  }

  private static int encodedSize(int c) {
    return c < ' ' || c > '~' || c == '%' ? 3 * utf8Size(c) : 1;
  }
}
