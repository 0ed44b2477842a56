// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.testing;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for something to become true. */
public final class Eventually {
  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(2);

  private Eventually() {}

  /** Returns as soon as the condition holds; fails when it does not within the time. */
  public static void until(Duration limit, String what, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean()) {
      if (System.nanoTime() > end) {
        throw new AssertionError("not within " + limit + ": " + what);
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }

  /** As {@link #until(Duration, String, BooleanSupplier)}, within 20 seconds. */
  public static void until(String what, BooleanSupplier condition) {
    until(Duration.ofSeconds(20), what, condition);
  }
}
