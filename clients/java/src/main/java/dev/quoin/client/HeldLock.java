// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse.Granted;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** A lock that the server renews for as long as a Hold is open. */
final class HeldLock implements Lock {
  private final Link link;
  private final HoldCall hold;
  private final String name;
  private final String token;
  private final long fence;
  private final Duration lease;
  private final Tenure tenure;
  private Instant expireTime;

  /**
   * The end of some lease by the clock of Redis and, {@link #anchorEnd}, by ours: no later, because
   * that lease was counted from before it was asked for. Later ends follow by their difference.
   */
  private Instant anchor;

  private long anchorEnd;
  private CompletableFuture<Void> closing;

  /**
   * @param sent when the lease of the grant was asked for
   */
  HeldLock(Link link, HoldCall hold, HoldRequest request, Granted grant, long sent) {
    this.link = link;
    this.hold = hold;
    this.name = request.getName();
    this.token = grant.getToken();
    this.fence = grant.getFence();
    this.lease = Protos.duration(request.getLease());
    this.expireTime = Protos.instant(grant.getExpireTime());
    this.anchor = expireTime;
    this.anchorEnd = Tenure.end(sent, lease);
    this.tenure = new Tenure(link, anchorEnd, this::stop);
    link.opened(this, this::closeAsync);
  }

  /** A new stream took the grant over; its lease was asked for at this moment. */
  synchronized void resumed(long sent, Instant expire) {
    anchor = expire;
    anchorEnd = Tenure.end(sent, lease);
    expireTime = expire;
    tenure.extend(anchorEnd);
  }

  /** The server says that it renewed the lease. */
  synchronized void renewed(Instant expire) {
    expireTime = expire;
    long end = anchorEnd + Duration.between(anchor, expire).toNanos();
    long latest = Tenure.end(System.nanoTime(), lease);
    tenure.extend(end - latest < 0 ? end : latest);
  }

  void lost(LostReason reason) {
    tenure.lose(reason);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String token() {
    return token;
  }

  @Override
  public long fence() {
    return fence;
  }

  @Override
  public synchronized Instant expireTime() {
    return expireTime;
  }

  @Override
  public boolean isHeld() {
    return tenure.isHeld();
  }

  @Override
  public void onLost(Consumer<LostReason> listener) {
    tenure.onLost(listener);
  }

  @Override
  public synchronized CompletableFuture<Void> closeAsync() {
    if (closing == null) {
      boolean held = tenure.close();
      stop();
      // Ending the stream frees the lock. The release tells when, and works without a stream too.
      closing =
          held ? Releases.release(link, name, token) : CompletableFuture.completedFuture(null);
    }
    return closing.copy();
  }

  private void stop() {
    link.closed(this);
    hold.stop();
  }
}
