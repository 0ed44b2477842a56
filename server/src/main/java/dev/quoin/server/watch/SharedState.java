// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.PubSub;
import dev.quoin.server.redis.SharedSubscription;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * The state of one watched thing, which all callers of this server share: one subscription and one
 * load for each change, however many watch. Hints say when to load; because they can be lost, it is
 * loaded every few seconds without, too.
 */
final class SharedState<S> extends SharedSubscription {
  private static final long RETRY_MILLIS = 500;

  private final Watched<S> watched;
  private final WatchSettings settings;
  private final Timer timer;
  private final Copies<? super S> copies;
  private final Set<Watch<S, ?>> watches = ConcurrentHashMap.newKeySet();
  private volatile S state;
  private volatile boolean stale;
  private CompletableFuture<S> loading;
  private boolean loadAgain;
  private String hintMeanwhile;
  private boolean hintedMeanwhile;
  private long begunAt;
  private long loadedAt;
  private Timeout next;
  private long nextAt;
  private Timeout sweep;
  private long counted;
  private boolean closed;

  SharedState(
      Watched<S> watched,
      WatchSettings settings,
      PubSub pubSub,
      Timer timer,
      Copies<? super S> copies) {
    super(pubSub, watched.channel());
    this.watched = watched;
    this.settings = settings;
    this.timer = timer;
    this.copies = copies;
    this.begunAt = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(settings.pauseMillis());
  }

  /** Null before it was loaded. */
  S state() {
    return state;
  }

  /** Whether the last attempt to load it failed. */
  boolean isStale() {
    return stale;
  }

  @Override
  public boolean isUnused() {
    return watches.isEmpty();
  }

  void add(Watch<S, ?> watch) {
    watches.add(watch);
  }

  void remove(Watch<S, ?> watch) {
    watches.remove(watch);
    synchronized (this) {
      if (watches.isEmpty() && !copies.areKept()) {
        // Nobody hears of changes any more: who watches next starts anew.
        state = null;
      }
    }
  }

  /** Begins a watch with the state as it is now, once changes are heard of. */
  void begin(Watch<S, ?> watch) {
    listen()
        .thenCompose(heard -> within(0))
        .whenComplete(
            (now, failure) -> {
              if (failure == null) {
                watch.begin();
                sweepLater();
              } else {
                watch.fail(failure);
              }
            });
  }

  @Override
  public void hint(String payload) {
    Look<S> look;
    synchronized (this) {
      if (state == null) {
        hintMeanwhile = payload;
        return;
      }
      look = watched.hinted(payload, state);
      if (look.kind() == Look.Kind.AGAIN && loading != null) {
        hintMeanwhile = payload;
        return;
      }
      if (look.kind() == Look.Kind.STATE) {
        hintedMeanwhile = true;
        state = look.state();
      }
    }
    switch (look.kind()) {
      case STATE -> loadIn(tell());
      case AGAIN -> loadIn(0);
      case NOTHING -> {}
    }
  }

  @Override
  public void resubscribed() {
    loadIn(0);
  }

  @Override
  protected void closed() {
    synchronized (this) {
      closed = true;
      counted = copies.count(counted, null);
      cancel(next);
      cancel(sweep);
    }
  }

  /** The state as it is, or was at most so long ago. */
  CompletionStage<S> within(long ageNanos) {
    long oldest = System.nanoTime() - ageNanos;
    synchronized (this) {
      if (state != null && loadedAt - oldest >= 0) {
        return CompletableFuture.completedFuture(state);
      }
    }
    return load()
        .thenCompose(
            now -> {
              boolean tooOld;
              synchronized (this) {
                // It was under way when it was asked for.
                tooOld = loadedAt - oldest < 0;
              }
              return tooOld ? load() : CompletableFuture.completedFuture(now);
            });
  }

  /** Loads the state; joins the load that is under way. */
  private CompletionStage<S> load() {
    CompletableFuture<S> mine = new CompletableFuture<>();
    S known;
    synchronized (this) {
      if (loading != null) {
        return loading;
      }
      loading = mine;
      begunAt = System.nanoTime();
      loadAgain = false;
      hintedMeanwhile = false;
      known = state;
    }
    watched.load(known).whenComplete((look, failure) -> loaded(mine, look, failure));
    return mine;
  }

  private void loaded(CompletableFuture<S> mine, Look<S> look, Throwable failure) {
    if (failure != null) {
      synchronized (this) {
        loading = null;
        stale = true;
      }
      mine.completeExceptionally(failure);
      if (ErrorMapper.isTemporary(failure)) {
        loadIn(RETRY_MILLIS);
      } else {
        watches.forEach(watch -> watch.fail(failure));
      }
      return;
    }
    String hint;
    boolean again;
    synchronized (this) {
      Look<S> merged = watched.merge(state, look, hintedMeanwhile);
      if (merged.kind() == Look.Kind.STATE) {
        state = merged.state();
      }
      if (!closed) {
        counted = copies.count(counted, state);
      }
      loading = null;
      loadedAt = begunAt;
      stale = false;
      again = loadAgain;
      hint = hintMeanwhile;
      hintMeanwhile = null;
    }
    mine.complete(state);
    long changesIn = tell();
    loadIn(again ? 0 : changesIn);
    if (hint != null) {
      hint(hint);
    }
  }

  /** Tells all callers, and returns when the state changes by itself for the first of them. */
  private long tell() {
    S now = state;
    long soonest = -1;
    for (Watch<S, ?> watch : watches) {
      long changesIn = watch.changed(now);
      if (changesIn >= 0 && (soonest < 0 || changesIn < soonest)) {
        soonest = changesIn;
      }
    }
    return soonest;
  }

  /** Loads in so many milliseconds, or sooner if that was agreed before; negative means never. */
  private void loadIn(long millis) {
    long wait;
    synchronized (this) {
      if (millis < 0 || closed || watches.isEmpty()) {
        return;
      }
      if (loading != null) {
        loadAgain |= millis == 0;
        return;
      }
      long earliest = begunAt + TimeUnit.MILLISECONDS.toNanos(settings.pauseMillis());
      long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis == 0 ? 0 : millis + 1);
      at = Math.max(at, earliest);
      if (next != null && nextAt - at <= 0) {
        return;
      }
      cancel(next);
      next = null;
      wait = at - System.nanoTime();
      if (wait > 0) {
        nextAt = at;
        next = timer.newTimeout(t -> loadNow(), wait, TimeUnit.NANOSECONDS);
        return;
      }
    }
    load();
  }

  private void loadNow() {
    synchronized (this) {
      next = null;
      if (watches.isEmpty()) {
        return;
      }
    }
    load();
  }

  private synchronized void sweepLater() {
    if (sweep == null && !closed) {
      sweep = timer.newTimeout(t -> sweep(), settings.sweepMillis(), TimeUnit.MILLISECONDS);
    }
  }

  /** Loads without a hint, then has quiet streams show that they are alive. */
  private void sweep() {
    synchronized (this) {
      sweep = null;
    }
    if (!watches.isEmpty()) {
      sweepLater();
      load().whenComplete((now, failure) -> watches.forEach(Watch::beat));
    }
  }

  private static void cancel(Timeout timeout) {
    if (timeout != null) {
      timeout.cancel();
    }
  }
}
