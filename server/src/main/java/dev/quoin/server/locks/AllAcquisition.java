// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.redis.Persistent;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.waiting.Acquisition;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.Standing;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Gets several locks for a call or none: one after the other, in the order of their names, which is
 * the same for all callers, and renews those it has while it waits for the next.
 */
final class AllAcquisition {
  private static final Comparator<Demand> BY_NAME =
      Comparator.comparing(
          demand -> demand.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private static final Standing NOBODY_ASKS = new Standing(null, "", 0, 0, 0);

  private final LockStore locks;
  private final Timer timer;
  private final Call call;
  private final List<Demand> demands;
  private final List<Won> won = new ArrayList<>();
  private Runnable part = () -> {};
  private Throwable failure;
  private boolean abandoned;
  private boolean over;
  private Timeout renewal;

  /** A lock it has. The token is another than the demand's when an earlier request was granted. */
  record Won(Demand demand, Grant grant) {}

  /**
   * How it ended.
   *
   * @param won all grants, or none
   * @param busyName the lock that could not be had
   * @param standing how things stand with that lock
   */
  record Outcome(List<Won> won, String busyName, Standing standing) {}

  AllAcquisition(LockStore locks, Timer timer, Call call, List<Demand> demands) {
    this.locks = locks;
    this.timer = timer;
    this.call = call;
    this.demands = demands.stream().sorted(BY_NAME).toList();
  }

  /** Gets the locks, waiting at most so long for all of them. */
  CompletionStage<Outcome> within(long waitMillis) {
    call.onCancel(this::abandon);
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis);
    return next(end)
        .whenComplete(
            (outcome, thrown) -> {
              finish();
              if (thrown != null) {
                giveBackAll();
              }
            });
  }

  private CompletionStage<Outcome> next(long end) {
    if (won.size() == demands.size()) {
      return renewAll();
    }
    Demand demand = demands.get(won.size());
    long left = Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
    return new Acquisition(new LockClaim(locks, demand), timer, this::during, call::onDrain)
        .within(left)
        .thenCompose(
            standing -> {
              if (!standing.isGranted()) {
                return busy(demand, standing);
              }
              return add(new Won(demand, standing.grant())) ? next(end) : stopped(demand);
            });
  }

  private CompletionStage<Outcome> busy(Demand demand, Standing standing) {
    Throwable lost = finish();
    CompletableFuture<?>[] returned =
        won.stream()
            .map(had -> giveBackOnce(had).toCompletableFuture())
            .toArray(CompletableFuture[]::new);
    return CompletableFuture.allOf(returned)
        .thenCompose(
            done ->
                lost == null
                    ? CompletableFuture.completedFuture(
                        new Outcome(List.of(), demand.name(), standing))
                    : CompletableFuture.failedFuture(lost));
  }

  /** Adds a lock and renews from now on; false when one it had is lost or nobody wants them. */
  private boolean add(Won grant) {
    synchronized (this) {
      won.add(grant);
      if (failure != null || abandoned) {
        return false;
      }
    }
    renewLater();
    return true;
  }

  private CompletionStage<Outcome> stopped(Demand demand) {
    return busy(demand, NOBODY_ASKS);
  }

  /** All leases start anew, so that they end together. That of the newest just has. */
  private CompletionStage<Outcome> renewAll() {
    Won newest = won.get(won.size() - 1);
    CompletionStage<List<Won>> renewed = CompletableFuture.completedFuture(new ArrayList<>());
    for (Won had : won) {
      CompletionStage<Won> again =
          had == newest ? CompletableFuture.completedFuture(had) : renew(had);
      renewed =
          renewed.thenCombine(
              again,
              (all, one) -> {
                all.add(one);
                return all;
              });
    }
    return renewed.thenApply(all -> new Outcome(all, "", null));
  }

  private CompletionStage<Won> renew(Won had) {
    Demand demand = had.demand();
    return locks
        .renew(demand.scope(), demand.name(), had.grant().token(), demand.leaseMillis())
        .thenApply(grant -> new Won(demand, grant));
  }

  private synchronized void renewLater() {
    if (over || renewal != null) {
      return;
    }
    long period = Math.max(1, demands.get(0).leaseMillis() / 3);
    renewal =
        timer.newTimeout(
            t -> {
              List<Won> had;
              synchronized (this) {
                renewal = null;
                had = over ? List.of() : List.copyOf(won);
              }
              had.forEach(one -> renew(one).whenComplete(this::renewed));
              renewLater();
            },
            period,
            TimeUnit.MILLISECONDS);
  }

  /** A lock that is lost ends it all; when Redis is away it is tried again at the next turn. */
  private void renewed(Won again, Throwable thrown) {
    if (thrown == null || !isLoss(thrown)) {
      return;
    }
    Runnable stop;
    synchronized (this) {
      if (over || failure != null) {
        return;
      }
      failure = thrown;
      stop = part;
    }
    stop.run();
  }

  /** Takes what ends the acquisition that is under way. */
  private void during(Runnable action) {
    synchronized (this) {
      if (failure == null && !abandoned) {
        part = action;
        return;
      }
    }
    action.run();
  }

  /** The caller has gone. */
  private void abandon() {
    Runnable stop;
    synchronized (this) {
      abandoned = true;
      stop = part;
    }
    stop.run();
    finish();
    giveBackAll();
  }

  private synchronized Throwable finish() {
    over = true;
    if (renewal != null) {
      renewal.cancel();
      renewal = null;
    }
    return failure;
  }

  private void giveBackAll() {
    List<Won> had;
    synchronized (this) {
      had = List.copyOf(won);
    }
    had.forEach(this::giveBack);
  }

  private CompletionStage<?> giveBackOnce(Won had) {
    Demand demand = had.demand();
    CompletionStage<?> returned =
        isOwn(had)
            ? locks.leave(demand, false)
            : locks.release(demand.scope().detached(), demand.name(), had.grant().token());
    return returned.handle(
        (done, thrown) -> {
          if (thrown != null) {
            giveBack(had);
          }
          return null;
        });
  }

  private void giveBack(Won had) {
    Demand demand = had.demand();
    if (isOwn(had)) {
      locks.giveBack(demand);
    } else {
      Persistent.run(
          timer,
          Duration.ofMillis(demand.leaseMillis()),
          () -> locks.release(demand.scope().detached(), demand.name(), had.grant().token()));
    }
  }

  private static boolean isLoss(Throwable thrown) {
    return ForcedReleases.is(thrown, ErrorReason.ERROR_REASON_LOCK_NOT_HELD)
        || ForcedReleases.is(thrown, ErrorReason.ERROR_REASON_LOCK_FORCED);
  }

  private static boolean isOwn(Won had) {
    return had.grant().token().equals(had.demand().token());
  }
}
