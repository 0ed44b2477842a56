// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.waiting.Lines;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Turn;
import java.util.concurrent.CompletionStage;
import java.util.function.LongConsumer;

/** A demand that stands in line. Its scripts are not bound to the deadline of its call. */
final class LockTurn implements Turn {
  private static final LuaScript JOIN = LuaScript.load("locks/join");

  private final LockStore locks;
  private final Demand demand;
  private final String text;
  private final int mostWaiters;
  private final LongConsumer places;

  LockTurn(LockStore locks, Demand demand, Lines lines, LongConsumer places) {
    this.locks = locks;
    this.demand = demand;
    this.text = demand.text(lines.server());
    this.mostWaiters = lines.mostWaiters();
    this.places = places;
  }

  @Override
  public String token() {
    return demand.token();
  }

  @Override
  public String text() {
    return text;
  }

  @Override
  public CompletionStage<Standing> join(long ticket) {
    return locks
        .scripts()
        .run(
            JOIN,
            demand.scope().detached(),
            locks.keys(demand).withRequest(demand.terms().requestId()),
            text,
            demand.body(),
            ticket,
            mostWaiters)
        .thenApply(LockStore::standingInLine);
  }

  @Override
  public CompletionStage<Standing> leave(boolean keep) {
    return keep ? locks.leave(demand, true) : locks.giveBack(demand);
  }

  @Override
  public void moved(long place) {
    places.accept(place);
  }
}
