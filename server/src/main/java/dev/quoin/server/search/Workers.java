// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Computes what takes long beside the event loops, so that other calls do not wait for it: as many
 * threads as half the processors, twice, so that what takes some milliseconds does not wait for
 * what takes long, and a bounded number of jobs that wait for them.
 */
final class Workers {
  private static final int WAITING = 1_000;
  private static final int IDLE_SECONDS = 60;

  /** What costs less is done at once: handing it over would take longer. */
  private static final long CHEAP = 4_000;

  /** What costs more takes long. */
  private static final long SHORT = 400_000;

  private final ThreadPoolExecutor shortJobs = threads("quoin-search");
  private final ThreadPoolExecutor longJobs = threads("quoin-search-long");

  private static ThreadPoolExecutor threads(String name) {
    int count = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(WAITING),
            new DefaultThreadFactory(name, true, Thread.NORM_PRIORITY - 1));
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /**
   * Computes something.
   *
   * @param cost about how many values it looks at
   */
  <T> CompletableFuture<T> compute(long cost, Supplier<T> work) {
    if (cost <= CHEAP) {
      try {
        return CompletableFuture.completedFuture(work.get());
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
    try {
      return CompletableFuture.supplyAsync(work, cost <= SHORT ? shortJobs : longJobs);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new ApiException(
              ErrorReason.ERROR_REASON_OVERLOADED, "as many searches wait as may wait; try again"));
    }
  }
}
