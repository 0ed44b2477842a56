// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.RetryUntil;
import dev.quoin.server.redis.Scripts;
import java.time.Duration;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Takes back what calls have leased whose answers were lost. Redis is asked for all calls of a
 * queue together, at most once a second: by then most answers that were only late have come.
 */
final class LostCalls {
  private static final LuaScript RECLAIM = LuaScript.load("queues/reclaim");
  private static final String START = "0";
  private static final long PAUSE_MILLIS = 1_000;
  private static final Duration PATIENCE = Duration.ofMinutes(10);
  private static final int MOST_AT_ONCE = 500;

  /** Of one queue; the tasks of any more calls come back when their leases end. */
  private static final int MOST = 10_000;

  private final Scripts scripts;
  private final Map<String, Set<String>> lost = new HashMap<>();

  LostCalls(Scripts scripts) {
    this.scripts = scripts;
  }

  /** It is unknown what a call has leased, or will yet. */
  void add(RequestContext scope, QueueKeys keys, String call) {
    boolean first;
    synchronized (this) {
      Set<String> calls = lost.get(keys.entity());
      first = calls == null;
      if (first) {
        calls = new LinkedHashSet<>();
        lost.put(keys.entity(), calls);
      }
      if (calls.size() < MOST) {
        calls.add(call);
      }
    }
    if (first) {
      reclaimSoon(scope.detached(), keys);
    }
  }

  /** The answer has come after all. */
  synchronized void remove(QueueKeys keys, String call) {
    Set<String> calls = lost.get(keys.entity());
    if (calls != null) {
      calls.remove(call);
    }
  }

  private void reclaimSoon(RequestContext scope, QueueKeys keys) {
    scripts
        .redis()
        .timer()
        .newTimeout(t -> reclaim(scope, keys), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
  }

  private void reclaim(RequestContext scope, QueueKeys keys) {
    Arguments calls = some(keys);
    if (calls != null) {
      reclaim(scope, keys, calls, START);
    }
  }

  /** Some of the calls of a queue; null when there are no more. */
  private synchronized Arguments some(QueueKeys keys) {
    Set<String> calls = lost.get(keys.entity());
    if (calls.isEmpty()) {
      lost.remove(keys.entity());
      return null;
    }
    Arguments some = new Arguments();
    Iterator<String> each = calls.iterator();
    for (int i = 0; i < MOST_AT_ONCE && each.hasNext(); i++) {
      some.add(each.next());
      each.remove();
    }
    return some;
  }

  private void reclaim(RequestContext scope, QueueKeys keys, Arguments calls, String from) {
    Object[] arguments = Arguments.of(from).add(calls.toArray()).toArray();
    RetryUntil.run(
            scripts.redis().timer(),
            PATIENCE,
            () -> scripts.run(RECLAIM, scope, keys.all(), arguments))
        .thenApply(Reply::text)
        .whenComplete(
            (next, failure) -> {
              if (failure == null && !next.equals(START)) {
                reclaim(scope, keys, calls, next);
              } else {
                reclaimSoon(scope, keys);
              }
            });
  }
}
