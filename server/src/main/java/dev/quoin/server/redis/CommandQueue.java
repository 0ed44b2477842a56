// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The commands for one connection to Redis. Just enough of them are in flight to keep Redis busy;
 * the rest is queued here. Commands that renew or release something overtake new work, commands
 * whose callers have gone are dropped, and identical reads are sent once. The queue is bounded in
 * number, bytes and time: new work that would wait too long at the current pace is refused at once.
 *
 * <p>Identical reads are merged only while they are queued: the answer to one already sent may be
 * older than what a later caller knows.
 */
final class CommandQueue {
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
  private final Deque<PendingCommand<?>> first = new ArrayDeque<>();
  private final Deque<PendingCommand<?>> others = new ArrayDeque<>();
  private final Map<CommandProfile.Read, PendingCommand<?>> reads = new HashMap<>();
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

  CommandQueue(RedisClusterAsyncCommands<String, byte[]> commands, Bounds bounds) {
    this.commands = commands;
    this.bounds = bounds;
  }

  RedisClusterAsyncCommands<String, byte[]> commands() {
    return commands;
  }

  /** Sends a command at once or in its turn, or refuses it. */
  void ask(PendingCommand<?> command) {
    boolean free;
    synchronized (this) {
      free = isFree(command.profile);
      if (free) {
        enter(command);
      } else if (!isFull(command.profile)) {
        await(command);
        return;
      }
    }
    if (free) {
      command.send(this);
    } else {
      command.refuse();
    }
  }

  /** A command has its answer: others can go. */
  void leave(PendingCommand<?> command) {
    synchronized (this) {
      exit(command);
      if (waiting == 0) {
        measuringSince = 0;
        return;
      }
      measure(command);
      if (draining) {
        return;
      }
      draining = true;
    }
    for (PendingCommand<?> next = next(); next != null; next = next()) {
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
  private synchronized PendingCommand<?> next() {
    Deque<PendingCommand<?>> from = first.isEmpty() ? others : first;
    PendingCommand<?> next = from.peek();
    if (next == null || !hasRoom(next.profile)) {
      draining = false;
      return null;
    }
    from.poll();
    if (next.profile.read() != null) {
      reads.remove(next.profile.read());
    }
    for (PendingCommand<?> one = next; one != null; one = one.other()) {
      waiting--;
      bytesWaiting -= one.bytes;
    }
    enter(next);
    return next;
  }

  private void enter(PendingCommand<?> command) {
    underWay++;
    command.bytes = command.profile.first() ? 0 : command.profile.bytesUnderWay();
    bytesUnderWay += command.bytes;
  }

  private synchronized void exit(PendingCommand<?> command) {
    underWay--;
    bytesUnderWay -= command.bytes;
  }

  private void await(PendingCommand<?> command) {
    command.since = System.nanoTime();
    command.bytes = command.profile.waitingBytes();
    waiting++;
    bytesWaiting += command.bytes;
    PendingCommand<?> same =
        command.profile.read() == null ? null : reads.putIfAbsent(command.profile.read(), command);
    if (same != null) {
      same.join(command);
    } else {
      (command.profile.first() ? first : others).add(command);
    }
  }

  private void measure(PendingCommand<?> command) {
    long now = System.nanoTime();
    if (measuringSince == 0) {
      measuringSince = now;
      doneSince = 0;
      return;
    }
    doneSince += command.bytes + BYTES_OF_A_COMMAND;
    long elapsed = now - measuringSince;
    if (elapsed >= MEASURE_NANOS) {
      speed = (double) doneSince / elapsed;
      measuredAt = now;
      measuringSince = now;
      doneSince = 0;
    }
  }

  /** When it is sent now, its caller may have gone before the answer: that would be for nothing. */
  private boolean isTooLate(PendingCommand<?> command) {
    return !command.profile.first()
        && System.nanoTime() - command.since > bounds.waitNanos() * 3 / 2;
  }

  private boolean isFree(CommandProfile profile) {
    return first.isEmpty() && (profile.first() || others.isEmpty()) && hasRoom(profile);
  }

  private boolean hasRoom(CommandProfile profile) {
    if (profile.first()) {
      return underWay < 2 * COMMANDS_UNDER_WAY;
    }
    return underWay < COMMANDS_UNDER_WAY
        && (bytesUnderWay == 0
            || bytesUnderWay + profile.bytesUnderWay() <= bounds.bytes() / PART_UNDER_WAY);
  }

  private boolean isFull(CommandProfile profile) {
    if (waiting + underWay >= bounds.commands()) {
      return true;
    }
    if (profile.first() || others.isEmpty()) {
      return false;
    }
    long now = System.nanoTime();
    if (bytesUnderWay + bytesWaiting + profile.waitingBytes() > bounds.bytes()
        || now - others.peek().since > bounds.waitNanos()) {
      return true;
    }
    return measuredAt != 0
        && now - measuredAt < MEASURED_NANOS
        && bytesWaiting + waiting * BYTES_OF_A_COMMAND > speed * bounds.waitNanos();
  }
}
