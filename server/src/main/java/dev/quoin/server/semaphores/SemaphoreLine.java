// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.LineScripts;
import dev.quoin.server.waiting.Waiter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** The line of one semaphore. */
record SemaphoreLine(Scripts scripts, Scope scope, SemaphoreKeys keys, String server)
    implements LineScripts {
  private static final LuaScript TEND = LuaScript.load("semaphores/tend");

  @Override
  public String channel() {
    return keys.hints() + server;
  }

  @Override
  public CompletionStage<Tending> tend(List<Waiter> waiters) {
    Object[] arguments = new Object[waiters.size() + 1];
    arguments[0] = server;
    for (int i = 0; i < waiters.size(); i++) {
      arguments[i + 1] = waiters.get(i).text();
    }
    return scripts
        .run(TEND, scope, SemaphoreStore.inLine(keys), arguments)
        .thenApply(SemaphoreLine::tending);
  }

  private static Tending tending(Reply reply) {
    Map<String, Grant> grants = new HashMap<>();
    List<Long> places = new ArrayList<>(reply.size() / 2);
    for (int i = 1; i < reply.size(); i += 2) {
      places.add(reply.integer(i));
      String hint = reply.text(i + 1);
      if (!hint.isEmpty()) {
        Grant grant = Grant.fromHint(hint);
        grants.put(grant.token(), grant);
      }
    }
    return new Tending(reply.integer(0), grants, places);
  }
}
