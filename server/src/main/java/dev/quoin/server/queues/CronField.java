// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.errors.InvalidRequest;
import java.util.BitSet;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One field of a cron expression.
 *
 * @param isAny whether it begins with a star
 */
record CronField(BitSet values, boolean isAny) {
  private static final Pattern PART =
      Pattern.compile("(\\*|([0-9]{1,2}|[A-Z]{3})(?:-([0-9]{1,2}|[A-Z]{3}))?)(?:/([0-9]{1,2}))?");

  /**
   * @param names three letters for each value that has a name, from the first on
   */
  static CronField of(String text, int first, int last, String names) {
    BitSet values = new BitSet();
    for (String part : text.toUpperCase(Locale.ROOT).split(",", -1)) {
      Matcher matcher = PART.matcher(part);
      if (!matcher.matches()) {
        throw wrong(part);
      }
      boolean all = matcher.group(1).equals("*");
      int from = all ? first : number(matcher.group(2), first, names);
      int to = last;
      if (matcher.group(3) != null) {
        to = number(matcher.group(3), first, names);
      } else if (!all && matcher.group(4) == null) {
        to = from;
      }
      int step = matcher.group(4) == null ? 1 : Integer.parseInt(matcher.group(4));
      if (from < first || to > last || from > to || step < 1 || step > last - first + 1) {
        throw wrong(part);
      }
      for (int value = from; value <= to; value += step) {
        values.set(value);
      }
    }
    return new CronField(values, text.startsWith("*"));
  }

  boolean has(int value) {
    return values.get(value);
  }

  /** The first value from one on, -1 when there is none. */
  int next(int from) {
    return values.nextSetBit(from);
  }

  private static int number(String text, int first, String names) {
    if (Character.isDigit(text.charAt(0))) {
      return Integer.parseInt(text);
    }
    for (int at = 0; at < names.length(); at += 3) {
      if (names.startsWith(text, at)) {
        return first + at / 3;
      }
    }
    throw wrong(text);
  }

  private static InvalidRequest wrong(String part) {
    return InvalidRequest.of("cron", "'" + part + "' is no part of a field, or out of its range");
  }
}
