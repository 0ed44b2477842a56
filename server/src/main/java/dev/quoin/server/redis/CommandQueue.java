// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The commands for one connection to Redis. Just enough of them are in flight to keep Redis busy;
 * the rest is queued here, in three lanes: commands that renew or release something overtake new
 * work, and new work with long replies waits apart, so that the rest is not delayed or refused
 * because of it. Of the rest each call has its turn with one command, however many it has. Commands
 * whose callers have gone are dropped, and identical reads are sent once. The queue is bounded in
 * number, bytes and time: new work that would wait too long at the current pace is refused at once.
 *
 * <p>Identical reads are merged only while they are queued: the answer to one already sent may be
 * older than what a later caller knows.
 */
final class CommandQueue {
  private static final int COMMANDS_UNDER_WAY = 256;

  /** The rest of the commands is for calls none of whose commands waits. */
  private static final double PART_OF_LARGE_CALLS = 0.75;

  /**
   * Work that has waited one and a half times as long as it may is not sent; that it will be shall
   * be certain before it is refused for that.
   */
  private static final int HOPELESS = 2;

  /** A command that takes more with its reply goes in the lane of its own. */
  private static final int LONG = 64 * 1024;

  /** What part of the bytes the long ones under way may take; the rest waits. */
  private static final int PART_UNDER_WAY = 8;

  /** What they may take at most: everything sent after them waits for their replies. */
  private static final long LONG_UNDER_WAY = 8 * 1024 * 1024;

  /** How many may be under way: each may keep Redis busy for some milliseconds. */
  private static final int LONGS_UNDER_WAY = 4;

  /** While both lanes have work, every so many short ones a long one goes. */
  private static final int SHORT_IN_A_ROW = 16;

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

    long bytesUnderWay() {
      return Math.min(bytes / PART_UNDER_WAY, LONG_UNDER_WAY);
    }
  }

  private final RedisClusterAsyncCommands<String, byte[]> commands;
  private final Bounds bounds;
  private final Lane.Line first = new Lane.Line();
  private final Lane.Turns shorts = new Lane.Turns();
  private final Lane.Line longs = new Lane.Line();
  private final Map<CommandProfile.Read, PendingCommand<?>> reads = new HashMap<>();
  private int underWay;

  private int longsUnderWay;
  private long bytesUnderWay;

  private int waiting;
  private int shortsInARow;
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
      } else if (!isFull(command)) {
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
    Lane lane = nextLane();
    if (lane == null) {
      draining = false;
      return null;
    }
    PendingCommand<?> next = lane.poll();
    waitsNoLonger(next);
    shortsInARow = lane == shorts ? shortsInARow + 1 : 0;
    enter(next);
    return next;
  }

  private Lane nextLane() {
    if (!first.isEmpty()) {
      return hasRoom(first.head().profile) ? first : null;
    }
    moveWhatHasBecomeLong();
    boolean takesShort = !shorts.isEmpty() && hasRoom(shorts.head().profile);
    boolean takesLong = !longs.isEmpty() && hasRoom(longs.head().profile);
    if (takesShort && !(takesLong && shortsInARow >= SHORT_IN_A_ROW)) {
      return shorts;
    }
    return takesLong ? longs : null;
  }

  /** How long a reply is may have been learned since a command came. */
  private void moveWhatHasBecomeLong() {
    while (!shorts.isEmpty() && isLong(shorts.head().profile)) {
      PendingCommand<?> head = shorts.poll();
      for (PendingCommand<?> one = head; one != null; one = one.other()) {
        shorts.count(-one.bytes);
        one.lane = longs;
        one.bytes = one.profile.waitingBytes();
        longs.count(one.bytes);
      }
      longs.add(head);
    }
  }

  private void waitsNoLonger(PendingCommand<?> command) {
    if (command.profile.read() != null) {
      reads.remove(command.profile.read());
    }
    for (PendingCommand<?> one = command; one != null; one = one.other()) {
      waiting--;
      one.lane.count(-one.bytes);
    }
  }

  /**
   * Takes out the long ones that came last and would be too late when their turn comes, as fast as
   * it goes now: how long they are may not have been known when they came.
   */
  private List<PendingCommand<?>> takeHopeless() {
    double left = throughput.inRound(HOPELESS * bounds.waitNanos());
    int hopeful = 0;
    Iterator<PendingCommand<?>> inOrder = longs.inOrder();
    while (inOrder.hasNext()) {
      left -= inOrder.next().profile.waitingBytes() + Throughput.BYTES_OF_A_COMMAND;
      if (left < 0) {
        break;
      }
      hopeful++;
    }
    List<PendingCommand<?>> hopeless = new ArrayList<>();
    while (longs.size() > Math.max(1, hopeful)) {
      PendingCommand<?> last = longs.pollLast();
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
    command.bytes = isLong(command.profile) ? command.profile.bytesUnderWay() : 0;
    bytesUnderWay += command.bytes;
    longsUnderWay += command.bytes > 0 ? 1 : 0;
  }

  /** Whether what keeps new work from being taken is that Redis says nothing at all. */
  private boolean isSilent() {
    return underWay > 0 && System.nanoTime() - silentSince > bounds.waitNanos();
  }

  private synchronized void exit(PendingCommand<?> command) {
    silentSince = System.nanoTime();
    underWay--;
    bytesUnderWay -= command.bytes;
    longsUnderWay -= command.bytes > 0 ? 1 : 0;
  }

  private void await(PendingCommand<?> command) {
    PendingCommand<?> same =
        command.profile.read() == null ? null : reads.putIfAbsent(command.profile.read(), command);
    command.since = System.nanoTime();
    command.bytes = command.profile.waitingBytes();
    command.lane = same == null ? lane(command.profile) : same.lane;
    waiting++;
    command.lane.count(command.bytes);
    if (same != null) {
      same.join(command);
    } else {
      command.lane.add(command);
    }
  }

  private Lane lane(CommandProfile profile) {
    if (profile.first()) {
      return first;
    }
    return isLong(profile) ? longs : shorts;
  }

  private static boolean isLong(CommandProfile profile) {
    return !profile.first() && profile.bytesUnderWay() > LONG;
  }

  /** When it is sent now, its caller may have gone before the answer: that would be for nothing. */
  private boolean isTooLate(PendingCommand<?> command) {
    return !command.profile.first()
        && System.nanoTime() - command.since > bounds.waitNanos() * 3 / 2;
  }

  private boolean isFree(CommandProfile profile) {
    return first.isEmpty() && (profile.first() || lane(profile).isEmpty()) && hasRoom(profile);
  }

  private boolean hasRoom(CommandProfile profile) {
    if (profile.first()) {
      return underWay < 2 * COMMANDS_UNDER_WAY;
    }
    return underWay < COMMANDS_UNDER_WAY
        && (!isLong(profile)
            || longsUnderWay == 0
            || longsUnderWay < LONGS_UNDER_WAY
                && bytesUnderWay + profile.bytesUnderWay() <= bounds.bytesUnderWay());
  }

  private boolean isFull(PendingCommand<?> command) {
    CommandProfile profile = command.profile;
    boolean isMore = lane(profile) == shorts && shorts.ofCall(command) > 0;
    if (waiting + underWay >= bounds.commands() * (isMore ? PART_OF_LARGE_CALLS : 1)) {
      return true;
    }
    Lane lane = lane(profile);
    if (profile.first() || lane.isEmpty()) {
      return false;
    }
    return bytesUnderWay + shorts.bytes() + longs.bytes() + profile.waitingBytes() > bounds.bytes()
        || isStuck(lane)
        || throughput.isTooMuch(bytesBefore(lane, command), bounds.waitNanos());
  }

  /** How long one of the short ones waits says nothing: it may be one of many of its call. */
  private boolean isStuck(Lane lane) {
    return lane == longs ? System.nanoTime() - longs.head().since > bounds.waitNanos() : isSilent();
  }

  private long bytesBefore(Lane lane, PendingCommand<?> command) {
    long all = lane.bytes() + lane.size() * Throughput.BYTES_OF_A_COMMAND;
    return lane == shorts ? (long) (all * shorts.partBefore(command)) : all;
  }
}
