// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.WatchResponse.Change;
import dev.quoin.server.redis.Reply;

/**
 * A change of a lock and how the lock stands after it.
 *
 * @param holder label of the holder it happened to
 * @param fence fence of that holder's grant
 * @param newestFence fence of the newest grant
 * @param shared mode of that grant
 * @param held whether anybody holds the lock now
 * @param expireMillis end of the last lease, 0 when nobody holds the lock
 * @param nextEndMillis how long until a lease ends as far as is known, 0 when the lock is free
 * @param timeMicros when it was, by the clock of Redis
 */
record LockSnapshot(
    Change change,
    String holder,
    long fence,
    long newestFence,
    boolean shared,
    boolean held,
    long readers,
    long expireMillis,
    String explanation,
    long nextEndMillis,
    long timeMicros) {

  /** Reads what locks/_readers.lua tells. */
  static LockSnapshot ofEvent(String payload) {
    int line = payload.indexOf('\n');
    String[] words = payload.substring(0, line).split(" ", 8);
    long time = Long.parseLong(words[1]);
    long expire = Long.parseLong(words[4]);
    return new LockSnapshot(
        change(words[0]),
        words[7],
        Long.parseLong(words[2]),
        Long.parseLong(words[6]),
        words[3].equals("s"),
        expire > 0,
        Long.parseLong(words[5]),
        expire,
        payload.substring(line + 1),
        expire > 0 ? Math.max(1, expire - time / 1_000) : 0,
        time);
  }

  /** Reads the answer of locks/watch.lua. */
  static LockSnapshot ofState(Reply reply) {
    String state = reply.text();
    long time = reply.integer();
    long fence = reply.integer();
    boolean shared = reply.flag();
    long expire = reply.integer();
    long readers = reply.integer();
    long nextEnd = reply.integer();
    boolean held = state.equals("held");
    return new LockSnapshot(
        state.equals("lapsed") ? Change.CHANGE_EXPIRED : Change.CHANGE_UNSPECIFIED,
        reply.text(),
        fence,
        fence,
        shared,
        held,
        readers,
        held ? expire : 0,
        "",
        nextEnd,
        time);
  }

  /** The same as a state to which no change is known. */
  LockSnapshot asState() {
    return new LockSnapshot(
        Change.CHANGE_UNSPECIFIED,
        held ? holder : "",
        newestFence,
        newestFence,
        held && shared,
        held,
        readers,
        expireMillis,
        "",
        nextEndMillis,
        timeMicros);
  }

  /** Whether the lock stands as in another snapshot of it, the time of its end aside. */
  boolean standsAs(LockSnapshot other) {
    return held == other.held
        && readers == other.readers
        && (held ? newestFence == other.newestFence : newestFence <= other.newestFence);
  }

  /** Whether a later snapshot has told this already: nobody tells that a lease ran out at once. */
  boolean isToldBy(LockSnapshot later) {
    return change == Change.CHANGE_EXPIRED
        && standsAs(later)
        && (later.change != Change.CHANGE_EXPIRED || fence == later.fence);
  }

  private static Change change(String word) {
    return switch (word) {
      case "acquired" -> Change.CHANGE_ACQUIRED;
      case "released" -> Change.CHANGE_RELEASED;
      case "expired" -> Change.CHANGE_EXPIRED;
      case "revoked" -> Change.CHANGE_REVOKED;
      default -> Change.CHANGE_UNSPECIFIED;
    };
  }
}
