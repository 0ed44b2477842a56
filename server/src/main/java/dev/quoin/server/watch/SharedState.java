// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.SharedSubscription;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

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
  private final Consumer<SharedState<S>> left;
  private final Set<Watch<S, ?>> watches = ConcurrentHashMap.newKeySet();
  private volatile S state;
  private volatile boolean stale;
  private CompletableFuture<S> loading;
  private boolean loadAgain;
  private String hintBeforeLoad;
  private boolean hintedMeanwhile;
  private long begunAt;
  private long loadedAt;
  private Timeout next;
  private long nextAt;
  private Timeout beat;
  private boolean closed;

  /**
   * @param left told when a watch has ended
   */
  SharedState(
      Watched<S> watched,
      WatchSettings settings,
      Channels channels,
      Timer timer,
      Consumer<SharedState<S>> left) {
    super(channels, watched.channel());
    this.watched = watched;
    this.settings = settings;
    this.timer = timer;
    this.left = left;
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
    left.accept(this);
  }

  /** Begins a watch with the state as it is now, once changes are heard of. */
  void begin(Watch<S, ?> watch) {
    listen()
        .thenCompose(heard -> fresh())
        .whenComplete(
            (now, failure) -> {
              if (failure == null) {
                watch.begin();
                beatLater();
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
        hintBeforeLoad = payload;
        return;
      }
      look = watched.hinted(payload, state);
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
      cancel(next);
      cancel(beat);
    }
  }

  /** The state as it is now or a moment ago: a load under way may have missed a change. */
  private CompletionStage<S> fresh() {
    long asked = System.nanoTime();
    return load()
        .thenCompose(
            now -> {
              boolean tooOld;
              synchronized (this) {
                tooOld = loadedAt - asked < 0;
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
      loadIn(RETRY_MILLIS);
      mine.completeExceptionally(failure);
      return;
    }
    String early;
    boolean again;
    synchronized (this) {
      Look<S> merged = watched.merge(state, look, hintedMeanwhile);
      if (merged.kind() == Look.Kind.STATE) {
        state = merged.state();
      }
      loading = null;
      loadedAt = begunAt;
      stale = false;
      again = loadAgain;
      early = hintBeforeLoad;
      hintBeforeLoad = null;
    }
    mine.complete(state);
    long changesIn = tell();
    loadIn(again ? 0 : changesIn);
    if (early != null) {
      hint(early);
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

  /**
   * Loads in so many milliseconds, or when it is time for it anyway: negative means the latter. A
   * load that was to come sooner stays.
   */
  private void loadIn(long millis) {
    long delay = millis < 0 ? settings.sweepMillis() : Math.min(millis + 1, settings.sweepMillis());
    synchronized (this) {
      if (loading != null) {
        loadAgain |= millis == 0;
        return;
      }
      long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis == 0 ? 0 : delay);
      long earliest = begunAt + TimeUnit.MILLISECONDS.toNanos(settings.pauseMillis());
      if (at - earliest < 0) {
        at = earliest;
      }
      if (closed || watches.isEmpty() || next != null && nextAt - at <= 0) {
        return;
      }
      cancel(next);
      long wait = at - System.nanoTime();
      if (wait > 0) {
        nextAt = at;
        next = timer.newTimeout(t -> loadNow(), wait, TimeUnit.NANOSECONDS);
        return;
      }
      next = null;
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

  private synchronized void beatLater() {
    if (beat == null && !closed) {
      beat = timer.newTimeout(t -> beat(), settings.sweepMillis(), TimeUnit.MILLISECONDS);
    }
  }

  private void beat() {
    synchronized (this) {
      beat = null;
    }
    if (!watches.isEmpty()) {
      watches.forEach(Watch::beat);
      beatLater();
    }
  }

  private static void cancel(Timeout timeout) {
    if (timeout != null) {
      timeout.cancel();
    }
  }
}
