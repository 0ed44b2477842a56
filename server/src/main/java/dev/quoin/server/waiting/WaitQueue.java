// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.PubSub;
import dev.quoin.server.redis.SharedSubscription;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** Callers of this server that wait for one resource. */
final class WaitQueue extends SharedSubscription {
  /** How often a queue is refreshed: a third of the time after which a server counts as dead. */
  private static final long REFRESH_MILLIS = 5_000;

  private static final long RETRY_MILLIS = 200;
  private static final int REFRESHED_AT_ONCE = 100;

  private final WaitQueueScripts scripts;
  private final Timer timer;
  private final Map<String, Waiter> waiters = new LinkedHashMap<>();
  private volatile boolean listens;
  private Timeout next;
  private long nextAt;

  WaitQueue(WaitQueueScripts scripts, PubSub pubSub, String channel, Timer timer) {
    super(pubSub, channel);
    this.scripts = scripts;
    this.timer = timer;
  }

  boolean isListening() {
    return listens;
  }

  @Override
  public synchronized boolean isUnused() {
    return waiters.isEmpty();
  }

  synchronized int size() {
    return waiters.size();
  }

  synchronized void add(Waiter waiter) {
    waiters.put(waiter.token(), waiter);
    waiter.waitsIn(this);
  }

  /** Joins the queue once hints are heard, so that no grant can be missed. */
  void join(Waiter waiter) {
    CompletableFuture<Void> join = new CompletableFuture<>();
    waiter.joins(join);
    listen()
        .thenCompose(
            heard -> {
              listens = true;
              return sendJoin(waiter);
            })
        .whenComplete(
            (done, failure) -> {
              join.complete(null);
              if (failure != null) {
                refuse(waiter, failure);
              }
            });
  }

  /**
   * Leaves the queue, after the join that may still be under way. Whether it got out of it, and
   * with a grant, is unknown when Redis is away: the caller is told so at once, and gets nothing.
   */
  void leave(Waiter waiter, boolean keep) {
    if (!remove(waiter)) {
      return;
    }
    waiter
        .end()
        .thenCompose(
            joined -> keep ? scripts.leave(waiter.request()) : scripts.giveBack(waiter.request()))
        .whenComplete(
            (result, failure) -> {
              if (failure == null) {
                waiter.settle(result);
              } else {
                scripts.giveBack(waiter.request());
                waiter.fail(failure);
              }
            });
  }

  @Override
  public void hint(String payload) {
    int space = payload.indexOf(' ');
    Waiter waiter;
    synchronized (this) {
      waiter = waiters.get(space < 0 ? payload : payload.substring(0, space));
    }
    if (waiter == null) {
      return;
    }
    if (space < 0) {
      // A token alone: the waiter was taken out of the queue, and joining tells why.
      joinAgain(waiter);
    } else {
      settle(waiter, Grant.fromHint(payload));
    }
  }

  @Override
  public void resubscribed() {
    joinAllAgain();
  }

  /** Hints may be lost, and so may be the queue itself: every waiter takes its old place. */
  private void joinAllAgain() {
    List<Waiter> all;
    synchronized (this) {
      all = new ArrayList<>(waiters.values());
    }
    all.forEach(this::joinAgain);
  }

  @Override
  protected synchronized void closed() {
    if (next != null) {
      next.cancel();
    }
  }

  private CompletionStage<AcquireResult> sendJoin(Waiter waiter) {
    return scripts
        .join(waiter.request(), waiter.ticket())
        .whenComplete((result, failure) -> joined(waiter, result));
  }

  private void joined(Waiter waiter, AcquireResult result) {
    if (result == null) {
      return;
    }
    if (waiter.isGranted() && result.isGranted() && waiter.holds(result.grant())) {
      return;
    }
    if (!waits(waiter)) {
      endUnwanted(waiter);
    } else if (result.isGranted()) {
      settle(waiter, result.grant());
    } else {
      waiter.moved(result);
      refreshIn(result.untilFreeMillis());
    }
  }

  /**
   * A wait that ended with a grant has joined once more, or hears only now that it had joined
   * before it was granted: leave the queue, and give back any grant but the one it ended with. Who
   * gave up leaves by itself after its last join.
   */
  private void endUnwanted(Waiter waiter) {
    if (!waiter.isGranted()) {
      return;
    }
    scripts
        .leave(waiter.request())
        .thenAccept(
            result -> {
              if (result.isGranted() && !waiter.holds(result.grant())) {
                scripts.giveBack(waiter.request());
              }
            });
  }

  private void joinAgain(Waiter waiter) {
    CompletableFuture<Void> join = new CompletableFuture<>();
    if (waiter.ticket() != 0 && waiter.joins(join)) {
      sendJoin(waiter)
          .whenComplete(
              (result, failure) -> {
                join.complete(null);
                if (failure != null && isFinal(failure)) {
                  refuse(waiter, failure);
                } else if (failure != null) {
                  refreshIn(RETRY_MILLIS);
                }
              });
    }
  }

  /** Whether the queue itself has refused it: joining again would be refused again. */
  private static boolean isFinal(Throwable failure) {
    return ErrorMapper.refusal(failure) instanceof ApiException refusal
        && refusal.getCause() == null
        && !refusal.isPassing();
  }

  /** Whether it got into the queue may be unknown: makes sure that it is out of it. */
  private void refuse(Waiter waiter, Throwable failure) {
    if (remove(waiter)) {
      scripts.giveBack(waiter.request());
      waiter.fail(failure);
    }
  }

  private void settle(Waiter waiter, Grant grant) {
    synchronized (this) {
      if (!waits(waiter)) {
        return;
      }
      waiter.granted(grant);
    }
    remove(waiter);
    waiter.settle(AcquireResult.granted(grant));
  }

  private synchronized boolean remove(Waiter waiter) {
    return waiters.remove(waiter.token()) != null;
  }

  /**
   * Refreshes the queue when a lease ends, or at the usual time if that is first. It is soon when
   * nobody knows: the resource is free and yet could not be handed over.
   */
  private void refreshIn(long untilFreeMillis) {
    long delay =
        untilFreeMillis == 0 ? RETRY_MILLIS : Math.min(untilFreeMillis + 1, REFRESH_MILLIS);
    long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay);
    synchronized (this) {
      if (next != null && nextAt - at <= 0) {
        return;
      }
      if (next != null) {
        next.cancel();
      }
      nextAt = at;
      next = timer.newTimeout(t -> refresh(), delay, TimeUnit.MILLISECONDS);
    }
  }

  private void refresh() {
    List<Waiter> oldest = new ArrayList<>();
    synchronized (this) {
      next = null;
      for (Waiter waiter : waiters.values()) {
        if (oldest.size() == REFRESHED_AT_ONCE) {
          break;
        }
        if (waiter.ticket() != 0) {
          oldest.add(waiter);
        }
      }
    }
    if (oldest.isEmpty()) {
      return;
    }
    scripts
        .refresh(oldest.stream().map(Waiter::request).toList())
        .whenComplete(
            (refreshed, failure) -> {
              if (failure != null) {
                refreshIn(RETRY_MILLIS);
              } else {
                refreshed(oldest, refreshed);
              }
            });
  }

  private void refreshed(List<Waiter> asked, WaitQueueScripts.Refreshed refreshed) {
    boolean isOut = false;
    for (int i = 0; i < asked.size(); i++) {
      Waiter waiter = asked.get(i);
      WaitQueueScripts.Place now = refreshed.waiters().get(i);
      if (now.grant() != null) {
        settle(waiter, now.grant());
      } else if (now.place() > 0) {
        waiter.moved(now.place());
      } else if (waits(waiter)) {
        // A hint was lost and the grant has run out since, or Redis lost the queue, or this server
        // was taken for dead: then the others are out of the queue, too.
        isOut = true;
      }
    }
    if (isOut) {
      joinAllAgain();
    }
    refreshIn(refreshed.untilFreeMillis());
  }

  private synchronized boolean waits(Waiter waiter) {
    return waiters.containsKey(waiter.token());
  }
}
