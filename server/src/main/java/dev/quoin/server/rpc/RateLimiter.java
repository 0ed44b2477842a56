// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Lets one a second through, and some at once when there were none for a while. */
public final class RateLimiter {
  private final long periodNanos;
  private final long aheadNanos;

  /** When the next would be due if all came evenly. */
  private final AtomicLong due = new AtomicLong(System.nanoTime());

  private final AtomicLong leftOut = new AtomicLong();

  /**
   * @param atOnce how many may come at once
   */
  public RateLimiter(int atOnce) {
    this(atOnce, 1);
  }

  /** As many a second as are said. */
  RateLimiter(int atOnce, int perSecond) {
    this.periodNanos = TimeUnit.SECONDS.toNanos(1) / perSecond;
    this.aheadNanos = (atOnce - 1) * periodNanos;
  }

  /** How many were held back since the last one let through; negative to hold this one back. */
  public long pass() {
    long now = System.nanoTime();
    while (true) {
      long next = due.get();
      if (next - now > aheadNanos) {
        leftOut.incrementAndGet();
        return -1;
      }
      if (due.compareAndSet(next, Math.max(next - now, 0) + now + periodNanos)) {
        return leftOut.getAndSet(0);
      }
    }
  }
}
