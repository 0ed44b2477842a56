// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Bounds how much of something large is under way at Redis, so that callers do not wait behind it:
 * of background work, or of a call that asks for a thousand things.
 */
public final class Throttle {
  /** A call with many keys takes as much of a connection as so many with one. */
  private static final int OF_A_CALL = 64;

  private final int most;
  private final Queue<Runnable> waiting = new ArrayDeque<>();
  private int underWay;
  private boolean beginning;

  public Throttle(int most) {
    this.most = most;
  }

  /** For all that one call asks for. */
  public static Throttle ofCall() {
    return new Throttle(OF_A_CALL);
  }

  /** Does something for each of some things; fails when one fails, once all have ended. */
  public <T, R> CompletableFuture<List<R>> each(
      Collection<T> things, Function<T, CompletionStage<R>> action) {
    List<CompletableFuture<R>> done = new ArrayList<>(things.size());
    for (T thing : things) {
      CompletableFuture<R> result = new CompletableFuture<>();
      done.add(result);
      run(() -> begin(thing, action, result));
    }
    return Futures.each(done);
  }

  private <T, R> void begin(
      T thing, Function<T, CompletionStage<R>> action, CompletableFuture<R> result) {
    CompletionStage<R> stage;
    try {
      stage = action.apply(thing);
    } catch (RuntimeException e) {
      stage = CompletableFuture.failedStage(e);
    }
    stage.whenComplete(
        (value, failure) -> {
          end();
          if (failure == null) {
            result.complete(value);
          } else {
            result.completeExceptionally(failure);
          }
        });
  }

  /**
   * Does something once there is room; returns false when too many wait for that.
   *
   * @param mostWaiting how many may wait
   */
  public boolean offer(int mostWaiting, Supplier<CompletionStage<?>> action) {
    synchronized (this) {
      if (waiting.size() >= mostWaiting) {
        return false;
      }
    }
    run(
        () ->
            begin(
                action,
                supplier -> supplier.get().thenApply(done -> null),
                new CompletableFuture<>()));
    return true;
  }

  private void run(Runnable begin) {
    synchronized (this) {
      waiting.add(begin);
    }
    beginNext();
  }

  private void end() {
    synchronized (this) {
      underWay--;
    }
    beginNext();
  }

  /**
   * Begins what there is room for. While Redis is away things end as they begin: then the one who
   * begins them goes on with the next, so that no stack grows.
   */
  private void beginNext() {
    synchronized (this) {
      if (beginning) {
        return;
      }
      beginning = true;
    }
    while (true) {
      Runnable next;
      synchronized (this) {
        next = underWay < most ? waiting.poll() : null;
        if (next == null) {
          beginning = false;
          return;
        }
        underWay++;
      }
      next.run();
    }
  }
}
