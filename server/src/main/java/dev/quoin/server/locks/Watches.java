// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.Scope;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Consumer;

/** The locks that callers of this server watch. */
final class Watches {
  private final LockStore locks;
  private final Map<String, Watching> watched = new HashMap<>();

  Watches(LockStore locks) {
    this.locks = locks;
  }

  /**
   * Somebody who watches.
   *
   * @param seen takes the present state, then every change in order; must not block
   * @param failed told once when the lock cannot be watched
   */
  record Watcher(Consumer<Sight> seen, Consumer<Throwable> failed) {}

  synchronized void add(Scope scope, String name, Watcher watcher) {
    LockKeys keys = locks.keys(scope, name);
    Watching watching =
        watched.computeIfAbsent(
            keys.events(), channel -> new Watching(locks, scope.detached(), keys, this::close));
    watching.add(watcher);
    watching.begin();
  }

  synchronized void remove(Scope scope, String name, Watcher watcher) {
    Watching watching = watched.get(locks.keys(scope, name).events());
    if (watching != null) {
      watching.remove(watcher);
    }
  }

  /** Forgets a lock that nobody watches any more. */
  private synchronized void close(Watching watching) {
    if (watching.isUnwatched() && watched.remove(watching.channel(), watching)) {
      watching.end();
    }
  }
}
