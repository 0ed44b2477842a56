// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import dev.quoin.server.errors.ApiException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Acquires a lease for a call, waiting until it is granted, times out, is cancelled, or the server
 * drains. A grant is given back when the caller has gone.
 */
public final class Acquisition {
  static final long FOREVER = Long.MAX_VALUE;

  /** How long before the deadline of the call the wait ends, so that the answer arrives in time. */
  private static final long DEADLINE_MARGIN_MILLIS = 100;

  private final Leases leases;
  private final LeaseRequest request;
  private final Consumer<Runnable> onCancel;
  private final Consumer<Runnable> onDrain;
  private final LongConsumer places;
  private final Consumer<Boolean> waits;

  /**
   * @param onCancel takes what is to run when nobody wants it any more, in place of what it took
   * @param onDrain takes what is to run when the server drains
   * @param waits told when it begins to wait in the queue, and when that ends
   */
  public Acquisition(
      Leases leases,
      LeaseRequest request,
      Consumer<Runnable> onCancel,
      Consumer<Runnable> onDrain,
      Consumer<Boolean> waits) {
    this(leases, request, onCancel, onDrain, waits, place -> {});
  }

  /**
   * @param places told the place in the queue when it is known to have changed
   */
  Acquisition(
      Leases leases,
      LeaseRequest request,
      Consumer<Runnable> onCancel,
      Consumer<Runnable> onDrain,
      Consumer<Boolean> waits,
      LongConsumer places) {
    this.leases = leases;
    this.request = request;
    this.onCancel = onCancel;
    this.onDrain = onDrain;
    this.waits = waits;
    this.places = places;
  }

  /** Acquires, waiting at most so long. */
  public CompletionStage<AcquireResult> within(long waitMillis) {
    if (waitMillis == 0) {
      return leases.acquireNow(request).thenApply(this::answer);
    }
    if (leases.isAwaitedHere(request)) {
      return await(waitMillis);
    }
    return leases
        .acquireNow(request)
        .thenCompose(
            result ->
                result.isGranted()
                    ? CompletableFuture.completedFuture(answer(result))
                    : await(waitMillis));
  }

  private CompletionStage<AcquireResult> await(long waitMillis) {
    AtomicBoolean drained = new AtomicBoolean();
    waits.accept(true);
    Waiter waiter = leases.await(request, places);
    limit(waiter, waitMillis);
    onCancel.accept(() -> waiter.giveUp(false));
    onDrain.accept(
        () -> {
          drained.set(true);
          waiter.giveUp(true);
        });
    return waiter
        .outcome()
        .whenComplete((result, failure) -> waits.accept(false))
        .thenApply(
            result -> {
              if (!result.isGranted() && drained.get()) {
                throw ApiException.shuttingDown();
              }
              return answer(result);
            })
        .thenCompose(this::remembered);
  }

  private void limit(Waiter waiter, long waitMillis) {
    long patience = waitMillis;
    if (request.scope().deadline() != null) {
      long left = request.scope().deadline().timeRemaining(TimeUnit.MILLISECONDS);
      patience = Math.min(patience, left - Math.min(DEADLINE_MARGIN_MILLIS, left / 10));
    }
    if (patience != FOREVER) {
      var end =
          leases
              .timer()
              .newTimeout(t -> waiter.giveUp(true), Math.max(1, patience), TimeUnit.MILLISECONDS);
      waiter.outcome().whenComplete((result, failure) -> end.cancel());
    }
  }

  private CompletionStage<AcquireResult> remembered(AcquireResult result) {
    // A grant with another token is that of an earlier attempt: it is remembered already.
    if (!result.isGranted() || !result.grant().token().equals(request.token())) {
      return CompletableFuture.completedFuture(result);
    }
    return leases
        .remember(request, result)
        .handle(
            (noted, failure) -> {
              if (failure != null) {
                leases.giveBack(request);
                throw new CompletionException(failure);
              }
              return noted;
            });
  }

  private AcquireResult answer(AcquireResult result) {
    if (result.isGranted()) {
      onCancel.accept(() -> leases.giveBack(request));
    }
    return result;
  }
}
