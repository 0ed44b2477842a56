// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import io.netty.util.Timer;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Ends waits for Redis that all may take equally long. They stand in a queue in the order in which
 * they began, so that to begin and to end one costs less than a timeout of a timer does.
 */
final class CommandTimeouts {
  private static final long LOOK_MILLIS = 50;

  private final Timer timer;
  private final long millis;
  private final Queue<Wait> waits = new ConcurrentLinkedQueue<>();
  private volatile boolean ended;

  private record Wait(CompletableFuture<?> answer, long endNanos) {
    boolean isOver(long nanos) {
      return answer.isDone() || nanos - endNanos >= 0;
    }
  }

  CommandTimeouts(Timer timer, long millis) {
    this.timer = timer;
    this.millis = millis;
    look();
  }

  long millis() {
    return millis;
  }

  /** Fails an answer that does not come in time, at most {@value #LOOK_MILLIS} ms later. */
  void limit(CompletableFuture<?> answer) {
    Wait oldest = waits.peek();
    while (oldest != null && oldest.answer.isDone()) {
      waits.remove(oldest);
      oldest = waits.peek();
    }
    waits.add(new Wait(answer, System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis)));
  }

  void end() {
    ended = true;
  }

  static ApiException exhausted(long millis) {
    return ApiException.storeUnavailable("Redis did not answer within " + millis + " ms");
  }

  /** For a caller who did not wait as long as one should. */
  static ApiException pastDeadline() {
    return new ApiException(
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "the deadline of the call came before the answer of Redis");
  }

  private void look() {
    long now = System.nanoTime();
    Wait oldest = waits.peek();
    while (oldest != null && oldest.isOver(now)) {
      waits.remove(oldest);
      oldest.answer.completeExceptionally(exhausted(millis));
      oldest = waits.peek();
    }
    if (!ended) {
      timer.newTimeout(t -> look(), LOOK_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
