// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What goes over one connection to Redis. Only so much is under way at a time that Redis is never
 * without work; the rest waits here, where what renews or gives back can go first, what nobody
 * waits for any more is left out, and reads of the same are made one. What waits is bounded, too,
 * in number, in bytes and in time: new work that would have to wait longer, as fast as it goes now,
 * is refused at once.
 *
 * <p>Reads are made one only while they wait: one that has been sent may be older than what its
 * caller knows.
 */
final class Gate {
  private static final int COMMANDS_UNDER_WAY = 512;

  /** What a command costs beside its bytes, as bytes. */
  private static final long BYTES_OF_A_COMMAND = 2_048;

  private static final long MEASURE_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** For how long it is taken to go as fast as it did. */
  private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** What part of the bytes may be under way; the rest waits. */
  private static final int PART_UNDER_WAY = 8;

  /**
   * How much may be under way and wait for one connection.
   *
   * @param commands how many commands
   * @param bytes how many bytes of commands and expected replies
   * @param waitNanos for how long new work may wait; it is refused when it would take longer
   */
  record Bounds(int commands, long bytes, long waitNanos) {
    static Bounds of(int commands, long bytes, long timeoutMillis) {
      return new Bounds(commands, bytes, TimeUnit.MILLISECONDS.toNanos(timeoutMillis) / 2);
    }
  }

  private final RedisClusterAsyncCommands<String, byte[]> commands;
  private final Bounds bounds;
  private final Deque<Asked<?>> first = new ArrayDeque<>();
  private final Deque<Asked<?>> others = new ArrayDeque<>();
  private final Map<Load.Read, Asked<?>> reads = new HashMap<>();
  private int underWay;
  private long bytesUnderWay;
  private int waiting;
  private long bytesWaiting;
  private boolean draining;

  /**
   * How fast it goes when work waits: bytes a nanosecond, and since when that is being measured.
   */
  private double speed;

  private long measuredAt;
  private long measuringSince;
  private long doneSince;

  Gate(RedisClusterAsyncCommands<String, byte[]> commands, Bounds bounds) {
    this.commands = commands;
    this.bounds = bounds;
  }

  RedisClusterAsyncCommands<String, byte[]> commands() {
    return commands;
  }

  /** Sends a command at once or in its turn, or refuses it. */
  void ask(Asked<?> asked) {
    boolean free;
    synchronized (this) {
      free = isFree(asked.load);
      if (free) {
        enter(asked);
      } else if (!isFull(asked.load)) {
        await(asked);
        return;
      }
    }
    if (free) {
      asked.send(this);
    } else {
      asked.refuse();
    }
  }

  /** A command has its answer: others can go. */
  void leave(Asked<?> asked) {
    synchronized (this) {
      exit(asked);
      if (waiting == 0) {
        measuringSince = 0;
        return;
      }
      measure(asked);
      if (draining) {
        return;
      }
      draining = true;
    }
    for (Asked<?> next = next(); next != null; next = next()) {
      if (!next.isWanted()) {
        exit(next);
        next.drop();
      } else if (isTooLate(next)) {
        exit(next);
        next.refuse();
      } else {
        next.send(this);
      }
    }
  }

  /** The next that can go; when there is none, the draining is over. */
  private synchronized Asked<?> next() {
    Deque<Asked<?>> from = first.isEmpty() ? others : first;
    Asked<?> next = from.peek();
    if (next == null || !hasRoom(next.load)) {
      draining = false;
      return null;
    }
    from.poll();
    if (next.load.read() != null) {
      reads.remove(next.load.read());
    }
    for (Asked<?> one = next; one != null; one = one.other()) {
      waiting--;
      bytesWaiting -= one.bytes;
    }
    enter(next);
    return next;
  }

  private void enter(Asked<?> asked) {
    underWay++;
    asked.bytes = asked.load.first() ? 0 : asked.load.bytesUnderWay();
    bytesUnderWay += asked.bytes;
  }

  private synchronized void exit(Asked<?> asked) {
    underWay--;
    bytesUnderWay -= asked.bytes;
  }

  private void await(Asked<?> asked) {
    asked.since = System.nanoTime();
    asked.bytes = asked.load.waitingBytes();
    waiting++;
    bytesWaiting += asked.bytes;
    Asked<?> same = asked.load.read() == null ? null : reads.putIfAbsent(asked.load.read(), asked);
    if (same != null) {
      same.join(asked);
    } else {
      (asked.load.first() ? first : others).add(asked);
    }
  }

  private void measure(Asked<?> asked) {
    long now = System.nanoTime();
    if (measuringSince == 0) {
      measuringSince = now;
      doneSince = 0;
      return;
    }
    doneSince += asked.bytes + BYTES_OF_A_COMMAND;
    long elapsed = now - measuringSince;
    if (elapsed >= MEASURE_NANOS) {
      speed = (double) doneSince / elapsed;
      measuredAt = now;
      measuringSince = now;
      doneSince = 0;
    }
  }

  /** When it is sent now, its caller may have gone before the answer: that would be for nothing. */
  private boolean isTooLate(Asked<?> asked) {
    return !asked.load.first() && System.nanoTime() - asked.since > bounds.waitNanos() * 3 / 2;
  }

  private boolean isFree(Load load) {
    return first.isEmpty() && (load.first() || others.isEmpty()) && hasRoom(load);
  }

  private boolean hasRoom(Load load) {
    if (load.first()) {
      return underWay < 2 * COMMANDS_UNDER_WAY;
    }
    return underWay < COMMANDS_UNDER_WAY
        && (bytesUnderWay == 0
            || bytesUnderWay + load.bytesUnderWay() <= bounds.bytes() / PART_UNDER_WAY);
  }

  private boolean isFull(Load load) {
    if (waiting + underWay >= bounds.commands()) {
      return true;
    }
    if (load.first() || others.isEmpty()) {
      return false;
    }
    long now = System.nanoTime();
    if (bytesUnderWay + bytesWaiting + load.waitingBytes() > bounds.bytes()
        || now - others.peek().since > bounds.waitNanos()) {
      return true;
    }
    return measuredAt != 0
        && now - measuredAt < MEASURED_NANOS
        && bytesWaiting + waiting * BYTES_OF_A_COMMAND > speed * bounds.waitNanos();
  }
}
