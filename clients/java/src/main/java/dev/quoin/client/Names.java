// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The rules for names that are collected and sent later, when nobody could be told any more. */
final class Names {
  private Names() {}

  /** A name for a line of a log, whatever is in it. */
  static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }

  /** Throws when a name is not 1 to so many bytes without control characters. */
  static void check(String what, String name, int bytes) {
    boolean fits =
        !name.isEmpty()
            && name.length() <= bytes
            && (name.length() <= bytes / 3 || name.getBytes(UTF_8).length <= bytes)
            && name.chars().noneMatch(c -> c < ' ' || c == 0x7f);
    if (!fits) {
      throw new IllegalArgumentException(
          what + ": must be 1 to " + bytes + " bytes without control characters");
    }
  }
}
