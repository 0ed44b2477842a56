// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
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

  /**
   * Work that has waited one and a half times as long as it may is not sent; that it will be shall
   * be certain before it is refused for that.
   */
  private static final int HOPELESS = 2;

  private static final int LONG_REPLY = 64 * 1024;

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

  /** Since when nothing was answered of what is under way. */
  private long silentSince;

  private final Throughput throughput = new Throughput();

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
    boolean silent;
    synchronized (this) {
      free = isFree(command.profile);
      silent = isSilent();
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
      command.refuse(silent);
    }
  }

  /** A command has its answer: others can go. */
  void leave(PendingCommand<?> command) {
    boolean drains;
    boolean wasSilent;
    List<PendingCommand<?>> hopeless = List.of();
    synchronized (this) {
      wasSilent = isSilent();
      exit(command);
      if (waiting == 0) {
        throughput.stop();
        return;
      }
      if (throughput.answered(command.profile.bytesUnderWay(), underWay)) {
        hopeless = takeHopeless();
      }
      drains = !draining;
      draining = true;
    }
    hopeless.forEach(one -> one.refuse(false));
    if (drains) {
      drain(wasSilent);
    }
  }

  private void drain(boolean wasSilent) {
    for (PendingCommand<?> next = next(); next != null; next = next()) {
      if (!next.isWanted()) {
        exit(next);
        next.drop();
      } else if (isTooLate(next)) {
        exit(next);
        next.refuse(wasSilent);
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
    waitsNoLonger(next);
    enter(next);
    return next;
  }

  private void waitsNoLonger(PendingCommand<?> command) {
    if (command.profile.read() != null) {
      reads.remove(command.profile.read());
    }
    for (PendingCommand<?> one = command; one != null; one = one.other()) {
      waiting--;
      bytesWaiting -= one.bytes;
    }
  }

  /**
   * Takes out the new work that came last and would be too late when its turn comes, as fast as it
   * goes now, if long replies are why: how long they are may not have been known when it came.
   */
  private List<PendingCommand<?>> takeHopeless() {
    double left = throughput.inRound(HOPELESS * bounds.waitNanos());
    int hopeful = 0;
    for (PendingCommand<?> command : others) {
      left -= command.profile.waitingBytes() + Throughput.BYTES_OF_A_COMMAND;
      if (left < 0 && command.profile.waitingBytes() > command.bytes + LONG_REPLY) {
        break;
      }
      hopeful++;
    }
    List<PendingCommand<?>> hopeless = new ArrayList<>();
    while (others.size() > Math.max(1, hopeful)) {
      PendingCommand<?> last = others.pollLast();
      waitsNoLonger(last);
      hopeless.add(last);
    }
    return hopeless;
  }

  private void enter(PendingCommand<?> command) {
    if (underWay == 0) {
      silentSince = System.nanoTime();
    }
    underWay++;
    command.bytes = command.profile.first() ? 0 : command.profile.bytesUnderWay();
    bytesUnderWay += command.bytes;
  }

  /** Whether what keeps new work from being taken is that Redis says nothing at all. */
  private boolean isSilent() {
    return underWay > 0 && System.nanoTime() - silentSince > bounds.waitNanos();
  }

  private synchronized void exit(PendingCommand<?> command) {
    silentSince = System.nanoTime();
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
    return throughput.isTooMuch(
        bytesWaiting + waiting * Throughput.BYTES_OF_A_COMMAND, bounds.waitNanos());
  }
}
