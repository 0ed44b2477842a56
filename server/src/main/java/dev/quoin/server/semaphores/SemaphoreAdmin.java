// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
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

  SemaphoreAdmin(SemaphoreStore semaphores) {
    this.scripts = semaphores.scripts();
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
  CompletionStage<Integer> configure(
      RequestContext scope, String name, int limit, long leaseMillis) {
    return scripts
        .run(CONFIGURE, scope, semaphores.keys(scope, name), limit, leaseMillis)
        .thenApply(reply -> handedOver(scope, name, reply))
        .thenCompose(inUse -> semaphores.names().keep(scope, name).thenApply(kept -> inUse));
  }

  CompletionStage<Void> delete(RequestContext scope, String name) {
    return scripts
        .run(DELETE, scope, semaphores.keys(scope, name))
        .thenCompose(deleted -> semaphores.names().forget(scope, name));
  }

  /**
   * Tells about a semaphore and a page of its holders by the end of their lease.
   *
   * @param size how many holders at most
   * @param position of the page, empty for the first one
   */
  CompletionStage<State> get(RequestContext scope, String name, int size, String position) {
    // The end of the lease of the last holder of the page before, as it was told, and its id.
    String[] after = position.isEmpty() ? new String[] {"0", ""} : position.split(" ", 2);
    return scripts
        .run(GET, scope, semaphores.keys(scope, name), size == 0 ? 0 : size + 1, after[1], after[0])
        .thenApply(reply -> state(reply, size));
  }

  /** Takes the permits of a holder away; tells how many there were. */
  CompletionStage<Integer> revoke(RequestContext scope, String name, String id, Revocation why) {
    return scripts
        .run(REVOKE, scope, semaphores.keyset(scope, name).withRevoked(id), id, why.word())
        .thenApply(reply -> handedOver(scope, name, reply));
  }

  private int handedOver(RequestContext scope, String name, Reply reply) {
    int permits = reply.count();
    semaphores.leases().handOver(scope, name, reply.flag());
    return permits;
  }

  private static State state(Reply reply, int size) {
    int limit = reply.count();
    long lease = reply.integer();
    boolean configured = reply.flag();
    int inUse = reply.count();
    long holderCount = reply.integer();
    long waiters = reply.integer();
    long fence = reply.integer();
    List<Holder> holders = new ArrayList<>();
    while (reply.hasMore() && holders.size() < size) {
      holders.add(Holder.of(reply.text()));
    }
    Holder last = reply.hasMore() ? holders.get(size - 1) : null;
    String next = last == null ? "" : last.expireMillis() + " " + last.id();
    return new State(limit, lease, configured, inUse, holderCount, waiters, fence, holders, next);
  }
}
