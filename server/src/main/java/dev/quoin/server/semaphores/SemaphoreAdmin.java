// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Revocation;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Semaphores in Redis: how they are set up, looked at and taken away. */
final class SemaphoreAdmin {
  private static final LuaScript CONFIGURE = LuaScript.load("semaphores/configure");
  private static final LuaScript DELETE = LuaScript.load("semaphores/delete");
  private static final LuaScript GET = LuaScript.load("semaphores/get");
  private static final LuaScript REVOKE = LuaScript.load("semaphores/revoke");

  private final Scripts scripts;
  private final SemaphoreStore semaphores;

  SemaphoreAdmin(Scripts scripts, SemaphoreStore semaphores) {
    this.scripts = scripts;
    this.semaphores = semaphores;
  }

  /**
   * A semaphore and some of its holders.
   *
   * @param configured whether it is kept for ever
   * @param next position of the next page of holders, empty when there is none
   */
  record State(
      int limit,
      long defaultLeaseMillis,
      boolean configured,
      int inUse,
      long holderCount,
      long waiters,
      long fence,
      List<Holder> holders,
      String next) {}

  /** Somebody who holds permits. */
  record Holder(
      String id, int permits, long expireMillis, long sinceMillis, long fence, String label) {

    /** Permits, end of the lease, time of the grant, fence, keepers, token, request, label. */
    static Holder of(String record) {
      String[] words = record.split(" ", 8);
      return new Holder(
          SemaphoreKeys.idOf(words[5]),
          Integer.parseInt(words[0]),
          Long.parseLong(words[1]),
          Long.parseLong(words[2]),
          Long.parseLong(words[3]),
          words[7]);
    }
  }

  /** Sets the limit; tells how many permits are in use. */
  CompletionStage<Integer> configure(Scope scope, String name, int limit, long leaseMillis) {
    SemaphoreKeys keys = semaphores.keys(scope, name);
    return scripts
        .run(CONFIGURE, scope, SemaphoreStore.inLine(keys), limit, leaseMillis)
        .thenApply(reply -> served(scope, keys, reply))
        .thenCompose(inUse -> semaphores.names().keep(scope, name).thenApply(kept -> inUse));
  }

  CompletionStage<Void> delete(Scope scope, String name) {
    SemaphoreKeys keys = semaphores.keys(scope, name);
    return scripts
        .run(DELETE, scope, new String[] {keys.state(), keys.holders(), keys.grants(), keys.line()})
        .thenCompose(deleted -> semaphores.names().forget(scope, name));
  }

  /**
   * Tells about a semaphore and a page of its holders by the end of their lease.
   *
   * @param size how many holders at most
   * @param position of the page, empty for the first one
   */
  CompletionStage<State> get(Scope scope, String name, int size, String position) {
    SemaphoreKeys keys = semaphores.keys(scope, name);
    // The end of the lease of the last holder of the page before, as it was told, and its id.
    String[] after = position.isEmpty() ? new String[] {"0", ""} : position.split(" ", 2);
    return scripts
        .run(
            GET,
            scope,
            new String[] {keys.state(), keys.holders(), keys.grants(), keys.line()},
            size == 0 ? 0 : size + 1,
            after[1],
            after[0])
        .thenApply(reply -> state(reply, size));
  }

  /** Takes the permits of a holder away; tells how many there were. */
  CompletionStage<Integer> revoke(Scope scope, String name, String id, Revocation why) {
    SemaphoreKeys keys = semaphores.keys(scope, name);
    return scripts
        .run(REVOKE, scope, SemaphoreStore.inLineAnd(keys, keys.revoked(id)), id, why.word())
        .thenApply(reply -> served(scope, keys, reply));
  }

  private int served(Scope scope, SemaphoreKeys keys, Reply reply) {
    semaphores.serve(scope, keys, reply.flag(1));
    return (int) reply.integer(0);
  }

  private static State state(Reply reply, int size) {
    List<Holder> holders = new ArrayList<>();
    for (int i = 7; i < Math.min(reply.size(), 7 + size); i++) {
      holders.add(Holder.of(reply.text(i)));
    }
    Holder last = size > 0 && reply.size() > 7 + size ? holders.get(size - 1) : null;
    return new State(
        (int) reply.integer(0),
        reply.integer(1),
        reply.text(2).equals("c"),
        (int) reply.integer(3),
        reply.integer(4),
        reply.integer(5),
        reply.integer(6),
        holders,
        last == null ? "" : last.expireMillis() + " " + last.id());
  }
}
