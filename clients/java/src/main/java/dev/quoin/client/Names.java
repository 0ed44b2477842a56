// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import static java.nio.charset.StandardCharsets.UTF_8;

/** The rules for names that are collected and sent later, when nobody could be told any more. */
final class Names {
  private static final int LONGEST = 512;

  private Names() {}

  /** A name for a line of a log, whatever is in it. */
  static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "?");
  }

  /** Throws when a name is not 1 to 512 bytes of characters other than control characters. */
  static void check(String what, String name) {
    boolean fits =
        !name.isEmpty()
            && name.length() <= LONGEST
            && (name.length() <= LONGEST / 3 || name.getBytes(UTF_8).length <= LONGEST)
            && name.chars().noneMatch(c -> c < ' ' || c == 0x7f)
            && Texts.isWellFormed(name);
    if (!fits) {
      throw new IllegalArgumentException(
          what
              + ": must be 1 to "
              + LONGEST
              + " bytes of characters other than control characters");
    }
  }
}
