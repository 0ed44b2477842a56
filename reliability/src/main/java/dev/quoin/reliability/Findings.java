// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Invariants that were broken, and how often things were done. */
final class Findings {
  private static final int MOST_PRINTED = 100;

  private final long start = System.nanoTime();
  private final AtomicLong broken = new AtomicLong();
  private final Map<String, AtomicLong> counts = new ConcurrentHashMap<>();

  /** Says that an invariant does not hold. */
  void broken(String format, Object... arguments) {
    if (broken.incrementAndGet() <= MOST_PRINTED) {
      say("BROKEN: " + String.format(Locale.ROOT, format, arguments));
    }
  }

  /** Prints a line with the time since the start. */
  void say(String text) {
    System.out.printf(Locale.ROOT, "%8.2f %s%n", (System.nanoTime() - start) / 1e9, text);
  }

  void count(String what) {
    counts.computeIfAbsent(what, absent -> new AtomicLong()).incrementAndGet();
  }

  long total() {
    return broken.get();
  }

  Map<String, AtomicLong> counts() {
    return new TreeMap<>(counts);
  }
}
