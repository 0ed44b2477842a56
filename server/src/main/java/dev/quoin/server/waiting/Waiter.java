// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Somebody of this server who waits for a grant. */
public final class Waiter {
  private final Turn turn;
  private final CompletableFuture<Standing> outcome = new CompletableFuture<>();

  private Line line;
  private CompletionStage<?> joining;
  private boolean ended;
  private long ticket;
  private Grant grant;
  private long place;

  Waiter(Turn turn) {
    this.turn = turn;
  }

  /** The token it will hold a grant by. */
  public String token() {
    return turn.token();
  }

  /** How it is written in the line. */
  public String text() {
    return turn.text();
  }

  /** The ticket of its place in line, 0 before it has one. */
  synchronized long ticket() {
    return ticket;
  }

  /** How it ends: granted, or where it stood when it gave up. Fails when Redis cannot be asked. */
  public CompletionStage<Standing> outcome() {
    return outcome;
  }

  /**
   * Gives up, unless it was granted already. With {@code keep} a grant that is made at this very
   * moment is its outcome; else it is given back.
   */
  public void giveUp(boolean keep) {
    line.leave(this, keep);
  }

  Turn turn() {
    return turn;
  }

  void standsIn(Line joined) {
    this.line = joined;
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

  void moved(Standing standing) {
    synchronized (this) {
      ticket = standing.ticket();
    }
    moved(standing.place());
  }

  void moved(long newPlace) {
    synchronized (this) {
      if (place == newPlace) {
        return;
      }
      place = newPlace;
    }
    turn.moved(newPlace);
  }

  /** Notes the grant before anybody is told of it. */
  synchronized void granted(Grant won) {
    ended = true;
    grant = won;
  }

  /** Ends the wait and tells how. */
  void settle(Standing standing) {
    if (standing.isGranted()) {
      granted(standing.grant());
    }
    outcome.complete(standing);
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
