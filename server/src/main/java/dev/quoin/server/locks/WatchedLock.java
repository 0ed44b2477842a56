// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.locks.v1.WatchResponse.Change;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.watch.Look;
import dev.quoin.server.watch.Watched;
import java.util.concurrent.CompletionStage;

/**
 * A lock that is watched. Changes arrive as hints, with the whole state in them. Loading it asks
 * for further hints, and shows what nobody hints: that a lease ran out.
 *
 * @param scope whose lock
 */
record WatchedLock(LockStore locks, RequestContext scope, LockKeys keys)
    implements Watched<WatchedLock.View> {
  private static final LuaScript WATCH = LuaScript.load("locks/watch");
  private static final long RETRY_MILLIS = 200;

  /**
   * What is known of the lock.
   *
   * @param number counts what callers are told
   * @param unexplained whether the lock stands otherwise by now, and the hint that says why has not
   *     come yet
   */
  record View(LockSnapshot snapshot, long number, boolean unexplained) {

    /** When the lock has to be loaded again, in milliseconds; negative for never. */
    long changesInMillis() {
      if (unexplained) {
        return RETRY_MILLIS;
      }
      return snapshot.nextEndMillis() > 0 ? snapshot.nextEndMillis() : -1;
    }

    private Look<View> told(LockSnapshot next) {
      return Look.at(new View(next, number + 1, false));
    }
  }

  @Override
  public String channel() {
    return keys.events();
  }

  @Override
  public CompletionStage<Look<View>> load(View known) {
    return locks
        .scripts()
        .run(WATCH, scope, keys.all())
        .thenApply(reply -> Look.at(new View(LockSnapshot.ofState(reply), 0, false)));
  }

  @Override
  public Look<View> hinted(String payload, View known) {
    LockSnapshot snapshot = LockSnapshot.ofEvent(payload);
    if (snapshot.timeMicros() < known.snapshot().timeMicros()) {
      return Look.nothing();
    }
    return snapshot.isToldBy(known.snapshot())
        ? Look.at(new View(known.snapshot(), known.number(), false))
        : known.told(snapshot);
  }

  @Override
  public Look<View> merge(View known, Look<View> loaded, boolean hinted) {
    LockSnapshot now = loaded.state().snapshot();
    if (known == null) {
      return Look.at(new View(now.asState(), 0, false));
    }
    if (hinted) {
      return Look.nothing();
    }
    LockSnapshot before = known.snapshot();
    if (now.standsAs(before)) {
      return Look.at(new View(now, known.number(), false));
    }
    if (before.held()
        && before.newestFence() == now.newestFence()
        && now.change() == Change.CHANGE_EXPIRED) {
      return known.told(now);
    }
    return known.unexplained()
        ? known.told(now.asState())
        : Look.at(new View(before, known.number(), true));
  }
}
