// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.errors.Refusal;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Waiter;
import io.netty.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;

/**
 * Gets a lock for a call: at once, or after some waiting that its time limit, the caller or a drain
 * can end. What was granted is given back when the caller has gone.
 */
final class Acquisition {
  static final long FOREVER = Long.MAX_VALUE;

  /** How long before the deadline of the call the wait ends, so that the answer arrives in time. */
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  private final LockStore locks;
  private final Timer timer;
  private final Demand demand;
  private final Call call;
  private final LongConsumer places;

  /**
   * @param places told the place in line when it is known to have changed
   */
  Acquisition(LockStore locks, Timer timer, Demand demand, Call call, LongConsumer places) {
    this.locks = locks;
    this.timer = timer;
    this.demand = demand;
    this.call = call;
    this.places = places;
  }

  /** Gets the lock, waiting for it at most so long. */
  CompletionStage<Standing> within(long waitMillis) {
    if (waitMillis == 0) {
      return locks.acquire(demand).thenApply(this::answer);
    }
    if (locks.isAwaitedHere(demand)) {
      return stand(waitMillis);
    }
    return locks
        .acquire(demand)
        .thenCompose(
            standing ->
                standing.isGranted()
                    ? CompletableFuture.completedFuture(answer(standing))
                    : stand(waitMillis));
  }

  private CompletionStage<Standing> stand(long waitMillis) {
    AtomicBoolean drained = new AtomicBoolean();
    Waiter waiter = locks.join(demand, places);
    limit(waiter, waitMillis);
    call.onCancel(() -> waiter.giveUp(false));
    call.onDrain(
        () -> {
          drained.set(true);
          waiter.giveUp(true);
        });
    return waiter
        .outcome()
        .thenApply(
            standing -> {
              if (!standing.isGranted() && drained.get()) {
                throw Refusal.shuttingDown();
              }
              return answer(standing);
            })
        .thenCompose(this::remembered);
  }

  private void limit(Waiter waiter, long waitMillis) {
    long patience = waitMillis;
    if (demand.scope().deadline() != null) {
      long left = demand.scope().deadline().timeRemaining(TimeUnit.MILLISECONDS);
      patience = Math.min(patience, left - Math.min(DEADLINE_MARGIN_MILLIS, left / 10));
    }
    if (patience != FOREVER) {
      var end =
          timer.newTimeout(t -> waiter.giveUp(true), Math.max(1, patience), TimeUnit.MILLISECONDS);
      waiter.outcome().whenComplete((standing, failure) -> end.cancel());
    }
  }

  private CompletionStage<Standing> remembered(Standing standing) {
    // A grant with another token is that of an earlier attempt: it is remembered already.
    return standing.isGranted()
            && standing.grant().token().equals(demand.token())
            && !demand.requestId().isEmpty()
        ? locks
            .remember(demand)
            .handle(
                (done, failure) -> {
                  if (failure != null) {
                    locks.giveBack(demand);
                    throw new CompletionException(failure);
                  }
                  return standing;
                })
        : CompletableFuture.completedFuture(standing);
  }

  private Standing answer(Standing standing) {
    if (standing.isGranted()) {
      call.onCancel(() -> locks.giveBack(demand));
    }
    return standing;
  }
}
