// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The structured data of a message of RFC 5424, {@code [id name="value" ...]...} or {@code -}, and
 * what follows it. Each value is known as id.name. What is malformed is taken as the text.
 */
final class StructuredData {
  private static final char BOM = '\ufeff';

  private final Map<String, String> values = new LinkedHashMap<>();
  private final String message;
  private int next;

  StructuredData(String message, int start) {
    this.message = message;
    this.next = start;
    if (peek() == '-') {
      next++;
      return;
    }
    int read = start;
    while (peek() == '[' && readElement()) {
      read = next;
    }
    next = read;
  }

  void forEach(BiConsumer<String, String> action) {
    values.forEach(action);
  }

  /** The text of the message. */
  String rest() {
    if (peek() == ' ') {
      next++;
    }
    if (peek() == BOM) {
      next++;
    }
    return message.substring(next);
  }

  private boolean readElement() {
    next++;
    Map<String, String> found = new LinkedHashMap<>();
    String id = readWord();
    while (peek() == ' ') {
      next++;
      String name = readWord();
      if (peek() != '=' || name.isEmpty()) {
        return false;
      }
      next++;
      String value = readValue();
      if (value == null) {
        return false;
      }
      found.put(id + '.' + name, value);
    }
    if (peek() != ']' || id.isEmpty()) {
      return false;
    }
    next++;
    values.putAll(found);
    return true;
  }

  private String readWord() {
    int start = next;
    while (next < message.length() && "= ]\"".indexOf(peek()) < 0) {
      next++;
    }
    return message.substring(start, next);
  }

  /** What stands between quotes, or null when they do not end. */
  private String readValue() {
    if (peek() != '"') {
      return null;
    }
    next++;
    StringBuilder value = new StringBuilder();
    while (next < message.length() && peek() != '"') {
      if (peek() == '\\'
          && next + 1 < message.length()
          && "\"\\]".indexOf(message.charAt(next + 1)) >= 0) {
        next++;
      }
      value.append(peek());
      next++;
    }
    if (next == message.length()) {
      return null;
    }
    next++;
    return value.toString();
  }

  private char peek() {
    return next < message.length() ? message.charAt(next) : 0;
  }
}
