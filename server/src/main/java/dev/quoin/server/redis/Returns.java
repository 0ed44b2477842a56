// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The replies a script can give, as the {@code -- Returns} paragraph of its header lists them:
 * {@code {name: type, …}} for each, with prose around it. What comes any number of times stands in
 * round brackets at the end: {@code {more: flag, (id: text, size: integer)…}}; several such groups
 * may follow each other. Types are {@code flag} (0 or 1), {@code integer}, {@code real} (a text
 * that is a number), {@code text} (UTF-8) and {@code bytes}.
 */
record Returns(List<Shape> shapes) {
  private static final Pattern SHAPE = Pattern.compile("\\{([^{}]*)}");
  private static final Pattern REPEATED = Pattern.compile("\\(([^()]+)\\)…");
  private static final Pattern VALUE = Pattern.compile("([a-z][a-z0-9_ ]*): ([a-z]+)");

  /** What a value is. */
  enum Type {
    FLAG,
    INTEGER,
    REAL,
    TEXT,
    BYTES;

    boolean fits(Object value) {
      return switch (this) {
        case FLAG -> value instanceof Long number && (number == 0 || number == 1);
        case INTEGER -> value instanceof Long;
        case REAL -> value instanceof byte[] text && isReal(new String(text));
        case TEXT, BYTES -> value instanceof byte[];
      };
    }

    private static boolean isReal(String text) {
      try {
        Double.parseDouble(text);
        return true;
      } catch (NumberFormatException e) {
        return false;
      }
    }
  }

  /**
   * One of the replies.
   *
   * @param values what comes first
   * @param groups what follows, each any number of times
   */
  record Shape(List<Type> values, List<List<Type>> groups) {
    boolean fits(List<Object> reply) {
      return begins(reply, values) && fits(reply.subList(values.size(), reply.size()), groups);
    }

    private static boolean fits(List<Object> rest, List<List<Type>> groups) {
      if (groups.isEmpty()) {
        return rest.isEmpty();
      }
      List<Type> group = groups.get(0);
      int from = 0;
      while (!fits(rest.subList(from, rest.size()), groups.subList(1, groups.size()))) {
        if (!begins(rest.subList(from, rest.size()), group)) {
          return false;
        }
        from += group.size();
      }
      return true;
    }

    private static boolean begins(List<Object> values, List<Type> types) {
      if (values.size() < types.size()) {
        return false;
      }
      for (int i = 0; i < types.size(); i++) {
        if (!types.get(i).fits(values.get(i))) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Reads the paragraph of a header.
   *
   * @throws IllegalStateException when there is none or it cannot be read; the message says where
   */
  static Returns parse(String script, String header) {
    List<Shape> shapes = new ArrayList<>();
    Matcher shape = SHAPE.matcher(paragraph(script, header));
    while (shape.find()) {
      shapes.add(shape(script, shape.group(1)));
    }
    if (shapes.isEmpty()) {
      throw new IllegalStateException(script + ": '-- Returns' lists no reply {name: type, …}");
    }
    return new Returns(List.copyOf(shapes));
  }

  boolean fits(List<Object> reply) {
    return shapes.stream().anyMatch(shape -> shape.fits(reply));
  }

  private static String paragraph(String script, String header) {
    int begin = header.indexOf("\n-- Returns ");
    if (begin < 0) {
      throw new IllegalStateException(script + ": the header has no line '-- Returns …'");
    }
    int end = header.indexOf("\n--\n", begin);
    return header.substring(begin, end < 0 ? header.length() : end).replaceAll("\\s*\n--\\s*", " ");
  }

  private static Shape shape(String script, String text) {
    List<List<Type>> groups =
        REPEATED.matcher(text).results().map(group -> values(script, group.group(1))).toList();
    int end = groups.isEmpty() ? text.length() : text.indexOf('(');
    return new Shape(values(script, text.substring(0, end)), groups);
  }

  private static List<Type> values(String script, String text) {
    List<Type> types = new ArrayList<>();
    for (String part : text.split(",")) {
      if (part.isBlank()) {
        continue;
      }
      Matcher value = VALUE.matcher(part.strip());
      if (!value.matches()) {
        throw new IllegalStateException(
            script + ": '-- Returns' has '" + part.strip() + "' in place of 'name: type'");
      }
      try {
        types.add(Type.valueOf(value.group(2).toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        throw new IllegalStateException(
            script + ": '-- Returns' has the unknown type '" + value.group(2) + "'");
      }
    }
    return List.copyOf(types);
  }
}
