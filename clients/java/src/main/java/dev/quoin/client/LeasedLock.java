// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.locks.v1.RenewResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Consumer;

/** A lock that this client renews after every third of its lease. */
final class LeasedLock implements Lock {
  private final Link link;
  private final RenewRequest request;
  private final long fence;
  private final Duration lease;
  private final Tenure tenure;
  private volatile Instant expireTime;
  private ScheduledFuture<?> next;
  private CompletableFuture<Void> closing;

  private LeasedLock(
      Link link, RenewRequest request, AcquireResponse grant, Duration lease, long sent) {
    this.link = link;
    this.request = request;
    this.fence = grant.getFence();
    this.expireTime = Protos.instant(grant.getExpireTime());
    this.lease = lease;
    this.tenure = new Tenure(link, Tenure.end(sent, lease), this::stop);
    link.opened(this, this::closeAsync);
    renewAfter(lease.dividedBy(3).minusNanos(System.nanoTime() - sent));
  }

  /**
   * The lock for a grant. One that was asked for long ago, because it had to be waited for, is
   * renewed first: nobody knows how much of its lease is left.
   *
   * @param sent when it was asked for
   */
  static CompletableFuture<Lock> of(
      Link link, String name, AcquireResponse grant, Duration lease, long sent) {
    RenewRequest request =
        RenewRequest.newBuilder()
            .setName(name)
            .setToken(grant.getToken())
            .setLease(Protos.duration(lease))
            .build();
    long now = System.nanoTime();
    if (now - sent < lease.dividedBy(3).toNanos()) {
      return CompletableFuture.completedFuture(new LeasedLock(link, request, grant, lease, sent));
    }
    return link.call(LocksGrpc.getRenewMethod(), request)
        .thenApply(
            renewed -> {
              LeasedLock lock = new LeasedLock(link, request, grant, lease, now);
              lock.expireTime = Protos.instant(renewed.getExpireTime());
              return (Lock) lock;
            })
        .whenComplete(
            (lock, failure) -> {
              if (failure != null) {
                Releases.release(link, name, grant.getToken());
              }
            });
  }

  @Override
  public String name() {
    return request.getName();
  }

  @Override
  public String token() {
    return request.getToken();
  }

  @Override
  public long fence() {
    return fence;
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
      closing =
          held ? Releases.release(link, name(), token()) : CompletableFuture.completedFuture(null);
    }
    return closing.copy();
  }

  private void renew() {
    Duration left = tenure.remaining();
    if (left.isNegative() || left.isZero()) {
      return;
    }
    long sent = System.nanoTime();
    Duration patience = lease.dividedBy(3);
    link.call(LocksGrpc.getRenewMethod(), request, patience.compareTo(left) < 0 ? patience : left)
        .whenComplete((renewed, failure) -> renewed(sent, renewed, failure));
  }

  private void renewed(long sent, RenewResponse renewed, Throwable failure) {
    if (failure == null) {
      expireTime = Protos.instant(renewed.getExpireTime());
      tenure.extend(Tenure.end(sent, lease));
      renewAfter(lease.dividedBy(3).minusNanos(System.nanoTime() - sent));
    } else if (QuoinException.from(failure) instanceof LockNotHeldException) {
      tenure.lose(LostReason.NOT_HELD);
    } else {
      link.reconnect();
      renewAfter(Retries.pause(lease));
    }
  }

  private synchronized void renewAfter(Duration delay) {
    if (tenure.isHeld()) {
      next = link.after(delay, this::renew);
    }
  }

  private synchronized void stop() {
    link.closed(this);
    if (next != null) {
      next.cancel(false);
    }
  }
}
