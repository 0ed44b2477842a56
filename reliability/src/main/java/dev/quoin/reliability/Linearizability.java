// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Tells whether what several callers saw of one register could have happened one after the other,
 * each operation at some moment between its call and its answer. The search is that of Wing and
 * Gong, "Testing and verifying concurrent objects" (1993), carried out just in time and with memory
 * of what was tried, as in Lowe, "Testing for linearizability" (2017).
 */
final class Linearizability {
  /** More possibilities than this are not looked at: the history is too concurrent to decide. */
  private static final int MOST_CONFIGURATIONS = 200_000;

  private Linearizability() {}

  /** What an operation does to the register. */
  enum Kind {
    READ,
    WRITE,
    COMPARE_AND_SET
  }

  /**
   * An operation.
   *
   * @param called when it began
   * @param answered when its answer came; Long.MAX_VALUE when none did, and whether it was done is
   *     not known
   * @param expected what COMPARE_AND_SET found
   * @param value what was read or written
   */
  record Operation(long called, long answered, Kind kind, long expected, long value) {
    boolean isPossible(long state) {
      return switch (kind) {
        case READ -> state == value;
        case WRITE -> true;
        case COMPARE_AND_SET -> state == expected;
      };
    }
  }

  private record Configuration(long state, Set<Integer> done) {}

  private record Event(long time, boolean isCall, int operation) {}

  /** The first operation whose answer cannot be explained; null when all can. */
  static Operation firstWrong(long initial, List<Operation> history) {
    List<Event> events = new ArrayList<>();
    for (int i = 0; i < history.size(); i++) {
      events.add(new Event(history.get(i).called(), true, i));
      if (history.get(i).answered() != Long.MAX_VALUE) {
        events.add(new Event(history.get(i).answered(), false, i));
      }
    }
    // At the same time, calls are first: that allows more orders.
    events.sort(Comparator.comparingLong(Event::time).thenComparing(event -> !event.isCall()));
    Set<Configuration> possible = Set.of(new Configuration(initial, Set.of()));
    Set<Integer> open = new HashSet<>();
    for (Event event : events) {
      if (event.isCall()) {
        open.add(event.operation());
        continue;
      }
      possible = answered(event.operation(), possible, open, history);
      open.remove(event.operation());
      if (possible.isEmpty()) {
        return history.get(event.operation());
      }
    }
    return null;
  }

  /** All ways to have done an operation by now, with whatever else is under way before it. */
  private static Set<Configuration> answered(
      int operation, Set<Configuration> possible, Set<Integer> open, List<Operation> history) {
    Set<Configuration> tried = new HashSet<>(possible);
    Deque<Configuration> left = new ArrayDeque<>(possible);
    Set<Configuration> after = new HashSet<>();
    while (!left.isEmpty()) {
      Configuration now = left.pop();
      if (now.done().contains(operation)) {
        Set<Integer> done = new HashSet<>(now.done());
        done.remove(operation);
        after.add(new Configuration(now.state(), done));
        continue;
      }
      for (int next : open) {
        Operation one = history.get(next);
        if (now.done().contains(next) || !one.isPossible(now.state())) {
          continue;
        }
        Set<Integer> done = new HashSet<>(now.done());
        done.add(next);
        long state = one.kind() == Kind.READ ? now.state() : one.value();
        Configuration then = new Configuration(state, done);
        if (tried.add(then)) {
          left.push(then);
        }
      }
      if (tried.size() > MOST_CONFIGURATIONS) {
        throw new IllegalStateException("too many operations are under way at once");
      }
    }
    return after;
  }
}
