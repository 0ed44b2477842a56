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

  private final Link link;
  private final LeaseCalls calls;
  private final String requestId;
  private final long end;
  private int attempts;

  private Acquisition(Link link, LeaseCalls calls, String requestId) {
    Duration least = calls.lease().compareTo(link.deadline()) > 0 ? calls.lease() : link.deadline();
    this.link = link;
    this.calls = calls;
    this.requestId = requestId;
    this.end = System.nanoTime() + (least.compareTo(REMEMBERED) < 0 ? least : REMEMBERED).toNanos();
  }

  /**
   * Makes a call.
   *
   * @param requestId of the request
   * @param calls by which what was asked for is given back
   * @param keep keeps what was granted
   * @param dispose gives back what nobody wants any more
   */
  static <Q, R, T> CompletableFuture<T> acquire(
      Link link,
      MethodDescriptor<Q, R> method,
      Q request,
      Duration within,
      String requestId,
      List<? extends LeaseCalls> calls,
      Function<R, CompletableFuture<T>> keep,
      Consumer<T> dispose) {
    CompletableFuture<R> answer = link.call(method, request, within);
    CompletableFuture<T> outcome =
        answer
            .handle(
                (response, failure) -> {
                  if (failure == null) {
                    return keep.apply(response);
                  }
                  if (isOpen(failure)) {
                    calls.forEach(one -> new Acquisition(link, one, requestId).giveBack());
                  }
                  return CompletableFuture.<T>failedFuture(failure);
                })
            .thenCompose(kept -> kept);
    // The end of the client waits until it is known what is to be given back.
    try {
      link.opened(
          outcome,
          () -> {
            answer.completeExceptionally(Failure.closedException());
            return outcome.handle((kept, failure) -> null);
          });
    } catch (ClosedException e) {
      // The answer is that already.
    }
    outcome.whenComplete((kept, failure) -> link.closed(outcome));
    return Futures.handOver(outcome, answer, dispose);
  }

  /** Whether nobody knows if the call was, or will be, carried out. */
  private static boolean isOpen(Throwable failure) {
    return switch (QuoinException.from(failure).code()) {
      case CANCELLED, DEADLINE_EXCEEDED, UNAVAILABLE, INTERNAL, UNKNOWN, ABORTED -> true;
      default -> false;
    };
  }

  private void giveBack() {
    CompletableFuture<Void> done = new CompletableFuture<>();
    link.awaited(done);
    attempt(done);
  }

  private void attempt(CompletableFuture<Void> done) {
    attempts++;
    Duration left = Duration.ofNanos(end - System.nanoTime());
    Duration within = left.compareTo(link.deadline()) < 0 ? left : link.deadline();
    calls
        .releaseRequest(requestId, within)
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
                link.after(pause, () -> attempt(done));
              } catch (ClosedException e) {
                done.complete(null);
              }
            });
  }
}
