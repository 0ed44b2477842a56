// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.nio.charset.StandardCharsets;
import java.util.List;

/** The array a script returned, read by position. */
public final class Reply {
  private final List<Object> values;

  Reply(List<Object> values) {
    this.values = values;
  }

  /** Whether the integer at a position is 1. */
  public boolean flag(int position) {
    return integer(position) == 1;
  }

  public long integer(int position) {
    return (Long) values.get(position);
  }

  public String text(int position) {
    return new String((byte[]) values.get(position), StandardCharsets.UTF_8);
  }

  /** A text whose bytes are no UTF-8. */
  public byte[] bytes(int position) {
    return (byte[]) values.get(position);
  }

  /** How many values there are. */
  public int size() {
    return values.size();
  }
}
