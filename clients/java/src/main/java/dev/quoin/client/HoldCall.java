// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.HoldResponse.Granted;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.RenewRequest;
import io.grpc.Status;
import java.util.concurrent.CompletableFuture;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Keeps a Hold open: one stream at a time, and another one with the same token when a stream ends
 * that should not have.
 *
 * <p>Nothing that belongs to others is called with the monitor held: neither listeners and futures,
 * nor the lock, whose own monitor is taken before this one.
 */
final class HoldCall {
  private static final Logger LOG = Logger.getLogger(HoldCall.class.getName());

  private final Link link;
  private final HoldRequest request;
  private final HoldOptions options;
  private final CompletableFuture<Lock> outcome = new CompletableFuture<>();
  private HoldStream stream;
  private HeldLock lock;
  private boolean over;

  HoldCall(Link link, String name, HoldOptions options) {
    this.link = link;
    this.options = options;
    this.request =
        HoldRequest.newBuilder()
            .setName(name)
            .setLease(Protos.duration(options.lease()))
            .setHolder(options.holder())
            .build();
  }

  /** Asks for the lock. */
  CompletableFuture<Lock> begin() {
    link.opened(this, this::abandon);
    outcome.whenComplete(
        (granted, failure) -> {
          link.closed(this);
          if (failure != null) {
            stop();
          }
        });
    open("");
    return outcome;
  }

  /** Ends the stream, which gives back the lock or leaves the line, and opens no other. */
  synchronized void stop() {
    over = true;
    if (stream != null) {
      stream.cancel();
      stream = null;
    }
  }

  /** Takes an event of a stream. */
  void on(HoldStream from, HoldResponse event) {
    switch (event.getEventCase()) {
      case WAITING -> waiting(from, event.getWaiting().getPosition());
      case GRANTED -> granted(from, event.getGranted());
      case HEARTBEAT -> beat(from, event.getHeartbeat());
      case LOST -> ended(from, LostReason.of(event.getLost().getReason()));
      case RECONNECT -> reconnect(from, event.getReconnect().getToken());
      default -> LOG.fine("an event this version does not know");
    }
  }

  /** A stream ended that should have gone on. */
  void failed(HoldStream from, QuoinException failure) {
    boolean notHeld = failure instanceof LockNotHeldException;
    synchronized (this) {
      if (from != stream) {
        return;
      }
      if (lock != null && !notHeld) {
        openLater(lock.token());
        return;
      }
      if (lock == null && (notHeld || failure instanceof UnavailableException)) {
        openLater("");
        return;
      }
    }
    if (notHeld) {
      ended(from, LostReason.NOT_HELD);
    } else {
      outcome.completeExceptionally(failure);
    }
  }

  private CompletableFuture<Void> abandon() {
    outcome.completeExceptionally(
        Failure.local(Status.Code.CANCELLED, "the client was closed", null));
    return CompletableFuture.completedFuture(null);
  }

  private synchronized void open(String token) {
    if (!over) {
      stream = new HoldStream(this);
      stream.open(link, request.toBuilder().setToken(token).build());
    }
  }

  private void openLater(String token) {
    stream = null;
    link.after(
        Retries.pause(options.lease()),
        () -> {
          link.reconnect();
          open(token);
        });
  }

  private void waiting(HoldStream from, long position) {
    if (isCurrent(from)) {
      try {
        options.onWaiting().accept(position);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener for the place in line failed", e);
      }
    }
  }

  private void granted(HoldStream from, Granted grant) {
    boolean isNew;
    synchronized (this) {
      if (from != stream) {
        return;
      }
      isNew = lock == null;
      if (isNew && System.nanoTime() - from.sent() >= options.lease().dividedBy(3).toNanos()) {
        confirm(from, grant);
        return;
      }
      if (isNew) {
        lock = new HeldLock(link, this, request, grant, from.sent());
      }
    }
    if (isNew && !outcome.complete(lock)) {
      lock.closeAsync();
    } else if (!isNew) {
      lock.resumed(from.sent(), Protos.instant(grant.getExpireTime()));
    }
  }

  /** Renews a grant that had to be waited for: nobody knows how much of its lease is left. */
  private void confirm(HoldStream from, Granted grant) {
    RenewRequest renewal =
        RenewRequest.newBuilder()
            .setName(request.getName())
            .setToken(grant.getToken())
            .setLease(request.getLease())
            .build();
    long sent = System.nanoTime();
    link.call(LocksGrpc.getRenewMethod(), renewal)
        .whenComplete(
            (renewed, failure) -> {
              if (failure == null) {
                from.sentAt(sent);
                Granted extended = grant.toBuilder().setExpireTime(renewed.getExpireTime()).build();
                granted(from, extended);
              } else {
                reconnect(from, "");
                from.cancel();
              }
            });
  }

  private void beat(HoldStream from, HoldResponse.Heartbeat beat) {
    HeldLock held = lockOf(from);
    if (held != null && beat.hasExpireTime()) {
      held.renewed(Protos.instant(beat.getExpireTime()));
    }
  }

  private synchronized void reconnect(HoldStream from, String token) {
    if (from == stream) {
      openLater(token);
    }
  }

  private void ended(HoldStream from, LostReason reason) {
    HeldLock held = lockOf(from);
    if (held == null) {
      reconnect(from, "");
    } else {
      held.lost(reason);
    }
  }

  private synchronized HeldLock lockOf(HoldStream from) {
    return from == stream ? lock : null;
  }

  private synchronized boolean isCurrent(HoldStream from) {
    return from == stream;
  }
}
