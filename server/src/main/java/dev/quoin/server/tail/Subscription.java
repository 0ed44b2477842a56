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
 * One stream and the logs it follows. It keeps a position for each log and at most one batch of
 * entries, however slow its reader.
 */
public final class Subscription<E extends SequencedEntry> {
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
  private final String domain;
  private final Subscriber<E> subscriber;
  private final SlowReader slowReader;
  private final Map<String, FollowedLog<E>> logs = new HashMap<>();

  /** Those that may have something new. */
  private final Deque<FollowedLog<E>> queue = new ArrayDeque<>();

  /** Those that have to wait until what is read for another one was brought. */
  private final Set<FollowedLog<E>> readers = new LinkedHashSet<>();

  private boolean reads;
  private boolean started;
  private boolean pumping;
  private boolean ended;
  private boolean quiet;

  Subscription(
      Tails tails, Timer timer, String domain, Subscriber<E> subscriber, SlowReader slowReader) {
    this.tails = tails;
    this.timer = timer;
    this.domain = domain;
    this.subscriber = subscriber;
    this.slowReader = slowReader;
  }

  /**
   * Follows a log from now on; one that is followed already stays as it is. May be called any time.
   *
   * @return done when nothing written from then on can be missed
   */
  public CompletionStage<Void> follow(LogSource<E> log, StartPosition start) {
    FollowedLog<E> followed = new FollowedLog<>(this, log);
    synchronized (this) {
      if (ended || logs.putIfAbsent(log.channel(), followed) != null) {
        return CompletableFuture.completedFuture(null);
      }
    }
    Tail<E> tail = tails.join(log, followed);
    CompletionStage<Void> known = start.needsEnd() ? tail.fresh() : tail.opened();
    return known.whenComplete(
        (opened, failure) -> {
          if (failure == null) {
            begin(followed, tail, start);
          } else {
            leave(followed, tail);
          }
        });
  }

  private void begin(FollowedLog<E> followed, Tail<E> tail, StartPosition start) {
    synchronized (this) {
      followed.tail = tail;
      if (logs.get(followed.source.channel()) == followed) {
        followed.begin(start);
        enqueue(followed);
      } else {
        tail.remove(followed);
      }
    }
    pump();
  }

  private void leave(FollowedLog<E> followed, Tail<E> tail) {
    synchronized (this) {
      logs.remove(followed.source.channel(), followed);
    }
    tail.remove(followed);
  }

  /** Follows a log no longer. */
  public synchronized void unfollow(LogSource<E> log) {
    FollowedLog<E> followed = logs.remove(log.channel());
    if (followed != null) {
      queue.remove(followed);
      readers.remove(followed);
      stop(followed);
      if (followed.read != null) {
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

  /**
   * Position of the last entry of a log that was brought; negative before the log has its place.
   */
  public synchronized long position(LogSource<E> log) {
    FollowedLog<E> followed = logs.get(log.channel());
    return followed == null ? -1 : followed.position;
  }

  /** Whether everything was brought that this server knows of. */
  public synchronized boolean hasCaughtUp() {
    return logs.values().stream()
        .allMatch(followed -> followed.hasBegun() && followed.position >= followed.tail.end());
  }

  /** Where to go on after what has been brought so far. */
  public synchronized String cursor() {
    return without(null).text();
  }

  /** Where to go on after an entry of a log, given its position, and what was brought of others. */
  public synchronized LongFunction<String> cursors(LogSource<E> log) {
    FollowedLog<E> moving = logs.get(log.channel());
    Cursor.Writer others = without(moving);
    return position -> others.with(new Cursor.Mark(moving.id, position, 0));
  }

  private Cursor.Writer without(FollowedLog<E> moving) {
    Cursor.Writer cursor = tails.cursorWriter(domain);
    for (FollowedLog<E> followed : logs.values()) {
      if (followed != moving && followed.hasBegun()) {
        cursor.add(followed.mark());
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
      logs.values().forEach(this::stop);
      logs.clear();
      queue.clear();
      readers.clear();
    }
  }

  /** Whether it has ended. */
  public synchronized boolean isEnded() {
    return ended;
  }

  private void stop(FollowedLog<E> followed) {
    if (followed.tail != null) {
      followed.tail.remove(followed);
    }
  }

  void wake(FollowedLog<E> followed, boolean wentBack, boolean rewritten) {
    synchronized (this) {
      if (ended || followed.position < 0) {
        return;
      }
      if (wentBack) {
        followed.verify();
      }
      followed.stale |= wentBack || rewritten;
      enqueue(followed);
      if (slowReader == SlowReader.DISCONNECT && followed.fellBehind() && !subscriber.isReady()) {
        end(subscriber::fellBehind);
      }
    }
    pump();
  }

  /** The log cannot be read, for a reason that will not pass. */
  synchronized void fail(Throwable failure) {
    end(() -> subscriber.failed(failure));
  }

  synchronized void signal(FollowedLog<E> followed, String text) {
    if (started && logs.get(followed.source.channel()) == followed) {
      subscriber.signal(followed.source, text);
    }
  }

  private void enqueue(FollowedLog<E> followed) {
    if (!followed.queued && !followed.reading) {
      followed.queued = true;
      queue.add(followed);
    }
  }

  private synchronized void pump() {
    if (!started || pumping) {
      return;
    }
    pumping = true;
    try {
      while (!ended && !queue.isEmpty() && subscriber.isReady()) {
        FollowedLog<E> followed = queue.remove();
        followed.queued = false;
        if (deliver(followed)) {
          enqueue(followed);
        }
      }
    } finally {
      pumping = false;
    }
  }

  /** Brings some entries of a log. Returns whether there may be more at once. */
  private boolean deliver(FollowedLog<E> followed) {
    if (followed.read != null && followed.stale) {
      followed.read = null;
      readNext();
      return true;
    }
    if (followed.read != null) {
      quiet &= !followed.bringRead(subscriber);
      readNext();
      return true;
    }
    List<E> entries = followed.fromTail(atOnce(), BYTES_AT_ONCE);
    if (entries == null) {
      read(followed);
      return false;
    }
    if (entries.isEmpty()) {
      return false;
    }
    quiet &= !followed.bring(entries, subscriber);
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

  private void read(FollowedLog<E> followed) {
    if (reads) {
      readers.add(followed);
      return;
    }
    reads = true;
    followed.reading = true;
    followed.stale = false;
    followed
        .source
        .read(followed.position, atOnce(), false)
        .whenComplete((batch, failure) -> readDone(followed, batch, failure));
  }

  private void readDone(FollowedLog<E> followed, ReadBatch<E> batch, Throwable failure) {
    if (failure != null && ErrorMapper.isStoreAway(failure) && !isEnded()) {
      timer.newTimeout(t -> readDone(followed, null, null), RETRY_MILLIS, TimeUnit.MILLISECONDS);
      return;
    }
    synchronized (this) {
      followed.reading = false;
      reads = batch != null;
      if (failure != null) {
        fail(failure);
      } else if (logs.get(followed.source.channel()) == followed) {
        followed.read = batch;
        followed.queued = true;
        queue.addFirst(followed);
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
