// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.redis.PubSub;
import io.netty.util.Timeout;
import io.netty.util.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The end of one log on this server: reads what is new once, keeps a little of it, wakes all who
 * follow the log. A lost hint is made up for by looking once in a while.
 */
final class Tail<E extends SequencedEntry> implements PubSub.Listener {
  private static final Logger LOG = Logger.getLogger(Tail.class.getName());
  private static final String SIGNAL = "~";
  private static final long RETRY_MILLIS = 500;
  private static final long LINGER_MILLIS = 5_000;
  private static final int READ_AT_ONCE = 128;

  private final LogSource<E> source;
  private final PubSub pubSub;
  private final Timer timer;
  private final Consumer<Tail<E>> closer;
  private final Set<FollowedLog<E>> followers = ConcurrentHashMap.newKeySet();
  private final Window<E> window = new Window<>();
  private final CompletableFuture<Void> opened = new CompletableFuture<>();

  /** Those who want a read that begins after they asked, and those whose read is under way. */
  private List<CompletableFuture<Void>> asked = new ArrayList<>();

  private List<CompletableFuture<Void>> answered = List.of();
  private boolean begun;
  private boolean open;
  private boolean reading;
  private boolean readAgain;
  private boolean lingers;
  private Timeout next;
  private long changed = System.nanoTime();

  Tail(LogSource<E> source, PubSub pubSub, Timer timer, Consumer<Tail<E>> closer) {
    this.source = source;
    this.pubSub = pubSub;
    this.timer = timer;
    this.closer = closer;
  }

  String channel() {
    return source.channel();
  }

  /** Done when nothing written from now on can be missed. */
  CompletionStage<Void> opened() {
    return opened;
  }

  /** Done when all that has been written until now has been read. */
  CompletionStage<Void> fresh() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    synchronized (this) {
      if (!open) {
        return opened;
      }
      asked.add(done);
    }
    read();
    return done;
  }

  /** Listens first, then asks where the log ends. Does so once. */
  void open() {
    synchronized (this) {
      if (begun) {
        return;
      }
      begun = true;
    }
    pubSub
        .subscribe(channel(), this)
        .thenCompose(heard -> source.read(LogSource.END, 1, true))
        .whenComplete(
            (batch, failure) -> {
              if (failure == null) {
                if (begin(batch.newest())) {
                  read();
                }
                opened.complete(null);
              } else {
                closer.accept(this);
                opened.completeExceptionally(failure);
              }
            });
  }

  /** Returns whether there was a hint already, maybe of something newer. */
  private synchronized boolean begin(long newest) {
    window.reset(newest);
    open = true;
    sweepIn(source.sweepMillis());
    return readAgain;
  }

  /** Stops listening; the tail is of no use any more. */
  void close() {
    synchronized (this) {
      open = false;
      if (next != null) {
        next.cancel();
      }
    }
    pubSub.unsubscribe(channel());
  }

  synchronized boolean isOpen() {
    return open;
  }

  boolean isFollowed() {
    return !followers.isEmpty();
  }

  void add(FollowedLog<E> followed) {
    followers.add(followed);
  }

  void remove(FollowedLog<E> followed) {
    followers.remove(followed);
    synchronized (this) {
      if (isFollowed() || lingers || !open) {
        return;
      }
      lingers = true;
    }
    timer.newTimeout(
        t -> {
          synchronized (this) {
            lingers = false;
          }
          if (!isFollowed()) {
            closer.accept(this);
          }
        },
        LINGER_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  /**
   * How many entries the slowest of those who follow it has not had. Their positions are looked at
   * without asking them, so it may be that of a moment ago.
   */
  long lag() {
    long end = end();
    long slowest = end;
    for (FollowedLog<E> followed : followers) {
      if (followed.hasBegun()) {
        slowest = Math.min(slowest, followed.position);
      }
    }
    return end - slowest;
  }

  synchronized long end() {
    return window.end();
  }

  /** Entries after a position; null when they are not all here and have to be read. */
  synchronized List<E> after(long position, int limit, int bytes) {
    return window.reaches(position) ? window.after(position, limit, bytes) : null;
  }

  synchronized boolean reaches(long position) {
    return window.reaches(position);
  }

  @Override
  public void hint(String payload) {
    if (payload.startsWith(SIGNAL)) {
      followers.forEach(followed -> followed.signal(payload.substring(SIGNAL.length())));
    } else if (Long.parseLong(payload) > end()) {
      read();
    }
  }

  @Override
  public void resubscribed() {
    read();
  }

  private void read() {
    long after;
    synchronized (this) {
      if (!open || reading) {
        readAgain = true;
        return;
      }
      readAgain = false;
      reading = true;
      after = window.end();
      answered = asked;
      asked = new ArrayList<>();
    }
    source
        .read(after, READ_AT_ONCE, true)
        .whenComplete(
            (batch, failure) -> {
              List<CompletableFuture<Void>> waiting = answered;
              boolean more = failure == null ? take(batch) : retry(failure);
              if (more) {
                read();
              }
              waiting.forEach(done -> settle(done, failure));
            });
  }

  private static void settle(CompletableFuture<Void> done, Throwable failure) {
    if (failure == null) {
      done.complete(null);
    } else {
      done.completeExceptionally(failure);
    }
  }

  /** Returns whether there is more to be read. */
  private boolean take(ReadBatch<E> batch) {
    boolean wentBack;
    boolean rewritten = batch.entries().stream().anyMatch(SequencedEntry::rewrites);
    boolean more;
    synchronized (this) {
      reading = false;
      wentBack = batch.entries().isEmpty() && batch.newest() < window.end();
      if (batch.entries().isEmpty() && batch.newest() != window.end()) {
        window.reset(batch.newest());
      }
      batch.entries().forEach(window::add);
      forgetWhenQuiet(batch.entries().isEmpty());
      more = readAgain || batch.hasMore() || !asked.isEmpty();
      readAgain = false;
      sweepIn(source.sweepMillis());
    }
    followers.forEach(followed -> followed.wake(wentBack, rewritten));
    return more;
  }

  /**
   * What was written is with those who read it by now: memory is for logs that are being written.
   */
  private void forgetWhenQuiet(boolean nothingNew) {
    long now = System.nanoTime();
    if (!nothingNew) {
      changed = now;
    } else if (now - changed >= TimeUnit.MILLISECONDS.toNanos(source.sweepMillis())) {
      window.reset(window.end());
    }
  }

  /** Goes on as soon as Redis is back; what else fails ends those who follow the log. */
  private boolean retry(Throwable failure) {
    if (!ErrorMapper.isStoreAway(failure)) {
      LOG.log(Level.WARNING, "cannot read what is new of " + channel(), failure);
      followers.forEach(followed -> followed.fail(failure));
    }
    synchronized (this) {
      reading = false;
      readAgain = false;
      sweepIn(RETRY_MILLIS);
      return !asked.isEmpty();
    }
  }

  private synchronized void sweepIn(long millis) {
    if (next != null) {
      next.cancel();
    }
    if (open) {
      next = timer.newTimeout(t -> read(), millis, TimeUnit.MILLISECONDS);
    }
  }
}
