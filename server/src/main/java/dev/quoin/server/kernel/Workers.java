// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.kernel;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.RequestContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Computes what takes long beside the event loops, so that other calls do not wait for it: in as
 * many threads as half the processors, twice, so that what takes some milliseconds does not wait
 * for what takes long. What waits for them is bounded in number and in time: a job that would wait
 * too long at the pace of the last ones is refused at once, and one whose caller has gone is not
 * done.
 */
public final class Workers {
  private static final int WAITING = 1_000;
  private static final double MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(500);
  private static final int IDLE_SECONDS = 60;

  /** What costs less is done at once: handing it over would take longer. */
  private static final long CHEAP = 4_000;

  /** What costs more takes long. */
  private static final long SHORT = 400_000;

  /** What of the pace so far counts after a job. */
  private static final double REMEMBERED = 0.9;

  private final Lane shortJobs;
  private final Lane longJobs;

  /**
   * @param name of the threads
   */
  public Workers(String name) {
    this(name, Math.max(1, Runtime.getRuntime().availableProcessors() / 2));
  }

  Workers(String name, int count) {
    shortJobs = new Lane(name, count);
    longJobs = new Lane(name + "-long", count);
  }

  /**
   * Computes something.
   *
   * @param scope whose caller waits for it
   * @param cost about how many values it looks at
   */
  public <T> CompletableFuture<T> compute(RequestContext scope, long cost, Supplier<T> work) {
    CompletableFuture<T> done = new CompletableFuture<>();
    if (cost <= CHEAP) {
      run(work, done);
    } else {
      (cost <= SHORT ? shortJobs : longJobs).execute(scope, cost, work, done);
    }
    return done;
  }

  private static <T> void run(Supplier<T> work, CompletableFuture<T> done) {
    T result;
    try {
      result = work.get();
    } catch (RuntimeException e) {
      done.completeExceptionally(e);
      return;
    }
    done.complete(result);
  }

  /** Some threads, and what waits for them. */
  private static final class Lane {
    private final ThreadPoolExecutor threads;
    private final int count;
    private double waitingCost;
    private double paceNanos;
    private double paceCost;

    Lane(String name, int count) {
      this.count = count;
      threads =
          new ThreadPoolExecutor(
              count,
              count,
              IDLE_SECONDS,
              TimeUnit.SECONDS,
              new ArrayBlockingQueue<>(WAITING),
              new DefaultThreadFactory(name, true, Thread.NORM_PRIORITY - 1));
      threads.allowCoreThreadTimeOut(true);
    }

    <T> void execute(RequestContext scope, long cost, Supplier<T> work, CompletableFuture<T> done) {
      if (!enter(cost)) {
        done.completeExceptionally(overloaded());
        return;
      }
      try {
        threads.execute(
            () -> {
              leave(cost);
              if (scope.gone().getAsBoolean()) {
                done.completeExceptionally(
                    new ApiException(
                        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED, "nobody waits any longer"));
                return;
              }
              runMeasured(cost, work, done);
            });
      } catch (RejectedExecutionException e) {
        leave(cost);
        done.completeExceptionally(overloaded());
      }
    }

    private static ApiException overloaded() {
      return new ApiException(
          ErrorReason.ERROR_REASON_OVERLOADED,
          "more waits to be computed than this server allows; nothing was changed, call again");
    }

    private <T> void runMeasured(long cost, Supplier<T> work, CompletableFuture<T> done) {
      long begin = System.nanoTime();
      T result;
      try {
        result = work.get();
      } catch (RuntimeException e) {
        done.completeExceptionally(e);
        return;
      } finally {
        learn(cost, System.nanoTime() - begin);
      }
      done.complete(result);
    }

    private synchronized boolean enter(long cost) {
      if (paceCost > 0 && waitingCost * paceNanos / paceCost > count * MOST_WAIT_NANOS) {
        return false;
      }
      waitingCost += cost;
      return true;
    }

    private synchronized void leave(long cost) {
      waitingCost -= cost;
    }

    private synchronized void learn(long cost, long nanos) {
      paceNanos = paceNanos * REMEMBERED + nanos;
      paceCost = paceCost * REMEMBERED + cost;
    }
  }
}
