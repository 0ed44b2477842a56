// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;

/** Renews a grant by calls of its own, after every third of its lease. */
final class LeaseRenewal {
  private final Link link;
  private final LeaseCalls calls;
  private final String token;
  private final Possession possession;
  private ScheduledFuture<?> next;

  private LeaseRenewal(Link link, LeaseCalls calls, Grant grant, long sent) {
    this.link = link;
    this.calls = calls;
    this.token = grant.token();
    this.possession =
        new Possession(link, calls, grant, Tenure.end(sent, calls.lease()), this::stop);
    renewAfter(calls.lease().dividedBy(3).minusNanos(System.nanoTime() - sent));
  }

  /**
   * Keeps a grant. One that was asked for long ago, because it had to be waited for, is renewed
   * first: nobody knows how much of its lease is left.
   *
   * @param sent when it was asked for
   */
  static CompletableFuture<Possession> keep(Link link, LeaseCalls calls, Grant grant, long sent) {
    long now = System.nanoTime();
    if (now - sent < calls.lease().dividedBy(3).toNanos()) {
      return CompletableFuture.completedFuture(
          new LeaseRenewal(link, calls, grant, sent).possession);
    }
    return calls
        .renew(grant.token(), link.deadline())
        .thenApply(end -> new LeaseRenewal(link, calls, grant.until(end), now).possession)
        .whenComplete(
            (kept, failure) -> {
              if (failure != null) {
                Releases.release(link, calls, grant.token());
              }
            });
  }

  private void renew() {
    Duration left = possession.remaining();
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
      possession.renewed(end, Tenure.end(sent, calls.lease()));
      renewAfter(calls.lease().dividedBy(3).minusNanos(System.nanoTime() - sent));
    } else if (QuoinException.from(thrown) instanceof NotHeldException failure) {
      possession.lost(LostReason.of(failure));
    } else {
      renewAfter(Retries.pause(calls.lease()));
    }
  }

  private synchronized void renewAfter(Duration delay) {
    if (possession.isHeld()) {
      next = link.after(delay, this::renew);
    }
  }

  private synchronized void stop() {
    if (next != null) {
      next.cancel(false);
    }
  }
}
