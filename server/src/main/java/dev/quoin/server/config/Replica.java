// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.redis.Channels;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * This server's copy of a group, which all its callers share: one subscription and one read for
 * each change, however many watch. Hints say when to read; every few seconds it is read without.
 */
final class Replica<T> implements Channels.Listener {
  /** How often it is read without a hint while somebody watches. */
  private static final long LOOK_MILLIS = 4_000;

  private static final long RETRY_MILLIS = 1_000;

  /** What is known of the group. */
  record State<T>(Copy<T> copy, boolean stale) {}

  private final Source<T> source;
  private final Channels channels;
  private final Timer timer;
  private final Consumer<Replica<T>> onChange;
  private final Set<Watch<T, ?>> watches = ConcurrentHashMap.newKeySet();
  private volatile State<T> state = new State<>(null, false);
  private CompletableFuture<Void> listening;
  private CompletableFuture<Copy<T>> reading;
  private long begun;
  private long readAt;
  private long hinted;
  private long used = System.nanoTime();
  private Timeout look;
  private Timeout end;

  /**
   * @param onChange told when the copy has changed
   */
  Replica(Source<T> source, Channels channels, Timer timer, Consumer<Replica<T>> onChange) {
    this.source = source;
    this.channels = channels;
    this.timer = timer;
    this.onChange = onChange;
  }

  String channel() {
    return source.channel();
  }

  State<T> state() {
    return state;
  }

  long bytes() {
    Copy<T> copy = state.copy();
    return copy == null ? 0 : copy.bytes();
  }

  /** Whether nobody watches, and nobody has asked for so long. */
  synchronized boolean isIdle(Duration time) {
    return watches.isEmpty() && System.nanoTime() - used > time.toNanos();
  }

  /** Notes that somebody is about to use it. */
  synchronized void use() {
    used = System.nanoTime();
  }

  void add(Watch<T, ?> watch) {
    watches.add(watch);
  }

  /** Begins a watch, once changes are heard of. */
  void begin(Watch<T, ?> watch) {
    listen()
        .thenCompose(heard -> within(Duration.ZERO))
        .whenComplete(
            (copy, failure) -> {
              if (failure != null) {
                watches.remove(watch);
                watch.fail(failure);
              } else {
                watch.begin();
                lookSoon();
              }
            });
  }

  void remove(Watch<T, ?> watch) {
    watches.remove(watch);
    use();
  }

  /** The group as it is, or was at most so long ago. */
  CompletionStage<Copy<T>> within(Duration age) {
    long oldest = System.nanoTime() - age.toNanos();
    synchronized (this) {
      if (state.copy() != null && readAt - oldest >= 0) {
        return CompletableFuture.completedFuture(state.copy());
      }
    }
    return read()
        .thenCompose(
            copy -> {
              boolean tooOld;
              synchronized (this) {
                // It was under way when we asked.
                tooOld = readAt - oldest < 0;
              }
              return tooOld ? read() : CompletableFuture.completedFuture(copy);
            });
  }

  void stop() {
    boolean listens;
    synchronized (this) {
      listens = listening != null;
      cancel(look);
      cancel(end);
    }
    if (listens) {
      channels.unsubscribe(channel());
    }
  }

  @Override
  public void hint(String payload) {
    long revision = Long.parseLong(payload);
    synchronized (this) {
      Copy<T> copy = state.copy();
      if (copy != null && copy.revision() >= revision) {
        return;
      }
      hinted = Math.max(hinted, revision);
      if (reading != null) {
        return;
      }
    }
    read();
  }

  @Override
  public void resubscribed() {
    read();
  }

  private CompletionStage<Void> listen() {
    CompletableFuture<Void> heard = new CompletableFuture<>();
    synchronized (this) {
      if (listening != null) {
        return listening;
      }
      listening = heard;
    }
    channels
        .subscribe(channel(), this)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                heard.complete(null);
                return;
              }
              synchronized (this) {
                listening = null;
              }
              heard.completeExceptionally(failure);
            });
    return heard;
  }

  /** Reads what changed; joins the read that is under way. */
  private CompletionStage<Copy<T>> read() {
    CompletableFuture<Copy<T>> mine = new CompletableFuture<>();
    String since;
    synchronized (this) {
      if (reading != null) {
        return reading;
      }
      reading = mine;
      begun = System.nanoTime();
      hinted = 0;
      since = state.copy() == null ? "" : Long.toString(state.copy().revision());
    }
    source.read(since).whenComplete((answer, failure) -> finish(mine, answer, failure));
    return mine;
  }

  private void finish(CompletableFuture<Copy<T>> mine, Reading<T> answer, Throwable failure) {
    boolean again;
    synchronized (this) {
      reading = null;
      if (failure == null) {
        state = new State<>(Copy.of(state.copy(), answer), false);
        readAt = begun;
      } else {
        state = new State<>(state.copy(), true);
      }
      again = failure == null && hinted > answer.revision();
    }
    if (failure == null) {
      onChange.accept(this);
      mine.complete(state.copy());
      endIn(answer.leftMillis());
    } else {
      mine.completeExceptionally(failure);
      endIn(RETRY_MILLIS);
    }
    watches.forEach(Watch::pump);
    if (again) {
      read();
    }
  }

  /** Reads again when something ends by itself, or Redis may be back. */
  private synchronized void endIn(long millis) {
    cancel(end);
    end =
        millis < 0 || watches.isEmpty()
            ? null
            : timer.newTimeout(t -> read(), millis + 1, TimeUnit.MILLISECONDS);
  }

  private synchronized void lookSoon() {
    if (look == null) {
      look = timer.newTimeout(t -> look(), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private void look() {
    synchronized (this) {
      look = null;
    }
    if (watches.isEmpty()) {
      return;
    }
    lookSoon();
    read().whenComplete((copy, failure) -> watches.forEach(Watch::beat));
  }

  private static void cancel(Timeout timeout) {
    if (timeout != null) {
      timeout.cancel();
    }
  }
}
