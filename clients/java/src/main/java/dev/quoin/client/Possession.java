// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** What was granted, until it is closed or lost, however it is renewed. */
final class Possession implements Lock, Permits {
  private final Link link;
  private final LeaseCalls calls;
  private final Grant grant;
  private final Runnable stop;
  private final Tenure tenure;
  private volatile Instant expireTime;
  private CompletableFuture<Void> closing;

  /**
   * @param end of the lease as {@link System#nanoTime} counts
   * @param stop ends the renewals
   */
  Possession(Link link, LeaseCalls calls, Grant grant, long end, Runnable stop) {
    this.link = link;
    this.calls = calls;
    this.grant = grant;
    this.stop = stop;
    this.expireTime = grant.expireTime();
    this.tenure = new Tenure(link, end, this::stop);
    link.opened(this, this::closeAsync);
  }

  /**
   * The lease was renewed.
   *
   * @param end of the lease as {@link System#nanoTime} counts
   */
  void renewed(Instant expire, long end) {
    expireTime = expire;
    tenure.extend(end);
  }

  void lost(LostReason reason) {
    tenure.lose(reason);
  }

  /** How long the lease still runs; not positive when it does not. */
  Duration remaining() {
    return tenure.remaining();
  }

  @Override
  public String name() {
    return calls.name();
  }

  @Override
  public String token() {
    return grant.token();
  }

  @Override
  public long fence() {
    return grant.fence();
  }

  @Override
  public int permits() {
    return calls.permits();
  }

  @Override
  public Instant expireTime() {
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
      // Ending a stream gives back, too. The release tells when, and works without a stream.
      closing =
          held ? Releases.release(link, calls, token()) : CompletableFuture.completedFuture(null);
    }
    return closing.copy();
  }

  private void stop() {
    link.closed(this);
    stop.run();
  }
}
