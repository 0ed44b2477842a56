// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How often names were used, but for names of more than {@value #LONGEST} characters. Of more than
 * {@value #MOST} the ones used least are forgotten, so that the counts of frequent ones are exact
 * or a little too low.
 */
final class TrendCounts {
  private static final int MOST = 4_096;
  private static final int KEPT = 1_024;
  private static final int LONGEST = 512;

  private final Map<String, Long> counts = new HashMap<>();

  void add(Set<String> names) {
    for (String name : names) {
      if (name.length() <= LONGEST) {
        counts.merge(name, 1L, Long::sum);
      }
    }
    if (counts.size() > MOST) {
      keep(MOST / 2);
    }
  }

  /** Nothing is added any more: only the names that are used most are kept. */
  void finish() {
    keep(KEPT);
  }

  private void keep(int most) {
    if (counts.size() > most) {
      List<Map.Entry<String, Long>> kept = top(most);
      counts.clear();
      kept.forEach(one -> counts.put(one.getKey(), one.getValue()));
    }
  }

  void add(TrendCounts other) {
    other.counts.forEach((name, count) -> counts.merge(name, count, Long::sum));
  }

  int size() {
    return counts.size();
  }

  /** The names used most, ties in the order of the names. */
  List<Map.Entry<String, Long>> top(int most) {
    return counts.entrySet().stream()
        .sorted(
            Comparator.<Map.Entry<String, Long>>comparingLong(Map.Entry::getValue)
                .reversed()
                .thenComparing(Map.Entry::getKey))
        .limit(most)
        .map(one -> Map.entry(one.getKey(), one.getValue()))
        .toList();
  }
}
