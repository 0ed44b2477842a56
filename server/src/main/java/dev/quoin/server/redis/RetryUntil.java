// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.server.errors.ErrorMapper;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Does again what must be done even when Redis is away for a while. */
public final class RetryUntil {
  private static final long PAUSE_MILLIS = 200;

  private RetryUntil() {}

  /**
   * Runs something that does no harm when it is done twice, until Redis answers or the time is
   * over.
   */
  public static <T> CompletionStage<T> run(
      Timer timer, Duration limit, Supplier<CompletionStage<T>> action) {
    CompletableFuture<T> done = new CompletableFuture<>();
    attempt(timer, System.nanoTime() + limit.toNanos(), action, done);
    return done;
  }

  private static <T> void attempt(
      Timer timer, long end, Supplier<CompletionStage<T>> action, CompletableFuture<T> done) {
    action
        .get()
        .whenComplete(
            (value, failure) -> {
              if (failure == null) {
                done.complete(value);
              } else if (ErrorMapper.isStoreAway(failure) && System.nanoTime() - end < 0) {
                timer.newTimeout(
                    t -> attempt(timer, end, action, done), PAUSE_MILLIS, TimeUnit.MILLISECONDS);
              } else {
                done.completeExceptionally(failure);
              }
            });
  }
}
