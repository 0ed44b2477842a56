// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.streams.v1.Lost;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/**
 * Keeps a Hold open: one stream at a time, and another one with the same token when a stream ends
 * that should not have.
 *
 * <p>Nothing that belongs to others is called with the monitor held: neither listeners and futures,
 * nor the lease, whose own monitor is taken before this one.
 */
final class HoldCall {
  private final ClientCore core;
  private final LeaseCalls calls;
  private final LongConsumer onWaiting;
  private final CompletableFuture<LeaseHandle> outcome = new CompletableFuture<>();
  private final StreamLog log;
  private HoldStream stream;
  private HeldLease held;
  private boolean over;

  HoldCall(ClientCore core, LeaseCalls calls, LongConsumer onWaiting) {
    this.core = core;
    this.calls = calls;
    this.onWaiting = onWaiting;
    this.log = new StreamLog("holding " + calls.name(), core.address());
  }

  /** Asks for a grant. */
  CompletableFuture<LeaseHandle> begin() {
    try {
      core.opened(this, this::abandon);
    } catch (ClosedException e) {
      return CompletableFuture.failedFuture(e);
    }
    outcome.whenComplete(
        (granted, failure) -> {
          core.closed(this);
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
    boolean again;
    synchronized (this) {
      if (from != stream) {
        return;
      }
      again =
          held == null
              ? failure instanceof NotHeldException || failure instanceof UnavailableException
              : !(failure instanceof NotHeldException);
      if (again) {
        openLater(held == null ? "" : held.granted().token());
      }
    }
    if (again) {
      log.broken(failure);
    } else if (failure instanceof NotHeldException notHeld) {
      ended(from, notHeld.lost());
    } else {
      outcome.completeExceptionally(failure);
    }
  }

  private CompletableFuture<Void> abandon() {
    outcome.completeExceptionally(Failure.closedException());
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
    try {
      core.after(Retries.pause(calls.lease()), () -> open(token));
    } catch (ClosedException e) {
      over = true;
    }
  }

  void waiting(HoldStream from, long position) {
    log.alive();
    if (isCurrent(from)) {
      Callbacks.run("a listener for the place in line", () -> onWaiting.accept(position));
    }
  }

  void granted(HoldStream from, Grant grant) {
    boolean isNew;
    synchronized (this) {
      if (from != stream) {
        return;
      }
      isNew = held == null;
      log.alive();
      if (isNew && System.nanoTime() - from.sent() >= calls.lease().dividedBy(3).toNanos()) {
        confirm(from, grant);
        return;
      }
      if (isNew) {
        held = new HeldLease(core, this, calls, grant, from.sent());
      }
    }
    if (isNew && !outcome.complete(held.granted())) {
      held.granted().closeAsync();
    } else if (!isNew) {
      held.resumed(from.sent(), grant.expireTime());
    }
  }

  /** Renews a grant that had to be waited for: nobody knows how much of its lease is left. */
  private void confirm(HoldStream from, Grant grant) {
    long sent = System.nanoTime();
    calls
        .renew(grant.token(), core.deadline())
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

  void ended(HoldStream from, Lost loss) {
    HeldLease lease = heldBy(from);
    if (lease == null) {
      reconnect(from, "");
    } else {
      lease.granted().lost(loss);
    }
  }

  private synchronized HeldLease heldBy(HoldStream from) {
    return from == stream ? held : null;
  }

  private synchronized boolean isCurrent(HoldStream from) {
    return from == stream;
  }
}
