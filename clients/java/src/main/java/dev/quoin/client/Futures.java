// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.Status;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** The synchronous view of the asynchronous methods. */
final class Futures {
  private Futures() {}

  /**
   * Waits for the outcome and throws what it failed with. An interrupt cancels the future, so that
   * the call it stands for ends too.
   */
  static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get();
    } catch (ExecutionException e) {
      QuoinException failure = Failure.exception(e);
      // It was made on another thread; the reader of the trace wants to see who called. The cause
      // keeps the original.
      failure.fillInStackTrace();
      throw failure;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      if (!future.cancel(true) && !future.isCompletedExceptionally()) {
        // It came at that very moment: what was won has to reach the caller, who gives it back.
        return future.getNow(null);
      }
      throw Failure.local(Status.Code.CANCELLED, "interrupted while waiting for the answer", e);
    } catch (CancellationException e) {
      throw Failure.local(Status.Code.CANCELLED, "the call was cancelled", e);
    }
  }

  /**
   * Like {@link #await}, for what is to be brought to its end by an interrupted thread, too; it
   * must have a limit of its own.
   */
  static <T> T finish(CompletableFuture<T> future) {
    boolean interrupted = Thread.interrupted();
    try {
      while (true) {
        try {
          future.get();
          break;
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException | CancellationException e) {
          break; // await says what it was
        }
      }
      return await(future);
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * Waits until it is done or has failed, but no longer than that, in an interrupted thread, too.
   *
   * @return whether it came to its end in time
   */
  static boolean settle(CompletableFuture<?> future, Duration limit) {
    CompletableFuture<Boolean> settled =
        future
            .handle((done, failure) -> true)
            .completeOnTimeout(false, limit.toNanos(), TimeUnit.NANOSECONDS);
    return finish(settled);
  }

  /**
   * A future that callers may end themselves: that cancels the work, and an outcome that comes all
   * the same is disposed of.
   */
  static <T> CompletableFuture<T> handOver(
      CompletableFuture<? extends T> outcome, Future<?> work, Consumer<T> dispose) {
    CompletableFuture<T> result = new CompletableFuture<>();
    outcome.whenComplete(
        (value, failure) -> {
          if (failure != null) {
            result.completeExceptionally(Failure.unwrap(failure));
          } else if (!result.complete(value)) {
            dispose.accept(value);
          }
        });
    result.whenComplete((value, failure) -> work.cancel(false));
    return result;
  }
}
