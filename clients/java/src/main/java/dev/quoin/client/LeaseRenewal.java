// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;

/** Renews a grant by calls of its own, after every third of its lease. */
final class LeaseRenewal {
  private final ClientCore core;
  private final LeaseCalls calls;
  private final String token;
  private final LeaseHandle lease;
  private ScheduledFuture<?> next;

  private LeaseRenewal(ClientCore core, LeaseCalls calls, Grant grant, long sent) {
    this.core = core;
    this.calls = calls;
    this.token = grant.token();
    this.lease =
        new LeaseHandle(core, calls, grant, LeaseClock.end(sent, calls.lease()), this::stop);
    renewAfter(calls.lease().dividedBy(3).minusNanos(System.nanoTime() - sent));
  }

  /**
   * Keeps a grant. One that was asked for long ago, because it had to be waited for, is renewed
   * first: nobody knows how much of its lease is left.
   *
   * @param sent when it was asked for
   */
  static CompletableFuture<LeaseHandle> keep(
      ClientCore core, LeaseCalls calls, Grant grant, long sent) {
    long now = System.nanoTime();
    if (now - sent < calls.lease().dividedBy(3).toNanos()) {
      return CompletableFuture.completedFuture(new LeaseRenewal(core, calls, grant, sent).lease);
    }
    return calls
        .renew(grant.token(), core.deadline())
        .thenApply(end -> new LeaseRenewal(core, calls, grant.until(end), now).lease)
        .whenComplete(
            (kept, failure) -> {
              if (failure != null) {
                Releases.release(core, calls, grant.token());
              }
            });
  }

  private void renew() {
    Duration left = lease.remaining();
    if (left.isNegative() || left.isZero()) {
      return;
    }
    long sent = System.nanoTime();
    Duration patience = calls.lease().dividedBy(3);
    calls
        .renew(token, patience.compareTo(left) < 0 ? patience : left)
        .whenComplete((end, failure) -> renewed(sent, end, failure));
  }

  private void renewed(long sent, Instant end, Throwable thrown) {
    if (thrown == null) {
      lease.renewed(end, LeaseClock.end(sent, calls.lease()));
      renewAfter(calls.lease().dividedBy(3).minusNanos(System.nanoTime() - sent));
    } else if (QuoinException.from(thrown) instanceof NotHeldException failure) {
      lease.lost(failure.lost());
    } else {
      renewAfter(Retries.pause(calls.lease()));
    }
  }

  private synchronized void renewAfter(Duration delay) {
    if (lease.isHeld()) {
      next = core.after(delay, this::renew);
    }
  }

  private synchronized void stop() {
    if (next != null) {
      next.cancel(false);
    }
  }
}
