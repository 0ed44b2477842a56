// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.server.redis.Channels;
import dev.quoin.server.redis.Scope;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A counter that callers of this server watch. It is looked at after a change was told, when a
 * slice ends, and every 5 seconds. A look has the next change told, and only that one: so a counter
 * costs as many hints as looks, however often it is incremented, and none when nobody watches.
 */
final class CounterWatch implements Channels.Listener {
  private static final long PERIOD_MILLIS = 5_000;
  private static final long PAUSE_MILLIS = 100;
  private static final long RETRY_MILLIS = 500;

  /** How long a counter that does not exist remembers that it is watched. */
  private static final long KEEP_MILLIS = 60_000;

  private final CounterStore counters;
  private final Channels channels;
  private final Timer timer;
  private final Scope scope;
  private final String name;
  private final Consumer<CounterWatcher> leave;
  private final Set<CounterWatcher> watchers = new LinkedHashSet<>();
  private CompletionStage<Void> listening;
  private Timeout next;
  private long nextAt;
  private long lookedAt = System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS);
  private boolean closed;

  /**
   * @param leave takes out a watcher whose stream this has ended
   */
  CounterWatch(
      CounterStore counters,
      Channels channels,
      Timer timer,
      Scope scope,
      String name,
      Consumer<CounterWatcher> leave) {
    this.counters = counters;
    this.channels = channels;
    this.timer = timer;
    this.scope = scope;
    this.name = name;
    this.leave = leave;
  }

  synchronized void add(CounterWatcher watcher) {
    watchers.add(watcher);
  }

  /** Sees to it that a watcher hears how the counter stands. */
  void begin() {
    CompletionStage<Void> heard;
    synchronized (this) {
      if (listening == null) {
        listening = channels.subscribe(counters.channel(scope, name), this);
      }
      heard = listening;
    }
    heard.whenComplete(
        (done, failure) -> {
          if (failure == null) {
            lookIn(0);
          } else {
            forget();
            failNew(failure);
          }
        });
  }

  /** Takes a watcher out; tells whether that was the last one. */
  boolean remove(CounterWatcher watcher) {
    synchronized (this) {
      watchers.remove(watcher);
      if (!watchers.isEmpty() || closed) {
        return closed;
      }
      closed = true;
      if (next != null) {
        next.cancel();
      }
    }
    channels.unsubscribe(counters.channel(scope, name));
    return true;
  }

  @Override
  public void hint(String payload) {
    lookIn(0);
  }

  @Override
  public void resubscribed() {
    lookIn(0);
  }

  private synchronized void forget() {
    listening = null;
  }

  /** Looks in so many milliseconds, or earlier if that was agreed before; never too often. */
  private synchronized void lookIn(long millis) {
    long at = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    at = Math.max(at, lookedAt + TimeUnit.MILLISECONDS.toNanos(PAUSE_MILLIS));
    if (closed || next != null && nextAt - at <= 0) {
      return;
    }
    if (next != null) {
      next.cancel();
    }
    nextAt = at;
    next = timer.newTimeout(t -> look(), at - System.nanoTime(), TimeUnit.NANOSECONDS);
  }

  private void look() {
    synchronized (this) {
      next = null;
      lookedAt = System.nanoTime();
    }
    counters
        .look(scope, name, KEEP_MILLIS)
        .whenComplete(
            (view, failure) -> {
              if (failure == null) {
                tell(view);
              } else {
                failNew(failure);
                lookIn(RETRY_MILLIS);
              }
            });
  }

  private void tell(CounterView view) {
    Map<Integer, WatchResponse> states = new HashMap<>();
    long until = PERIOD_MILLIS;
    for (CounterWatcher watcher : snapshot()) {
      int precision = watcher.precision();
      until = Math.min(until, view.millisOpen(precision));
      watcher.tell(
          states.computeIfAbsent(
              precision,
              p -> WatchResponse.newBuilder().addAllSamples(Samples.of(view.newest(p))).build()));
    }
    lookIn(until);
  }

  /** Those who have heard nothing yet are told that it does not work; the others wait. */
  private void failNew(Throwable failure) {
    for (CounterWatcher watcher : snapshot()) {
      if (watcher.isNew()) {
        watcher.fail(failure);
        leave.accept(watcher);
      }
    }
  }

  private synchronized List<CounterWatcher> snapshot() {
    return new ArrayList<>(watchers);
  }
}
