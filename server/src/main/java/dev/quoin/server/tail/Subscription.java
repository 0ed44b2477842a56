// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import dev.quoin.server.errors.ErrorMapper;
import io.netty.util.Timer;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;

/**
 * One stream and the logs it follows. It keeps a position for each log and at most one chunk of
 * entries, however slow its reader.
 */
public final class Subscription<E extends Numbered> {
  private static final long BEAT_MILLIS = 5_000;
  private static final long RETRY_MILLIS = 500;
  private static final int AT_ONCE = 64;
  private static final int BYTES_AT_ONCE = 64 * 1024;

  /** What becomes of a subscriber that is slower than a log is written. */
  public enum SlowReader {
    /** It is served from Redis until it has caught up. */
    CATCH_UP,
    /** It is let go. */
    DISCONNECT
  }

  private final Tails tails;
  private final Timer timer;
  private final Subscriber<E> subscriber;
  private final SlowReader slowReader;
  private final Map<String, Follow<E>> follows = new HashMap<>();

  /** Those that may have something new. */
  private final Deque<Follow<E>> queue = new ArrayDeque<>();

  /** Those that have to wait until what is read for another one was brought. */
  private final Set<Follow<E>> readers = new LinkedHashSet<>();

  private boolean reads;
  private boolean started;
  private boolean pumping;
  private boolean ended;
  private boolean quiet;

  Subscription(Tails tails, Timer timer, Subscriber<E> subscriber, SlowReader slowReader) {
    this.tails = tails;
    this.timer = timer;
    this.subscriber = subscriber;
    this.slowReader = slowReader;
  }

  /**
   * Follows a log from now on; one that is followed already stays as it is. May be called any time.
   *
   * @return done when nothing written from then on can be missed
   */
  public CompletionStage<Void> follow(LogSource<E> log, Start start) {
    Follow<E> follow = new Follow<>(this, log);
    synchronized (this) {
      if (ended || follows.putIfAbsent(log.channel(), follow) != null) {
        return CompletableFuture.completedFuture(null);
      }
    }
    Tail<E> tail = tails.join(log, follow);
    CompletionStage<Void> known = start.needsEnd() ? tail.fresh() : tail.opened();
    return known.whenComplete(
        (opened, failure) -> {
          if (failure == null) {
            begin(follow, tail, start);
          } else {
            leave(follow, tail);
          }
        });
  }

  private void begin(Follow<E> follow, Tail<E> tail, Start start) {
    synchronized (this) {
      follow.tail = tail;
      if (follows.get(follow.source.channel()) == follow) {
        follow.begin(start);
        enqueue(follow);
      } else {
        tail.remove(follow);
      }
    }
    pump();
  }

  private void leave(Follow<E> follow, Tail<E> tail) {
    synchronized (this) {
      follows.remove(follow.source.channel(), follow);
    }
    tail.remove(follow);
  }

  /** Follows a log no longer. */
  public synchronized void unfollow(LogSource<E> log) {
    Follow<E> follow = follows.remove(log.channel());
    if (follow != null) {
      queue.remove(follow);
      readers.remove(follow);
      stop(follow);
      if (follow.read != null) {
        readNext();
      }
    }
  }

  /** Begins to bring entries, after a heartbeat. */
  public void start() {
    synchronized (this) {
      if (started || ended) {
        return;
      }
      started = true;
      quiet = true;
      subscriber.heartbeat();
    }
    beatLater();
    pump();
  }

  /** The subscriber may be ready again. */
  public void ready() {
    pump();
  }

  /** Where to go on after what has been brought so far. */
  public synchronized String cursor() {
    return without(null).text();
  }

  /** Where to go on after an entry of a log, given its position, and what was brought of others. */
  public synchronized LongFunction<String> cursors(LogSource<E> log) {
    Follow<E> moving = follows.get(log.channel());
    Cursor.Writer others = without(moving);
    return position -> others.with(new Cursor.Mark(moving.id, position, 0));
  }

  private Cursor.Writer without(Follow<E> moving) {
    Cursor.Writer cursor = tails.cursorWriter();
    for (Follow<E> follow : follows.values()) {
      if (follow != moving && follow.hasBegun()) {
        cursor.add(follow.mark());
      }
    }
    return cursor;
  }

  /**
   * Ends the subscription; nothing is brought any more.
   *
   * @param last runs if it had not ended before
   */
  public synchronized void end(Runnable last) {
    if (!ended) {
      ended = true;
      last.run();
      follows.values().forEach(this::stop);
      follows.clear();
      queue.clear();
      readers.clear();
    }
  }

  /** Whether it has ended. */
  public synchronized boolean isEnded() {
    return ended;
  }

  private void stop(Follow<E> follow) {
    if (follow.tail != null) {
      follow.tail.remove(follow);
    }
  }

  void wake(Follow<E> follow, boolean wentBack, boolean rewritten) {
    synchronized (this) {
      if (ended || follow.position < 0) {
        return;
      }
      if (wentBack) {
        follow.verify();
      }
      follow.stale |= wentBack || rewritten;
      enqueue(follow);
      if (slowReader == SlowReader.DISCONNECT && follow.fellBehind() && !subscriber.isReady()) {
        end(subscriber::fellBehind);
      }
    }
    pump();
  }

  /** The log cannot be read, for a reason that will not pass. */
  synchronized void fail(Throwable failure) {
    end(() -> subscriber.failed(failure));
  }

  synchronized void signal(Follow<E> follow, String text) {
    if (started && follows.get(follow.source.channel()) == follow) {
      subscriber.signal(follow.source, text);
    }
  }

  private void enqueue(Follow<E> follow) {
    if (!follow.queued && !follow.reading) {
      follow.queued = true;
      queue.add(follow);
    }
  }

  private synchronized void pump() {
    if (!started || pumping) {
      return;
    }
    pumping = true;
    try {
      while (!ended && !queue.isEmpty() && subscriber.isReady()) {
        Follow<E> follow = queue.remove();
        follow.queued = false;
        if (deliver(follow)) {
          enqueue(follow);
        }
      }
    } finally {
      pumping = false;
    }
  }

  /** Brings some entries of a log. Returns whether there may be more at once. */
  private boolean deliver(Follow<E> follow) {
    if (follow.read != null && follow.stale) {
      follow.read = null;
      readNext();
      return true;
    }
    if (follow.read != null) {
      quiet &= !follow.bringRead(subscriber);
      readNext();
      return true;
    }
    List<E> entries = follow.fromTail(atOnce(), BYTES_AT_ONCE);
    if (entries == null) {
      read(follow);
      return false;
    }
    if (entries.isEmpty()) {
      return false;
    }
    quiet &= !follow.bring(entries, subscriber);
    return true;
  }

  private int atOnce() {
    return Math.min(AT_ONCE, subscriber.atOnce());
  }

  /** What was read was brought, or is not wanted: another log may be read. */
  private void readNext() {
    reads = false;
    readers.forEach(this::enqueue);
    readers.clear();
  }

  private void read(Follow<E> follow) {
    if (reads) {
      readers.add(follow);
      return;
    }
    reads = true;
    follow.reading = true;
    follow.stale = false;
    follow
        .source
        .read(follow.position, atOnce(), false)
        .whenComplete((chunk, failure) -> readDone(follow, chunk, failure));
  }

  private void readDone(Follow<E> follow, Chunk<E> chunk, Throwable failure) {
    if (failure != null && ErrorMapper.isStoreAway(failure) && !isEnded()) {
      timer.newTimeout(t -> readDone(follow, null, null), RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    synchronized (this) {
      follow.reading = false;
      reads = chunk != null;
      if (failure != null) {
        fail(failure);
      } else if (follows.get(follow.source.channel()) == follow) {
        follow.read = chunk;
        follow.queued = true;
        queue.addFirst(follow);
      } else {
        readNext();
      }
    }
    pump();
  }

  /** A reader that is not ready hears from what it has not read yet that the stream is alive. */
  private void beatLater() {
    timer.newTimeout(
        t -> {
          synchronized (this) {
            if (ended) {
              return;
            }
            if (quiet && subscriber.isReady()) {
              subscriber.heartbeat();
            }
            quiet = true;
          }
          beatLater();
        },
        BEAT_MILLIS,
        TimeUnit.MILLISECONDS);
  }
}
