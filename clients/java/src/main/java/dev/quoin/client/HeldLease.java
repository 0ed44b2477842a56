// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.Instant;

/** The lease of a grant that the server renews for as long as a Hold is open. */
final class HeldLease {
  private final Duration lease;
  private final LeaseHandle granted;

  /**
   * The end of some lease by the clock of Redis and, {@link #anchorEnd}, by ours: no later, because
   * that lease was counted from before it was asked for. Later ends follow by their difference.
   */
  private Instant anchor;

  private long anchorEnd;

  /**
   * @param sent when the lease of the grant was asked for
   */
  HeldLease(ClientCore core, HoldCall hold, LeaseCalls calls, Grant grant, long sent) {
    this.lease = calls.lease();
    this.anchor = grant.expireTime();
    this.anchorEnd = LeaseClock.end(sent, lease);
    this.granted = new LeaseHandle(core, calls, grant, anchorEnd, hold::stop);
  }

  LeaseHandle granted() {
    return granted;
  }

  /** A new stream took the grant over; its lease was asked for at this moment. */
  synchronized void resumed(long sent, Instant expire) {
    anchor = expire;
    anchorEnd = LeaseClock.end(sent, lease);
    granted.renewed(expire, anchorEnd);
  }

  /** The server says that it renewed the lease. */
  synchronized void renewed(Instant expire) {
    long end = anchorEnd + Duration.between(anchor, expire).toNanos();
    long latest = LeaseClock.end(System.nanoTime(), lease);
    granted.renewed(expire, end - latest < 0 ? end : latest);
  }
}
