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
 * in number, in bytes and in time: new work beyond that is refused at once.
 *
 * <p>Reads are made one only while they wait: one that has been sent may be older than what its
 * caller knows.
 */
final class Gate {
  private static final int COMMANDS_UNDER_WAY = 512;

  /** What part of the bytes may be under way; the rest waits. */
  private static final int PART_UNDER_WAY = 8;

  /**
   * How much may be under way and wait for one connection.
   *
   * @param commands how many commands
   * @param bytes how many bytes of commands and expected replies
   * @param waitNanos for how long the oldest may have waited before new work is refused
   */
  record Bounds(int commands, long bytes, long waitNanos) {
    static Bounds of(int commands, long bytes, long timeoutMillis) {
      return new Bounds(commands, bytes, TimeUnit.MILLISECONDS.toNanos(timeoutMillis) / 4);
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
      if (draining || waiting == 0) {
        return;
      }
      draining = true;
    }
    for (Asked<?> next = next(); next != null; next = next()) {
      if (next.isWanted()) {
        next.send(this);
      } else {
        exit(next);
        next.drop();
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
    return !load.first()
        && !others.isEmpty()
        && (bytesUnderWay + bytesWaiting + load.waitingBytes() > bounds.bytes()
            || System.nanoTime() - others.peek().since > bounds.waitNanos());
  }
}
