// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;

/** Hands a lock over to more waiters than one script does. */
record LockHandover(Scripts scripts) {
  private static final LuaScript SERVE = LuaScript.load("locks/serve");

  /** Goes on as long as there is more; those who wait are not held up for long when this fails. */
  void goOn(Scope scope, LockKeys keys, boolean more) {
    if (more) {
      Scope detached = scope.detached();
      scripts
          .run(SERVE, detached, keys.all())
          .thenAccept(reply -> goOn(detached, keys, reply.flag(0)));
    }
  }
}
