// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

/**
 * A pattern of the form {@code ^[...]*$} or {@code ^[...]+$} whose class names ASCII characters
 * only.
 *
 * @param low which of the characters 0 to 63 match, a bit each
 * @param high which of the characters 64 to 127 match, a bit each
 * @param others whether all other characters match
 * @param mayBeEmpty whether the empty text matches
 */
record CharClass(long low, long high, boolean others, boolean mayBeEmpty) {
  static final CharClass ANY = new CharClass(-1, -1, true, true);

  private static final String PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

  /** Reads a pattern with the meaning it has in RE2; only what is beyond doubt is supported. */
  static CharClass of(String pattern) throws UnsupportedRule {
    boolean star = pattern.endsWith("]*$");
    if (!pattern.startsWith("^[") || !(star || pattern.endsWith("]+$"))) {
      throw new UnsupportedRule(pattern);
    }
    boolean negated = pattern.startsWith("^[^");
    Reader reader = new Reader(pattern, negated ? 3 : 2, pattern.length() - 3);
    reader.readAll();
    return negated
        ? new CharClass(~reader.low, ~reader.high, true, star)
        : new CharClass(reader.low, reader.high, false, star);
  }

  boolean hasAscii(char c) {
    return ((c < 64 ? low : high) >>> c & 1) != 0;
  }

  /** Walks over what stands between the brackets. */
  private static final class Reader {
    private final String pattern;
    private final int end;
    private int next;
    private long low;
    private long high;

    Reader(String pattern, int start, int end) {
      this.pattern = pattern;
      this.next = start;
      this.end = end;
    }

    void readAll() throws UnsupportedRule {
      if (next >= end) {
        throw new UnsupportedRule(pattern);
      }
      while (next < end) {
        char from = character();
        char to = from;
        if (next < end && pattern.charAt(next) == '-') {
          next++;
          to = character();
        }
        if (to < from) {
          throw new UnsupportedRule(pattern);
        }
        for (int c = from; c <= to; c++) {
          if (c < 64) {
            low |= 1L << c;
          } else {
            high |= 1L << c;
          }
        }
      }
    }

    private char character() throws UnsupportedRule {
      char c = read();
      if (c == '\\') {
        return escaped(read());
      }
      if ("[]^-".indexOf(c) >= 0) {
        throw new UnsupportedRule(pattern);
      }
      return c;
    }

    private char escaped(char c) throws UnsupportedRule {
      if (PUNCTUATION.indexOf(c) >= 0) {
        return c;
      }
      return switch (c) {
        case 't' -> '\t';
        case 'n' -> '\n';
        case 'r' -> '\r';
        case 'x' -> hex();
        default -> throw new UnsupportedRule(pattern);
      };
    }

    private char hex() throws UnsupportedRule {
      int high = Character.digit(read(), 16);
      int low = Character.digit(read(), 16);
      if (high < 0 || low < 0 || high > 7) {
        throw new UnsupportedRule(pattern);
      }
      return (char) (high * 16 + low);
    }

    private char read() throws UnsupportedRule {
      if (next >= end || pattern.charAt(next) < ' ' || pattern.charAt(next) > '~') {
        throw new UnsupportedRule(pattern);
      }
      return pattern.charAt(next++);
    }
  }
}
