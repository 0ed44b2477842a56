// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.Leases;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * The locks that a call for several has so far: keeps them renewed, and gives them back.
 *
 * <p>A lock that another attempt of the same request took is found, not taken. It is given back
 * when neither of them needs it any more.
 */
final class PartialAcquisition {
  private static final long RETRY_MILLIS = 200;

  private final Leases leases;
  private final Timer timer;
  private final Runnable stop;
  private final List<Won> won = new ArrayList<>();
  private Throwable failure;
  private boolean over;
  private Timeout renewal;

  /** A lock it has. The token is another than the request's when it was found. */
  record Won(LeaseRequest request, Grant grant) {
    boolean isOwn() {
      return grant.token().equals(request.token());
    }
  }

  /**
   * @param stop runs when one of the locks is lost
   */
  PartialAcquisition(Leases leases, Timer timer, Runnable stop) {
    this.leases = leases;
    this.timer = timer;
    this.stop = stop;
  }

  synchronized int size() {
    return won.size();
  }

  /** Whether it is of no use to go on: one of the locks is lost or nobody wants them. */
  synchronized boolean isOver() {
    return over || failure != null;
  }

  /** Adds a lock and renews it from now on; one that was found may have little time left. */
  CompletionStage<?> add(Won had) {
    CompletionStage<Won> fresh = had.isOwn() ? CompletableFuture.completedFuture(had) : renew(had);
    return fresh.thenAccept(this::put);
  }

  private synchronized void put(Won had) {
    won.add(had);
    renewIn(had.request().leaseMillis() / 3);
  }

  /** All leases start anew, so that they end together. That of the newest just has. */
  CompletionStage<List<Won>> keepAll() {
    List<Won> had = copy();
    CompletionStage<List<Won>> kept = CompletableFuture.completedFuture(new ArrayList<>());
    for (Won one : had) {
      boolean isNew = one.isOwn() && one == had.get(had.size() - 1);
      kept =
          kept.thenCombine(
              isNew ? CompletableFuture.completedFuture(one) : renew(one),
              (all, again) -> {
                all.add(again);
                return all;
              });
    }
    return kept;
  }

  /** Ends the renewals. Returns how a lock was lost, or null. */
  synchronized Throwable end() {
    over = true;
    if (renewal != null) {
      renewal.cancel();
      renewal = null;
    }
    return failure;
  }

  /** Gives back what it has: tried once by then, and again later as long as Redis is away. */
  CompletionStage<Void> giveBack() {
    return CompletableFuture.allOf(
        copy().stream()
            .map(had -> giveBack(had.request()).toCompletableFuture())
            .toArray(CompletableFuture[]::new));
  }

  private CompletionStage<?> giveBack(LeaseRequest request) {
    return leases
        .giveBackOnce(request)
        .handle(
            (left, thrown) -> {
              if (thrown != null) {
                leases.giveBack(request);
              }
              return null;
            });
  }

  private CompletionStage<Won> renew(Won had) {
    LeaseRequest request = had.request();
    return leases
        .renew(request.scope(), request.name(), had.grant().token(), request.leaseMillis())
        .thenApply(grant -> new Won(request, grant))
        .whenComplete((again, thrown) -> renewed(thrown));
  }

  private synchronized void renewIn(long millis) {
    if (!over && renewal == null) {
      renewal = timer.newTimeout(t -> renewAll(), millis, TimeUnit.MILLISECONDS);
    }
  }

  private void renewAll() {
    List<Won> had;
    synchronized (this) {
      renewal = null;
      if (over) {
        return;
      }
      had = copy();
    }
    long period = had.get(0).request().leaseMillis() / 3;
    CompletableFuture.allOf(
            had.stream()
                .map(one -> renew(one).toCompletableFuture())
                .toArray(CompletableFuture[]::new))
        .whenComplete(
            (all, thrown) -> renewIn(thrown == null ? period : Math.min(RETRY_MILLIS, period)));
  }

  /** A lock that is lost ends it all; when Redis is away it is tried again soon. */
  private void renewed(Throwable thrown) {
    if (thrown == null || leases.lossBy(thrown).isEmpty()) {
      return;
    }
    synchronized (this) {
      if (over || failure != null) {
        return;
      }
      failure = thrown;
    }
    stop.run();
  }

  private synchronized List<Won> copy() {
    return List.copyOf(won);
  }
}
