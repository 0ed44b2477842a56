// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.errors.Statuses;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Revocation;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Takes locks from their holders, and tells those why they do not hold them any more. */
final class ForcedReleases {
  private static final LuaScript FORCE = LuaScript.load("locks/force");

  private final Scripts scripts;
  private final LockHandover handover;

  ForcedReleases(Scripts scripts, LockHandover handover) {
    this.scripts = scripts;
    this.handover = handover;
  }

  /**
   * What a forced release did.
   *
   * @param released whether anything was released
   * @param readers how many readers it was taken from
   */
  record Outcome(boolean released, String holder, long fence, long readers) {}

  /**
   * Takes the lock from whoever holds it.
   *
   * @param fence the newest fence, or 0 for any
   */
  CompletionStage<Outcome> force(Scope scope, LockKeys keys, Revocation why, long fence) {
    return scripts
        .run(FORCE, scope, keys.withForced(), why.word(), fence)
        .thenApply(
            reply -> {
              handover.goOn(scope, keys, reply.flag(0));
              return reply.flag(0)
                  ? new Outcome(true, reply.text(1), reply.integer(2), reply.integer(3))
                  : new Outcome(false, "", 0, 0);
            });
  }

  /** Makes LOCK_NOT_HELD a LOCK_FORCED when that is why a token does not hold the lock. */
  <T> CompletionStage<T> explain(
      CompletionStage<T> answer, Scope scope, LockKeys keys, String token) {
    return answer.exceptionallyCompose(
        failure ->
            is(failure, ErrorReason.ERROR_REASON_LOCK_NOT_HELD)
                ? memory(scope, keys, token)
                    .thenCompose(told -> CompletableFuture.failedFuture(refusal(told, failure)))
                : CompletableFuture.failedFuture(failure));
  }

  static boolean is(Throwable failure, ErrorReason reason) {
    return Statuses.refusal(failure) instanceof Refusal refusal && refusal.reason() == reason;
  }

  /**
   * How long a forced release is remembered, a space, by whom and why; null when the lock was not
   * forced from its holder.
   */
  private CompletionStage<byte[]> memory(Scope scope, LockKeys keys, String token) {
    return scripts.redis().call(scope, commands -> commands.hget(keys.forced(), token), late -> {});
  }

  private static Throwable refusal(byte[] memory, Throwable notHeld) {
    if (memory == null) {
      return notHeld;
    }
    String word = new String(memory, StandardCharsets.UTF_8).split(" ", 2)[1];
    return Revocation.of(word)
        .refusal(
            ErrorReason.ERROR_REASON_LOCK_FORCED, "the lock was taken from this token by force");
  }
}
