// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Persistent;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.LineScripts;
import dev.quoin.server.waiting.Lines;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Turn;
import dev.quoin.server.waiting.Waiter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Locks in Redis. */
final class LockStore {
  private static final LuaScript ACQUIRE = LuaScript.load("locks/acquire");
  private static final LuaScript ACQUIRE_ONCE = LuaScript.load("locks/acquire_once");
  private static final LuaScript JOIN = LuaScript.load("locks/join");
  private static final LuaScript LEAVE = LuaScript.load("locks/leave");
  private static final LuaScript TEND = LuaScript.load("locks/tend");
  private static final LuaScript REMEMBER = LuaScript.load("locks/remember");
  private static final LuaScript RESUME = LuaScript.load("locks/resume");
  private static final LuaScript RENEW = LuaScript.load("locks/renew");
  private static final LuaScript RELEASE = LuaScript.load("locks/release");
  private static final LuaScript GET = LuaScript.load("locks/get");
  private static final int LINE_LIMIT = 200_000;

  /** How long Redis remembers a line that nobody looks after. */
  private static final long LINE_MEMORY_MILLIS = 60_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Lines lines;

  LockStore(Scripts scripts, Keyspace keyspace, Lines lines) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.lines = lines;
  }

  /**
   * State of a lock.
   *
   * @param fence of the holder or, when free, the last one known
   */
  record State(
      boolean held, long fence, long waiters, String holder, long sinceMillis, long expireMillis) {}

  /** Takes the lock if it is free. */
  CompletionStage<Standing> acquire(Demand demand) {
    LockKeys keys = keys(demand.scope(), demand.name());
    Consumer<Reply> late = reply -> giveBackLate(demand, reply);
    CompletionStage<Reply> reply =
        demand.requestId().isEmpty()
            ? scripts.run(
                ACQUIRE,
                demand.scope(),
                inLine(keys),
                late,
                demand.token(),
                demand.leaseMillis(),
                demand.holder())
            : scripts.run(
                ACQUIRE_ONCE,
                demand.scope(),
                withRequest(keys, demand),
                late,
                demand.token(),
                demand.leaseMillis(),
                demand.holder(),
                demand.requestWord());
    return reply.thenApply(LockStore::standing);
  }

  /** Whether somebody of this server waits for the lock already. */
  boolean isAwaitedHere(Demand demand) {
    return lines.isOpen(new LockLine(demand));
  }

  /**
   * Takes the lock or stands in line for it.
   *
   * @param places told the place in line when it is known to have changed
   */
  Waiter join(Demand demand, LongConsumer places) {
    return lines.join(new LockLine(demand), new LockTurn(demand, places));
  }

  /**
   * Gives back what the demand was granted and leaves the line, however long Redis is away; nothing
   * happens when that has been done already.
   */
  CompletionStage<Standing> giveBack(Demand demand) {
    long patience = demand.leaseMillis() + LINE_MEMORY_MILLIS;
    return Persistent.run(
        scripts.redis().timer(), Duration.ofMillis(patience), () -> leave(demand, false));
  }

  /** Notes that the request of a demand was granted while it stood in line. */
  CompletionStage<Reply> remember(Demand demand) {
    LockKeys keys = keys(demand.scope(), demand.name());
    return scripts.run(
        REMEMBER,
        demand.scope(),
        withRequest(keys, demand),
        demand.token(),
        demand.leaseMillis(),
        demand.holder());
  }

  /** Takes over a grant that the caller has the token of. */
  CompletionStage<Grant> resume(Demand demand) {
    return extend(RESUME, demand, demand.scope());
  }

  /** Renews a grant, unless another call has taken it over. */
  CompletionStage<Grant> renew(Demand demand, Scope scope) {
    return extend(RENEW, demand, scope);
  }

  /** Renews a grant for whoever has its token. */
  CompletionStage<Grant> renew(Scope scope, String name, String token, long leaseMillis) {
    return extend(RENEW, new Demand(scope, name, token, "", leaseMillis, "", ""), scope);
  }

  private CompletionStage<Grant> extend(LuaScript script, Demand demand, Scope scope) {
    LockKeys keys = keys(scope, demand.name());
    return scripts
        .run(
            script,
            scope,
            new String[] {keys.owner()},
            demand.token(),
            demand.leaseMillis(),
            demand.keeper())
        .thenApply(reply -> new Grant(demand.token(), reply.integer(0), reply.integer(1)));
  }

  CompletionStage<Reply> release(Scope scope, String name, String token) {
    LockKeys keys = keys(scope, name);
    return scripts.run(RELEASE, scope, inLine(keys), token);
  }

  CompletionStage<State> get(Scope scope, String name) {
    LockKeys keys = keys(scope, name);
    return scripts
        .run(GET, scope, new String[] {keys.owner(), keys.line()})
        .thenApply(
            reply ->
                reply.flag(0)
                    ? new State(
                        true,
                        reply.integer(1),
                        reply.integer(2),
                        reply.text(3),
                        reply.integer(4),
                        reply.integer(5))
                    : new State(false, reply.integer(1), reply.integer(2), "", 0, 0));
  }

  private CompletionStage<Standing> leave(Demand demand, boolean keep) {
    LockKeys keys = keys(demand.scope(), demand.name());
    return scripts
        .run(
            LEAVE,
            demand.scope().detached(),
            withRequest(keys, demand),
            demand.text(lines.server()),
            keep ? 1 : 0)
        .thenApply(LockStore::standing);
  }

  private void giveBackLate(Demand demand, Reply reply) {
    if (reply.flag(0)) {
      giveBack(demand);
    }
  }

  private LockKeys keys(Scope scope, String name) {
    return LockKeys.of(keyspace, scope.namespace(), name);
  }

  private static String[] inLine(LockKeys keys) {
    return new String[] {keys.owner(), keys.line(), keys.servers()};
  }

  private static String[] withRequest(LockKeys keys, Demand demand) {
    return new String[] {
      keys.owner(), keys.line(), keys.servers(), keys.request(demand.requestId())
    };
  }

  /** Granted: token, fence, end of the lease. Else: label, ms left, place, ticket if in line. */
  private static Standing standing(Reply reply) {
    if (reply.flag(0)) {
      return Standing.granted(new Grant(reply.text(1), reply.integer(2), reply.integer(3)));
    }
    long ticket = reply.size() > 4 ? Long.parseLong(reply.text(4)) : 0;
    return new Standing(null, reply.text(1), reply.integer(2), reply.integer(3), ticket);
  }

  /** The line of one lock. */
  private final class LockLine implements LineScripts {
    private final Scope scope;
    private final LockKeys keys;

    LockLine(Demand demand) {
      this.scope = demand.scope().detached();
      this.keys = LockStore.this.keys(scope, demand.name());
    }

    @Override
    public String channel() {
      return keys.hints() + lines.server();
    }

    @Override
    public CompletionStage<Tending> tend(List<Waiter> waiters) {
      Object[] arguments = new Object[waiters.size() + 1];
      arguments[0] = lines.server();
      for (int i = 0; i < waiters.size(); i++) {
        arguments[i + 1] = waiters.get(i).text();
      }
      return scripts.run(TEND, scope, inLine(keys), arguments).thenApply(LockStore::tending);
    }
  }

  private static LineScripts.Tending tending(Reply reply) {
    String token = reply.text(1);
    Map<String, Grant> grants =
        token.isEmpty()
            ? Map.of()
            : Map.of(token, new Grant(token, reply.integer(2), reply.integer(3)));
    List<Long> places = new ArrayList<>(reply.size() - 4);
    for (int i = 4; i < reply.size(); i++) {
      places.add(reply.integer(i));
    }
    return new LineScripts.Tending(reply.integer(0), grants, places);
  }

  /** A demand that stands in line. Its scripts are not bound to the deadline of its call. */
  private final class LockTurn implements Turn {
    private final Demand demand;
    private final LockKeys keys;
    private final String text;
    private final LongConsumer places;

    LockTurn(Demand demand, LongConsumer places) {
      this.demand = demand;
      this.keys = LockStore.this.keys(demand.scope(), demand.name());
      this.text = demand.text(lines.server());
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
      return scripts
          .run(JOIN, demand.scope().detached(), withRequest(keys, demand), text, ticket, LINE_LIMIT)
          .thenApply(LockStore::standing);
    }

    @Override
    public CompletionStage<Standing> leave(boolean keep) {
      return keep ? LockStore.this.leave(demand, true) : giveBack(demand);
    }

    @Override
    public void moved(long place) {
      places.accept(place);
    }
  }
}
