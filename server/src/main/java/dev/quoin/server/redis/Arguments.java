// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.ArrayList;
import java.util.List;

/** Arguments of a script in the order of its header, for scripts that take any number of them. */
public final class Arguments {
  private final List<Object> values = new ArrayList<>();

  /** Begins with some. */
  public static Arguments of(Object... first) {
    return new Arguments().add(first);
  }

  /** Adds some: strings, whole numbers or byte arrays. */
  public Arguments add(Object... more) {
    values.addAll(List.of(more));
    return this;
  }

  /** Adds all of a list. */
  public Arguments addAll(List<?> more) {
    values.addAll(more);
    return this;
  }

  public Object[] toArray() {
    return values.toArray();
  }
}
