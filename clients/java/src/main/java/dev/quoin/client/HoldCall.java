// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.Status;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Keeps a Hold open: one stream at a time, and another one with the same token when a stream ends
 * that should not have.
 *
 * <p>Nothing that belongs to others is called with the monitor held: neither listeners and futures,
 * nor the lease, whose own monitor is taken before this one.
 */
final class HoldCall {
  private static final Logger LOG = Logger.getLogger(HoldCall.class.getName());

  private final Link link;
  private final LeaseCalls calls;
  private final LongConsumer onWaiting;
  private final CompletableFuture<Possession> outcome = new CompletableFuture<>();
  private HoldStream stream;
  private HeldLease held;
  private boolean over;

  HoldCall(Link link, LeaseCalls calls, LongConsumer onWaiting) {
    this.link = link;
    this.calls = calls;
    this.onWaiting = onWaiting;
  }

  /** Asks for a grant. */
  CompletableFuture<Possession> begin() {
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

  /** Ends the stream, which gives back the grant or leaves the line, and opens no other. */
  synchronized void stop() {
    over = true;
    if (stream != null) {
      stream.cancel();
      stream = null;
    }
  }

  /** A stream ended that should have gone on. */
  void failed(HoldStream from, QuoinException failure) {
    synchronized (this) {
      if (from != stream) {
        return;
      }
      if (held != null && !(failure instanceof NotHeldException)) {
        openLater(held.possession().token());
        return;
      }
      if (held == null
          && (failure instanceof NotHeldException || failure instanceof UnavailableException)) {
        openLater("");
        return;
      }
    }
    if (failure instanceof NotHeldException notHeld) {
      ended(from, LostReason.of(notHeld));
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
      stream.open(calls, token);
    }
  }

  private void openLater(String token) {
    stream = null;
    link.after(
        Retries.pause(calls.lease()),
        () -> {
          link.reconnect();
          open(token);
        });
  }

  void waiting(HoldStream from, long position) {
    if (isCurrent(from)) {
      try {
        onWaiting.accept(position);
      } catch (RuntimeException e) {
        LOG.log(Level.WARNING, "a listener for the place in line failed", e);
      }
    }
  }

  void granted(HoldStream from, Grant grant) {
    boolean isNew;
    synchronized (this) {
      if (from != stream) {
        return;
      }
      isNew = held == null;
      if (isNew && System.nanoTime() - from.sent() >= calls.lease().dividedBy(3).toNanos()) {
        confirm(from, grant);
        return;
      }
      if (isNew) {
        held = new HeldLease(link, this, calls, grant, from.sent());
      }
    }
    if (isNew && !outcome.complete(held.possession())) {
      held.possession().closeAsync();
    } else if (!isNew) {
      held.resumed(from.sent(), grant.expireTime());
    }
  }

  /** Renews a grant that had to be waited for: nobody knows how much of its lease is left. */
  private void confirm(HoldStream from, Grant grant) {
    long sent = System.nanoTime();
    calls
        .renew(grant.token(), link.deadline())
        .whenComplete(
            (end, failure) -> {
              if (failure == null) {
                from.sentAt(sent);
                granted(from, grant.until(end));
              } else {
                reconnect(from, "");
                from.cancel();
              }
            });
  }

  void renewed(HoldStream from, Instant expireTime) {
    HeldLease lease = heldBy(from);
    if (lease != null) {
      lease.renewed(expireTime);
    }
  }

  synchronized void reconnect(HoldStream from, String token) {
    if (from == stream) {
      openLater(token);
    }
  }

  void ended(HoldStream from, LostReason reason) {
    HeldLease lease = heldBy(from);
    if (lease == null) {
      reconnect(from, "");
    } else {
      lease.possession().lost(reason);
    }
  }

  private synchronized HeldLease heldBy(HoldStream from) {
    return from == stream ? held : null;
  }

  private synchronized boolean isCurrent(HoldStream from) {
    return from == stream;
  }
}
