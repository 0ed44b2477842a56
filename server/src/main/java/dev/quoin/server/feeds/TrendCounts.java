// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How often names were used. Of more than {@value #MOST} the ones used least are forgotten, so that
 * the counts of frequent ones are exact or a little too low.
 */
final class TrendCounts {
  private static final int MOST = 4_096;

  private final Map<String, Long> counts = new HashMap<>();

  void add(Set<String> names) {
    names.forEach(name -> counts.merge(name, 1L, Long::sum));
    if (counts.size() > MOST) {
      List<Map.Entry<String, Long>> kept = top(MOST / 2);
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
