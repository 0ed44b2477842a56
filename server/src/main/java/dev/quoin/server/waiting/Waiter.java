// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** A request of this server that waits for a grant. */
final class Waiter {
  private final LeaseRequest request;
  private final LongConsumer places;
  private final CompletableFuture<AcquireResult> outcome = new CompletableFuture<>();

  private WaitQueue queue;
  private CompletionStage<?> joining;
  private boolean ended;
  private long ticket;
  private Grant grant;
  private long place;

  /**
   * @param places told the place in the queue when it is known to have changed
   */
  Waiter(LeaseRequest request, LongConsumer places) {
    this.request = request;
    this.places = places;
  }

  LeaseRequest request() {
    return request;
  }

  /** It will hold a grant by this token. */
  String token() {
    return request.token();
  }

  /** The ticket of its place in the queue, 0 before it has one. */
  synchronized long ticket() {
    return ticket;
  }

  /** How it ends: granted, or where it stood when it gave up. Fails when Redis cannot be asked. */
  CompletionStage<AcquireResult> outcome() {
    return outcome;
  }

  /**
   * Gives up, unless it was granted already. With {@code keep} a grant that is made at this very
   * moment is its outcome; else it is given back.
   */
  void giveUp(boolean keep) {
    queue.leave(this, keep);
  }

  void waitsIn(WaitQueue joined) {
    this.queue = joined;
  }

  /** Notes that it is about to join; false when its wait has ended. */
  synchronized boolean joins(CompletionStage<?> join) {
    if (ended) {
      return false;
    }
    joining = join;
    return true;
  }

  /** Ends its joining. Returns the last join, which may be under way. */
  synchronized CompletionStage<?> end() {
    ended = true;
    return joining;
  }

  void moved(AcquireResult result) {
    synchronized (this) {
      ticket = result.ticket();
    }
    moved(result.place());
  }

  void moved(long newPlace) {
    synchronized (this) {
      if (place == newPlace) {
        return;
      }
      place = newPlace;
    }
    places.accept(newPlace);
  }

  /** Notes the grant before anybody is told of it. */
  synchronized void granted(Grant won) {
    ended = true;
    grant = won;
  }

  /** Ends the wait and tells how. */
  void settle(AcquireResult result) {
    if (result.isGranted()) {
      granted(result.grant());
    }
    outcome.complete(result);
  }

  void fail(Throwable failure) {
    outcome.completeExceptionally(failure);
  }

  /** Whether its wait ended with a grant. */
  synchronized boolean isGranted() {
    return grant != null;
  }

  /** Whether its wait ended with this grant. */
  synchronized boolean holds(Grant other) {
    return grant != null && grant.fence() == other.fence();
  }
}
