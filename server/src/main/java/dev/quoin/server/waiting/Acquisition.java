// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.errors.Refusal;
import dev.quoin.server.rpc.Call;
import io.netty.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Gets what a call asks for: at once, or after some waiting that its time limit, the caller or a
 * drain can end. What was granted is given back when the caller has gone.
 */
public final class Acquisition {
  static final long FOREVER = Long.MAX_VALUE;

  /** How long before the deadline of the call the wait ends, so that the answer arrives in time. */
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  private final Claim claim;
  private final Timer timer;
  private final Consumer<Runnable> onCancel;
  private final Consumer<Runnable> onDrain;
  private final LongConsumer places;

  public Acquisition(Claim claim, Timer timer, Call call) {
    this(claim, timer, call, place -> {});
  }

  /**
   * @param places told the place in line when it is known to have changed
   */
  Acquisition(Claim claim, Timer timer, Call call, LongConsumer places) {
    this(claim, timer, call::onCancel, call::onDrain, places);
  }

  /**
   * One of several acquisitions of a call.
   *
   * @param onCancel takes what is to run when nobody wants it any more, in place of what it took
   * @param onDrain takes what is to run when the server drains
   */
  public Acquisition(
      Claim claim, Timer timer, Consumer<Runnable> onCancel, Consumer<Runnable> onDrain) {
    this(claim, timer, onCancel, onDrain, place -> {});
  }

  private Acquisition(
      Claim claim,
      Timer timer,
      Consumer<Runnable> onCancel,
      Consumer<Runnable> onDrain,
      LongConsumer places) {
    this.claim = claim;
    this.timer = timer;
    this.onCancel = onCancel;
    this.onDrain = onDrain;
    this.places = places;
  }

  /** Gets it, waiting for it at most so long. */
  public CompletionStage<Standing> within(long waitMillis) {
    if (waitMillis == 0) {
      return claim.take().thenApply(this::answer);
    }
    if (claim.isAwaitedHere()) {
      return stand(waitMillis);
    }
    return claim
        .take()
        .thenCompose(
            standing ->
                standing.isGranted()
                    ? CompletableFuture.completedFuture(answer(standing))
                    : stand(waitMillis));
  }

  private CompletionStage<Standing> stand(long waitMillis) {
    AtomicBoolean drained = new AtomicBoolean();
    Waiter waiter = claim.join(places);
    limit(waiter, waitMillis);
    onCancel.accept(() -> waiter.giveUp(false));
    onDrain.accept(
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
    if (claim.scope().deadline() != null) {
      long left = claim.scope().deadline().timeRemaining(TimeUnit.MILLISECONDS);
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
    if (!standing.isGranted() || !standing.grant().token().equals(claim.token())) {
      return CompletableFuture.completedFuture(standing);
    }
    return claim
        .remember(standing)
        .handle(
            (noted, failure) -> {
              if (failure != null) {
                claim.giveBack();
                throw new CompletionException(failure);
              }
              return noted;
            });
  }

  private Standing answer(Standing standing) {
    if (standing.isGranted()) {
      onCancel.accept(claim::giveBack);
    }
    return standing;
  }
}
