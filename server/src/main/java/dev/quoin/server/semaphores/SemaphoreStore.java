// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.errors.Statuses;
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
import dev.quoin.server.waiting.Revocation;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Waiter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/** Permits in Redis: how they are got, kept and given back. */
final class SemaphoreStore {
  private static final LuaScript ACQUIRE = LuaScript.load("semaphores/acquire");
  private static final LuaScript ACQUIRE_ONCE = LuaScript.load("semaphores/acquire_once");
  private static final LuaScript JOIN = LuaScript.load("semaphores/join");
  private static final LuaScript LEAVE = LuaScript.load("semaphores/leave");
  private static final LuaScript REMEMBER = LuaScript.load("semaphores/remember");
  private static final LuaScript RENEW = LuaScript.load("semaphores/renew");
  private static final LuaScript RELEASE = LuaScript.load("semaphores/release");
  private static final LuaScript RELEASE_REQUEST = LuaScript.load("semaphores/release_request");
  private static final LuaScript SERVE = LuaScript.load("semaphores/serve");
  private static final Duration LONGEST_LEASE = Duration.ofDays(1);

  /** How long a semaphore that nobody configured is remembered after its last lease. */
  private static final Duration USE_MEMORY = Duration.ofDays(1);

  /** How long Redis remembers a line that nobody looks after. */
  private static final Duration LINE_MEMORY = Duration.ofMinutes(1);

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Lines lines;
  private final NamesInUse names;

  SemaphoreStore(Scripts scripts, Keyspace keyspace, Lines lines, NamesInUse names) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.lines = lines;
    this.names = names;
  }

  /** The names of semaphores. */
  NamesInUse names() {
    return names;
  }

  /** Sees to it that the semaphore of a demand is listed for as long as it is remembered. */
  void noteUse(Demand demand) {
    long lease = demand.leaseMillis() == 0 ? LONGEST_LEASE.toMillis() : demand.leaseMillis();
    names.note(demand.scope(), demand.name(), demand.token(), lease + USE_MEMORY.toMillis());
  }

  /** Takes permits if enough are free. */
  CompletionStage<Standing> acquire(Demand demand) {
    SemaphoreKeys keys = keys(demand.scope(), demand.name());
    Consumer<Reply> late = reply -> giveBackLate(demand, reply);
    CompletableFuture<Reply> reply =
        demand.requestId().isEmpty()
            ? scripts.run(
                ACQUIRE,
                demand.scope(),
                inLine(keys),
                late,
                demand.token(),
                demand.permits(),
                demand.leaseMillis(),
                demand.limit(),
                demand.holder())
            : scripts.run(
                ACQUIRE_ONCE,
                demand.scope(),
                inLineAnd(keys, keys.request(demand.requestId())),
                late,
                demand.token(),
                demand.permits(),
                demand.leaseMillis(),
                demand.limit(),
                demand.holder(),
                demand.requestWord());
    return reply
        .whenComplete(
            (answer, failure) -> {
              if (failure != null && Outcomes.isUnknown(failure)) {
                giveBack(demand);
              }
            })
        .thenApply(
            answer -> {
              noteUse(demand);
              return standing(answer, 0);
            });
  }

  /** Whether somebody of this server waits for the semaphore already. */
  boolean isAwaitedHere(Demand demand) {
    return lines.isOpen(line(demand));
  }

  /**
   * Takes permits or stands in line for them.
   *
   * @param places told the place in line when it is known to have changed
   */
  Waiter join(Demand demand, LongConsumer places) {
    return lines.join(
        line(demand), new SemaphoreTurn(this, demand, demand.text(lines.server()), places));
  }

  CompletionStage<Standing> standInLine(Demand demand, String text, long ticket) {
    SemaphoreKeys keys = keys(demand.scope(), demand.name());
    return scripts
        .run(
            JOIN,
            demand.scope().detached(),
            inLineAnd(keys, keys.request(demand.requestId())),
            text,
            ticket,
            demand.limit(),
            lines.mostWaiters())
        .thenApply(
            reply -> {
              noteUse(demand);
              return standing(reply, reply.flag(0) ? 0 : Long.parseLong(reply.text(5)));
            });
  }

  /**
   * Gives back what the demand was granted and leaves the line, however long Redis is away; nothing
   * happens when that has been done already.
   */
  CompletionStage<Standing> giveBack(Demand demand) {
    Duration lease =
        demand.leaseMillis() == 0 ? LONGEST_LEASE : Duration.ofMillis(demand.leaseMillis());
    return Persistent.run(
        scripts.redis().timer(), lease.plus(LINE_MEMORY), () -> leave(demand, false));
  }

  CompletionStage<Standing> leave(Demand demand, boolean keep) {
    Scope scope = demand.scope().detached();
    SemaphoreKeys keys = keys(scope, demand.name());
    return scripts
        .run(
            LEAVE,
            scope,
            inLineAnd(keys, keys.request(demand.requestId())),
            demand.text(lines.server()),
            demand.token(),
            keep ? 1 : 0)
        .thenApply(
            reply -> {
              serve(scope, keys, reply.flag(reply.size() - 1));
              return standing(reply, 0);
            });
  }

  /**
   * Notes that the request of a demand was granted while it stood in line.
   *
   * @return the grant that counts: an earlier one when the request has that already
   */
  CompletionStage<Standing> remember(Demand demand, Standing granted) {
    SemaphoreKeys keys = keys(demand.scope(), demand.name());
    return scripts
        .run(
            REMEMBER,
            demand.scope(),
            inLineAnd(keys, keys.request(demand.requestId())),
            demand.token(),
            demand.permits(),
            demand.leaseMillis(),
            demand.holder())
        .thenApply(reply -> reply.size() == 1 ? granted : standing(reply, 0));
  }

  /** Takes over a grant that the caller has the token of. */
  CompletionStage<Grant> resume(Demand demand) {
    return extend(demand, demand.scope(), "", demand.keeper());
  }

  /** Renews a grant, unless another call has taken it over. */
  CompletionStage<Grant> renew(Demand demand, Scope scope) {
    return extend(demand, scope, demand.keeper(), "");
  }

  /** Renews a grant for whoever has its token; 0 is the default lease. */
  CompletionStage<Grant> renew(Scope scope, String name, String token, long leaseMillis) {
    return extend(new Demand(scope, name, token, "", 0, leaseMillis, 0, "", ""), scope, "", "");
  }

  private CompletionStage<Grant> extend(
      Demand demand, Scope scope, String keeper, String successor) {
    SemaphoreKeys keys = keys(scope, demand.name());
    String revoked = keys.revoked(SemaphoreKeys.idOf(demand.token()));
    CompletionStage<Reply> renewed =
        scripts.run(
            RENEW,
            scope,
            new String[] {keys.state(), keys.holders(), keys.grants(), revoked},
            demand.token(),
            demand.leaseMillis(),
            keeper,
            successor);
    return explained(renewed)
        .thenApply(
            reply -> {
              noteUse(demand);
              return new Grant(demand.token(), reply.integer(0), reply.integer(1));
            });
  }

  CompletionStage<Reply> release(Scope scope, String name, String token) {
    SemaphoreKeys keys = keys(scope, name);
    String revoked = keys.revoked(SemaphoreKeys.idOf(token));
    return explained(scripts.run(RELEASE, scope, inLineAnd(keys, revoked), token))
        .whenComplete((reply, failure) -> serve(scope, keys, failure == null && reply.flag(0)));
  }

  /** Tells by whom and why permits were taken away, which the script says in one word. */
  private static <T> CompletionStage<T> explained(CompletionStage<T> answer) {
    return answer.exceptionallyCompose(
        failure ->
            CompletableFuture.failedFuture(
                Statuses.refusal(failure) instanceof Refusal refusal
                        && refusal.reason() == ErrorReason.ERROR_REASON_SEMAPHORE_REVOKED
                    ? Revocation.of(refusal.getMessage())
                        .refusal(refusal.reason(), "the permits were taken away")
                    : failure));
  }

  /**
   * Gives back what a request was granted and sees to it that it is granted nothing later.
   *
   * @return whether anything was given back
   */
  CompletionStage<Boolean> releaseRequest(Scope scope, String name, String requestId) {
    SemaphoreKeys keys = keys(scope, name);
    return scripts
        .run(RELEASE_REQUEST, scope, inLineAnd(keys, keys.request(requestId)))
        .thenApply(
            reply -> {
              serve(scope, keys, reply.flag(1));
              return reply.flag(0);
            });
  }

  /** Goes on handing over as long as one script does not hand over all there is. */
  void serve(Scope scope, SemaphoreKeys keys, boolean more) {
    if (more) {
      scripts
          .run(SERVE, scope.detached(), inLine(keys))
          .thenAccept(reply -> serve(scope, keys, reply.flag(0)));
    }
  }

  private void giveBackLate(Demand demand, Reply reply) {
    if (reply.flag(0)) {
      giveBack(demand);
    }
  }

  private SemaphoreLine line(Demand demand) {
    Scope scope = demand.scope().detached();
    return new SemaphoreLine(scripts, scope, keys(scope, demand.name()), lines.server());
  }

  SemaphoreKeys keys(Scope scope, String name) {
    return SemaphoreKeys.of(keyspace, scope.namespace(), name);
  }

  static String[] inLine(SemaphoreKeys keys) {
    return new String[] {keys.state(), keys.holders(), keys.grants(), keys.line(), keys.servers()};
  }

  static String[] inLineAnd(SemaphoreKeys keys, String further) {
    return new String[] {
      keys.state(), keys.holders(), keys.grants(), keys.line(), keys.servers(), further
    };
  }

  /**
   * Granted: token, fence, end of the lease, permits in use, limit. Else: permits in use, limit, ms
   * left, place.
   */
  private static Standing standing(Reply reply, long ticket) {
    if (reply.flag(0)) {
      String note = new Usage((int) reply.integer(4), (int) reply.integer(5)).note();
      return Standing.granted(new Grant(reply.text(1), reply.integer(2), reply.integer(3), note));
    }
    String note = new Usage((int) reply.integer(1), (int) reply.integer(2)).note();
    return new Standing(null, note, reply.integer(3), reply.integer(4), ticket);
  }
}
