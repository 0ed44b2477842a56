// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.WatchResponse.Change;
import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Scope;
import io.netty.util.Timeout;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Watches one lock for callers of this server. Changes arrive as hints; because hints may be lost,
 * and nobody tells that a lease ran out, it looks at the lock every 5 seconds and when the last
 * lease would end, which also asks for further hints.
 */
final class Watching implements Channels.Listener {
  private static final LuaScript WATCH = LuaScript.load("locks/watch");
  private static final long LOOK_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 200;

  private final LockStore locks;
  private final Scope scope;
  private final LockKeys keys;
  private final Consumer<Watching> closer;
  private final Set<Watches.Watcher> watchers = new LinkedHashSet<>();
  private boolean begun;
  private boolean known;
  private Sight newest;
  private long hints;

  /** Whether the last look showed a change that no hint has told of yet. */
  private boolean unexplained;

  private Timeout next;
  private long nextAt;
  private boolean ended;

  Watching(LockStore locks, Scope scope, LockKeys keys, Consumer<Watching> closer) {
    this.locks = locks;
    this.scope = scope;
    this.keys = keys;
    this.closer = closer;
  }

  String channel() {
    return keys.events();
  }

  synchronized void add(Watches.Watcher watcher) {
    watchers.add(watcher);
    if (known) {
      watcher.seen().accept(newest.asState());
    }
  }

  void remove(Watches.Watcher watcher) {
    synchronized (this) {
      watchers.remove(watcher);
    }
    closer.accept(this);
  }

  synchronized boolean isUnwatched() {
    return watchers.isEmpty();
  }

  /** Listens, then looks, so that nothing is missed in between. */
  void begin() {
    synchronized (this) {
      if (begun) {
        return;
      }
      begun = true;
    }
    locks
        .scripts()
        .redis()
        .channels()
        .subscribe(channel(), this)
        .whenComplete(
            (heard, failure) -> {
              if (failure == null) {
                look();
              } else {
                fail(failure);
              }
            });
  }

  void end() {
    synchronized (this) {
      ended = true;
      if (next != null) {
        next.cancel();
      }
    }
    locks.scripts().redis().channels().unsubscribe(channel());
  }

  @Override
  public void hint(String payload) {
    Sight sight = Sight.ofEvent(payload);
    synchronized (this) {
      boolean isOld = known && sight.timeMicros() < newest.timeMicros();
      if (!isOld) {
        hints++;
        unexplained = false;
        if (!known || !sight.isToldBy(newest)) {
          tell(sight);
        }
      }
    }
    lookIn(sight.nextEndMillis());
  }

  @Override
  public void resubscribed() {
    look();
  }

  private void look() {
    long hintsBefore;
    synchronized (this) {
      hintsBefore = hints;
    }
    locks
        .scripts()
        .run(WATCH, scope, keys.held())
        .thenApply(Sight::ofState)
        .whenComplete(
            (sight, failure) -> {
              if (failure == null) {
                looked(sight, hintsBefore);
              } else if (isKnown()) {
                lookIn(RETRY_MILLIS);
              } else {
                fail(failure);
              }
            });
  }

  private synchronized boolean isKnown() {
    return known;
  }

  private void looked(Sight sight, long hintsBefore) {
    synchronized (this) {
      if (!known) {
        Sight hinted = newest;
        known = true;
        tell(sight.asState());
        if (hinted != null && hinted.timeMicros() > sight.timeMicros()) {
          tell(hinted);
        }
      } else if (hints == hintsBefore) {
        boolean ranOut = newest.held() && newest.newestFence() == sight.newestFence();
        if (sight.standsAs(newest)) {
          newest = sight;
        } else if (ranOut && sight.change() == Change.CHANGE_EXPIRED) {
          tell(sight);
        } else if (unexplained) {
          unexplained = false;
          tell(sight.asState());
        } else {
          // The hint may be on its way.
          unexplained = true;
          lookIn(RETRY_MILLIS);
          return;
        }
      }
    }
    lookIn(sight.nextEndMillis());
  }

  /** Before the first look is done, hints are only kept. */
  private void tell(Sight sight) {
    newest = sight;
    if (known) {
      watchers.forEach(watcher -> watcher.seen().accept(sight));
    }
  }

  /**
   * Looks at the usual time or so many milliseconds from now, if that is earlier and not 0. A look
   * that comes sooner stays: however often the lock changes, it has to be asked for hints.
   */
  private synchronized void lookIn(long millis) {
    long delay = millis > 0 ? Math.min(millis + 1, LOOK_MILLIS) : LOOK_MILLIS;
    long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(delay);
    if (ended || next != null && nextAt - at <= 0) {
      return;
    }
    if (next != null) {
      next.cancel();
    }
    nextAt = at;
    next = locks.scripts().redis().timer().newTimeout(t -> lookNow(), delay, TimeUnit.MILLISECONDS);
  }

  private void lookNow() {
    synchronized (this) {
      next = null;
    }
    look();
  }

  private void fail(Throwable failure) {
    List<Watches.Watcher> all;
    synchronized (this) {
      all = List.copyOf(watchers);
      watchers.clear();
    }
    all.forEach(watcher -> watcher.failed().accept(failure));
    closer.accept(this);
  }
}
