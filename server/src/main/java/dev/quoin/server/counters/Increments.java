// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.server.rpc.Once;
import java.util.ArrayList;
import java.util.List;

/**
 * Increments of one counter that are carried out by one script. Those of the same second that
 * follow each other are added up.
 */
final class Increments {
  /** The second of an increment that happens now. */
  static final String NOW = "";

  private final Once once;
  private final List<Object> arguments = new ArrayList<>();
  private final List<List<Long>> members = new ArrayList<>();
  private long sum;
  private String second;

  /**
   * @param once the request they come with
   */
  Increments(CounterShape shape, Once once) {
    this.once = once;
    arguments.add(once.digest());
    arguments.add(shape.text());
  }

  /** One increment. */
  static Increments of(CounterShape shape, Once once, long delta, String second) {
    Increments one = new Increments(shape, once);
    one.add(delta, second, 0);
    return one;
  }

  /**
   * @param index what the increment is called when it cannot be counted
   */
  void add(long delta, String at, long index) {
    int last = members.size() - 1;
    if (last >= 0 && at.equals(second) && fits(delta)) {
      sum += delta;
      arguments.set(arguments.size() - 2, sum);
      members.get(last).add(index);
      return;
    }
    sum = delta;
    second = at;
    arguments.add(delta);
    arguments.add(at);
    List<Long> indexes = new ArrayList<>(1);
    indexes.add(index);
    members.add(indexes);
  }

  /** The request they come with. */
  Once once() {
    return once;
  }

  /** What the script takes. */
  Object[] arguments() {
    return arguments.toArray();
  }

  /** The increments that share the outcome at a place. */
  List<Long> members(int place) {
    return members.get(place);
  }

  private boolean fits(long delta) {
    return delta >= 0 ? sum <= Long.MAX_VALUE - delta : sum >= Long.MIN_VALUE - delta;
  }
}
