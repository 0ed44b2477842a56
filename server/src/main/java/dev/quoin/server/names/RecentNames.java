// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Names recorded not long ago and for how long, as far as is remembered: a table of fingerprints in
 * which a name may displace another, which is then recorded once more. It keeps no objects alive,
 * which saves an Acquire of a new name some microseconds of garbage collection.
 */
final class RecentNames {
  /** The longest time a name can be remembered to be recorded for, in minutes. */
  static final int MOST = 0xFFFF;

  private static final int SLOTS = 1 << 17;
  private static final int INDEX_SHIFT = 64 - 17;
  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  /** A fingerprint of 48 bits and minutes in each; 0 for nothing. */
  private final AtomicLongArray slots = new AtomicLongArray(SLOTS);

  /** Nobody can choose names with equal fingerprints. */
  private final long seed = ThreadLocalRandom.current().nextLong();

  private final long begin = System.nanoTime();
  private final long periodNanos;

  /**
   * @param periodMillis after which all names are forgotten
   */
  RecentNames(long periodMillis) {
    this.periodNanos = periodMillis * 1_000_000;
  }

  /** Whether a name was recorded for at least so long in this period. */
  boolean has(String namespace, String name, int minutes) {
    long fingerprint = fingerprint(namespace, name);
    return covers(slots.get(slot(fingerprint)), fingerprint, minutes);
  }

  /** Remembers a name; returns false if that was remembered before. */
  boolean add(String namespace, String name, int minutes) {
    long fingerprint = fingerprint(namespace, name);
    if (covers(slots.get(slot(fingerprint)), fingerprint, minutes)) {
      return false;
    }
    slots.set(slot(fingerprint), fingerprint | minutes);
    return true;
  }

  /** Forgets a name. */
  void remove(String namespace, String name) {
    slots.set(slot(fingerprint(namespace, name)), 0);
  }

  private static boolean covers(long slot, long fingerprint, int minutes) {
    return (slot & ~(long) MOST) == fingerprint && (slot & MOST) >= minutes;
  }

  private static int slot(long fingerprint) {
    return (int) (fingerprint >>> INDEX_SHIFT);
  }

  /** Differs from one period to the next. */
  private long fingerprint(String namespace, String name) {
    long hash = seed + (System.nanoTime() - begin) / periodNanos;
    hash = mix(mix(hash, namespace) ^ ' ', name);
    return hash & ~(long) MOST;
  }

  private static long mix(long hash, String text) {
    long mixed = hash;
    for (int i = 0; i < text.length(); i++) {
      mixed = (mixed ^ text.charAt(i)) * MULTIPLIER;
      mixed ^= mixed >>> 32;
    }
    return mixed;
  }
}
