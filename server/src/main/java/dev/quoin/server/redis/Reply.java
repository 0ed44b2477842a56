// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * The array a script returned, read in order by what the {@code Returns} header of the script
 * lists.
 */
public final class Reply {
  private final List<Object> values;
  private int next;

  Reply(List<Object> values) {
    this.values = values;
  }

  /** Whether there are more values. */
  public boolean hasMore() {
    return next < values.size();
  }

  /** Whether the next value is 1. */
  public boolean flag() {
    return integer() == 1;
  }

  public long integer() {
    return (Long) values.get(next++);
  }

  /** An integer that is known to be small. */
  public int count() {
    return Math.toIntExact(integer());
  }

  /** A text that is a number. */
  public double real() {
    return Double.parseDouble(text());
  }

  public String text() {
    return new String(bytes(), StandardCharsets.UTF_8);
  }

  public byte[] bytes() {
    return (byte[]) values.get(next++);
  }

  /** The same reply, to be read from its beginning by somebody else. */
  Reply again() {
    return new Reply(values);
  }

  /** The values, for messages about faults. */
  @Override
  public String toString() {
    return values.stream()
        .map(value -> value instanceof byte[] text ? new String(text) : String.valueOf(value))
        .toList()
        .toString();
  }
}
