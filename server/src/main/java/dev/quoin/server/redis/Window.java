// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * What one call has under way at Redis when it asks for many things: {@value #SIZE} at once, the
 * rest in their order as these are answered. A call with a thousand keys so takes as much of a
 * connection as {@value #SIZE} calls with one, and leaves room for the calls beside it.
 */
public final class Window {
  private static final int SIZE = 64;

  private final Deque<Runnable> waiting = new ArrayDeque<>();
  private int underWay;
  private boolean draining;

  /** Begins something now or in its turn; brings what it brings. */
  public <T> CompletableFuture<T> run(Supplier<? extends CompletionStage<T>> work) {
    CompletableFuture<T> answer = new CompletableFuture<>();
    synchronized (this) {
      waiting.add(() -> begin(work, answer));
    }
    drain();
    return answer;
  }

  private <T> void begin(Supplier<? extends CompletionStage<T>> work, CompletableFuture<T> answer) {
    CompletionStage<T> begun;
    try {
      begun = work.get();
    } catch (RuntimeException e) {
      begun = CompletableFuture.failedFuture(e);
    }
    begun.whenComplete(
        (value, failure) -> {
          synchronized (this) {
            underWay--;
          }
          if (failure != null) {
            answer.completeExceptionally(failure);
          } else {
            answer.complete(value);
          }
          drain();
        });
  }

  /** In a loop, as what ends at once must not begin the next one within itself. */
  private void drain() {
    synchronized (this) {
      if (draining) {
        return;
      }
      draining = true;
    }
    for (Runnable next = next(); next != null; next = next()) {
      next.run();
    }
  }

  private synchronized Runnable next() {
    if (waiting.isEmpty() || underWay == SIZE) {
      draining = false;
      return null;
    }
    underWay++;
    return waiting.poll();
  }
}
