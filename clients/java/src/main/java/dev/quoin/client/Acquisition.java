// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Calls that acquire something. One that ends without its outcome reaching the program, because it
 * was cancelled, took too long, or met nobody in its last attempt, may have been granted all the
 * same, now or later: it is given back by the id of its request, again and again until that is
 * answered.
 */
final class Acquisition {
  /** Servers remember the ids of requests for ten minutes. */
  private static final Duration REMEMBERED = Duration.ofMinutes(10);

  private final ClientCore core;
  private final GiveBack giveBack;
  private final long end;
  private int attempts;

  private Acquisition(ClientCore core, GiveBack giveBack) {
    Duration lease = giveBack.lease();
    Duration least = lease.compareTo(core.deadline()) > 0 ? lease : core.deadline();
    this.core = core;
    this.giveBack = giveBack;
    this.end = System.nanoTime() + (least.compareTo(REMEMBERED) < 0 ? least : REMEMBERED).toNanos();
  }

  /**
   * Makes a call.
   *
   * @param giveBacks by which everything that was asked for is given back
   * @param keep keeps what was granted
   * @param dispose gives back what nobody wants any more
   */
  static <Q, R, T> CompletableFuture<T> acquire(
      ClientCore core,
      MethodDescriptor<Q, R> method,
      Q request,
      Duration within,
      List<GiveBack> giveBacks,
      Function<R, CompletableFuture<T>> keep,
      Consumer<T> dispose) {
    CompletableFuture<R> answer = core.call(method, request, within);
    CompletableFuture<T> outcome =
        answer
            .handle(
                (response, failure) -> {
                  if (failure == null) {
                    return keep.apply(response);
                  }
                  if (isOpen(failure)) {
                    giveBacks.forEach(one -> giveBack(core, one));
                  }
                  return CompletableFuture.<T>failedFuture(failure);
                })
            .thenCompose(kept -> kept);
    // The end of the client waits until it is known what is to be given back.
    try {
      core.opened(
          outcome,
          () -> {
            answer.completeExceptionally(Failure.closedException());
            return outcome.handle((kept, failure) -> null);
          });
    } catch (ClosedException e) {
      // The answer is that already.
    }
    outcome.whenComplete((kept, failure) -> core.closed(outcome));
    return Futures.handOver(outcome, answer, dispose);
  }

  /** Whether nobody knows if the call was, or will be, carried out. */
  private static boolean isOpen(Throwable failure) {
    return switch (QuoinException.from(failure).code()) {
      case CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE, INTERNAL, UNKNOWN, ABORTED -> true;
      default -> false;
    };
  }

  /** Gives back in the background what nobody knows of. */
  static void giveBack(ClientCore core, GiveBack giveBack) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    core.awaited(done);
    new Acquisition(core, giveBack).attempt(done);
  }

  private void attempt(CompletableFuture<Void> done) {
    attempts++;
    Duration left = Duration.ofNanos(end - System.nanoTime());
    Duration within = left.compareTo(core.deadline()) < 0 ? left : core.deadline();
    giveBack
        .call()
        .apply(within)
        .whenComplete(
            (response, failure) -> {
              Duration pause = Retries.pause(attempts);
              if (failure == null
                  || !isOpen(failure)
                  || System.nanoTime() + pause.toNanos() - end >= 0) {
                done.complete(null);
                return;
              }
              try {
                core.after(pause, () -> attempt(done));
              } catch (ClosedException e) {
                done.complete(null);
              }
            });
  }
}
