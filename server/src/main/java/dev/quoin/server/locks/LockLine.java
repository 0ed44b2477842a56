// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.LineScripts;
import dev.quoin.server.waiting.Waiter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The line of one lock. */
final class LockLine implements LineScripts {
  private static final LuaScript TEND = LuaScript.load("locks/tend");

  private final LockStore locks;
  private final String server;
  private final Scope scope;
  private final LockKeys keys;
  private final Demand demand;

  LockLine(LockStore locks, String server, Demand demand) {
    this.locks = locks;
    this.server = server;
    this.scope = demand.scope().detached();
    this.keys = locks.keys(demand);
    this.demand = demand;
  }

  @Override
  public String channel() {
    return keys.hints() + server;
  }

  @Override
  public CompletionStage<Tending> tend(List<Waiter> waiters) {
    locks.noteUse(demand);
    Object[] arguments = new Object[waiters.size() + 1];
    arguments[0] = server;
    for (int i = 0; i < waiters.size(); i++) {
      arguments[i + 1] = waiters.get(i).text();
    }
    return locks
        .scripts()
        .run(TEND, scope, keys.all(), arguments)
        .thenApply(reply -> tending(reply, waiters.size()));
  }

  /** Milliseconds, places of those asked about, then token, fence and end of lease of grants. */
  private static Tending tending(Reply reply, int asked) {
    List<Long> places = new ArrayList<>(asked);
    for (int i = 1; i <= asked; i++) {
      places.add(reply.integer(i));
    }
    Map<String, Grant> grants = new HashMap<>();
    for (int i = asked + 1; i < reply.size(); i += 3) {
      String token = reply.text(i);
      grants.put(token, new Grant(token, reply.integer(i + 1), reply.integer(i + 2)));
    }
    return new Tending(reply.integer(0), grants, places);
  }
}
