// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads how locks stand. */
final class LockStates {
  private static final LuaScript GET = LuaScript.load("locks/get");
  private static final int TOLD_AT_MOST = 100;

  private final LockStore locks;

  LockStates(LockStore locks) {
    this.locks = locks;
  }

  /** Somebody who holds a lock. */
  record Holder(String label, long fence, long sinceMillis, long expireMillis) {}

  /** Somebody who waits for one. */
  record Queued(String label, boolean shared, long sinceMicros) {}

  /**
   * State of a lock.
   *
   * @param fence the newest one known
   * @param expireMillis end of the last lease
   * @param holders those whose leases end last, the last one first
   * @param first those who are served first
   */
  record State(
      String name,
      boolean held,
      boolean shared,
      long fence,
      long expireMillis,
      long readers,
      long waiters,
      List<Holder> holders,
      List<Queued> first) {

    boolean isInUse() {
      return held || waiters > 0;
    }
  }

  /** Some locks in use, and where the next page begins if there is one. */
  record Page(List<State> locks, String nextPageToken) {}

  CompletionStage<State> get(RequestContext scope, String name) {
    return read(scope, name, TOLD_AT_MOST, TOLD_AT_MOST);
  }

  /** Finds the locks in use whose names begin with a prefix. */
  CompletionStage<Page> list(RequestContext scope, String prefix, int size, String pageToken) {
    return locks
        .names()
        .list(scope, prefix, size, pageToken)
        .thenCompose(
            page ->
                readAll(scope, page.names())
                    .thenApply(states -> new Page(states, page.nextPageToken())));
  }

  private CompletionStage<List<State>> readAll(RequestContext scope, List<String> names) {
    CompletionStage<List<State>> all = CompletableFuture.completedFuture(new ArrayList<>());
    for (String name : names) {
      all =
          all.thenCombine(
              read(scope, name, 1, 0),
              (states, state) -> {
                if (state.isInUse()) {
                  states.add(state);
                }
                return states;
              });
    }
    return all;
  }

  private CompletionStage<State> read(RequestContext scope, String name, int holders, int waiters) {
    return locks
        .scripts()
        .run(GET, scope, locks.keys(scope, name), holders, waiters)
        .thenApply(reply -> state(name, reply));
  }

  private static State state(String name, Reply reply) {
    boolean held = reply.flag();
    boolean shared = reply.flag();
    long fence = reply.integer();
    long expire = reply.integer();
    long readers = reply.integer();
    long waiters = reply.integer();
    long shown = reply.integer();
    List<Holder> holders = new ArrayList<>();
    while (holders.size() < shown) {
      holders.add(new Holder(reply.text(), reply.integer(), reply.integer(), reply.integer()));
    }
    List<Queued> first = new ArrayList<>();
    while (reply.hasMore()) {
      first.add(new Queued(reply.text(), reply.flag(), reply.integer()));
    }
    return new State(name, held, shared, fence, expire, readers, waiters, holders, first);
  }
}
