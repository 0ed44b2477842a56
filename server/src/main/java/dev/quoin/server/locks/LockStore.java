// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.names.NamesInUse;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Outcomes;
import dev.quoin.server.redis.Persistent;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Grant;
import dev.quoin.server.waiting.Lines;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Waiter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Takes, keeps and gives back locks in Redis. */
final class LockStore {
  private static final LuaScript ACQUIRE = LuaScript.load("locks/acquire");
  private static final LuaScript TAKE = LuaScript.load("locks/take");
  private static final LuaScript LEAVE = LuaScript.load("locks/leave");
  private static final LuaScript REMEMBER = LuaScript.load("locks/remember");
  private static final LuaScript RENEW = LuaScript.load("locks/renew");
  private static final LuaScript RELEASE = LuaScript.load("locks/release");
  private static final LuaScript RELEASE_REQUEST = LuaScript.load("locks/release_request");

  /** The answer of ACQUIRE that TAKE has to do it. */
  private static final int TAKES_MORE = 2;

  private static final String ANY = "";
  private static final String SAME = "";

  /** How long Redis remembers a line that nobody looks after. */
  private static final long LINE_MEMORY_MILLIS = 60_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Lines lines;
  private final NamesInUse names;
  private final ForcedReleases forced;
  private final LockHandover handover;

  LockStore(Scripts scripts, Keyspace keyspace, Lines lines, NamesInUse names) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.lines = lines;
    this.names = names;
    this.handover = new LockHandover(scripts);
    this.forced = new ForcedReleases(scripts, handover);
  }

  Scripts scripts() {
    return scripts;
  }

  Keyspace keyspace() {
    return keyspace;
  }

  LockKeys keys(Scope scope, String name) {
    return LockKeys.of(keyspace, scope.namespace(), name);
  }

  LockKeys keys(Demand demand) {
    return keys(demand.scope(), demand.name());
  }

  ForcedReleases forced() {
    return forced;
  }

  /** The names of locks that may be in use. */
  NamesInUse names() {
    return names;
  }

  /** Sees to it that the lock of a demand is listed. */
  void noteUse(Demand demand) {
    names.note(demand.scope(), demand.name(), demand.token(), demand.leaseMillis());
  }

  /** Takes the lock if it is free. */
  CompletionStage<Standing> acquire(Demand demand) {
    noteUse(demand);
    if (demand.isShared() || !demand.terms().requestId().isEmpty()) {
      return take(demand);
    }
    CompletableFuture<Reply> answer =
        scripts.run(
            ACQUIRE,
            demand.scope(),
            keys(demand).free(),
            late(demand),
            demand.token(),
            demand.leaseMillis(),
            demand.terms().holder());
    return orGiveBack(demand, answer)
        .thenCompose(
            reply -> {
              if (reply.integer(0) == TAKES_MORE) {
                return take(demand);
              }
              return CompletableFuture.completedFuture(
                  reply.flag(0)
                      ? Standing.granted(
                          new Grant(demand.token(), reply.integer(1), reply.integer(2)))
                      : standing(reply));
            });
  }

  private CompletionStage<Standing> take(Demand demand) {
    CompletableFuture<Reply> answer =
        scripts.run(
            TAKE,
            demand.scope(),
            keys(demand).withRequest(demand.terms().requestId()),
            late(demand),
            demand.token(),
            demand.leaseMillis(),
            demand.requestWord(),
            demand.terms().holder(),
            demand.body());
    return orGiveBack(demand, answer).thenApply(reply -> handedOver(demand, reply));
  }

  /** Gives back what may be granted although nobody is told of it. */
  private CompletableFuture<Reply> orGiveBack(Demand demand, CompletableFuture<Reply> answer) {
    return answer.whenComplete(
        (reply, failure) -> {
          if (failure != null && Outcomes.isUnknown(failure)) {
            giveBack(demand);
          }
        });
  }

  /** Whether somebody of this server waits for the lock already. */
  boolean isAwaitedHere(Demand demand) {
    return lines.isOpen(new LockLine(this, lines.server(), demand));
  }

  /**
   * Takes the lock or stands in line for it.
   *
   * @param places told the place in line when it is known to have changed
   */
  Waiter join(Demand demand, LongConsumer places) {
    noteUse(demand);
    return lines.join(
        new LockLine(this, lines.server(), demand), new LockTurn(this, demand, lines, places));
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

  CompletionStage<Standing> leave(Demand demand, boolean keep) {
    if (!keep) {
      names.end(demand.token());
    }
    return scripts
        .run(
            LEAVE,
            demand.scope().detached(),
            keys(demand).withRequest(demand.terms().requestId()),
            demand.text(lines.server()),
            demand.token(),
            demand.keeper(),
            keep ? 1 : 0)
        .thenApply(reply -> handedOver(demand, reply));
  }

  /**
   * Notes that the request of a demand was granted while it stood in line.
   *
   * @return the grant that counts: an earlier one when the request has that already
   */
  CompletionStage<Standing> remember(Demand demand, Standing granted) {
    return scripts
        .run(
            REMEMBER,
            demand.scope(),
            keys(demand).withRequest(demand.terms().requestId()),
            demand.token(),
            demand.body())
        .thenApply(reply -> reply.size() == 1 ? granted : standing(reply));
  }

  /** Takes over a grant that the caller has the token of: no other call gives it back by ending. */
  CompletionStage<Grant> resume(Demand demand) {
    return extend(demand.scope(), demand, ANY, demand.keeper());
  }

  /** Renews a grant, unless another call has taken it over. */
  CompletionStage<Grant> renew(Demand demand, Scope scope) {
    return extend(scope, demand, demand.keeper(), SAME);
  }

  /** Renews a grant for whoever has its token. */
  CompletionStage<Grant> renew(Scope scope, String name, String token, long leaseMillis) {
    Demand.Terms terms = new Demand.Terms(leaseMillis, "", "", Demand.Terms.ALONE);
    return extend(scope, new Demand(scope, name, token, token, terms), ANY, SAME);
  }

  /**
   * @param keeper the call that must be one of those that keep the grant
   * @param heir the call that alone keeps it from now on
   */
  private CompletionStage<Grant> extend(Scope scope, Demand demand, String keeper, String heir) {
    names.note(scope, demand.name(), demand.token(), demand.leaseMillis());
    LockKeys keys = keys(scope, demand.name());
    CompletionStage<Grant> renewed =
        scripts
            .run(RENEW, scope, keys.held(), demand.token(), demand.leaseMillis(), keeper, heir)
            .thenApply(reply -> new Grant(demand.token(), reply.integer(0), reply.integer(1)));
    return forced.explain(renewed, scope, keys, demand.token());
  }

  CompletionStage<Reply> release(Scope scope, String name, String token) {
    names.end(token);
    LockKeys keys = keys(scope, name);
    CompletionStage<Reply> released =
        scripts
            .run(RELEASE, scope, keys.all(), token)
            .thenApply(
                reply -> {
                  handover.goOn(scope, keys, reply.flag(0));
                  return reply;
                });
    return forced.explain(released, scope, keys, token);
  }

  /**
   * Gives back what a request was granted and sees to it that it is granted nothing later.
   *
   * @return whether anything was given back
   */
  CompletionStage<Boolean> releaseRequest(Scope scope, String name, String requestId) {
    LockKeys keys = keys(scope, name);
    return scripts
        .run(RELEASE_REQUEST, scope, keys.withRequest(requestId), Demand.word(requestId))
        .thenApply(
            reply -> {
              handover.goOn(scope, keys, reply.flag(1));
              return reply.flag(0);
            });
  }

  /** Granted, or a standing and whether there is more to hand over. */
  private Standing handedOver(Demand demand, Reply reply) {
    handover.goOn(demand.scope(), keys(demand), !reply.flag(0) && reply.flag(4));
    return standing(reply);
  }

  private Consumer<Reply> late(Demand demand) {
    return reply -> {
      if (reply.flag(0)) {
        giveBack(demand);
      }
    };
  }

  /** Granted: token, fence, end of the lease. Else: label, ms left, place. */
  private static Standing standing(Reply reply) {
    return standing(reply, 0);
  }

  /** As told to who has joined the line: with the ticket. */
  static Standing standingInLine(Reply reply) {
    return standing(reply, reply.flag(0) ? 0 : Long.parseLong(reply.text(4)));
  }

  private static Standing standing(Reply reply, long ticket) {
    if (reply.flag(0)) {
      return Standing.granted(new Grant(reply.text(1), reply.integer(2), reply.integer(3)));
    }
    return new Standing(null, reply.text(1), reply.integer(2), reply.integer(3), ticket);
  }
}
