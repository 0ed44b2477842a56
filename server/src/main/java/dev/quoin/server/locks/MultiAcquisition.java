// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.rpc.Call;
import dev.quoin.server.waiting.AcquireResult;
import dev.quoin.server.waiting.Acquisition;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.Leases;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Gets several locks for a call or none: one after the other, in the order of their names, which is
 * the same for all callers.
 */
final class MultiAcquisition {
  private static final Comparator<LeaseRequest> BY_NAME =
      Comparator.comparing(
          request -> request.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private final Leases leases;
  private final Timer timer;
  private final Call call;
  private final List<LeaseRequest> requests;
  private final PartialAcquisition partial;
  private Runnable part = () -> {};

  /**
   * How it ended.
   *
   * @param won all grants, or none
   * @param busyName the lock that could not be had
   * @param result how things stand with that lock
   */
  record Outcome(List<PartialAcquisition.Won> won, String busyName, AcquireResult result) {}

  MultiAcquisition(Leases leases, Timer timer, Call call, List<LeaseRequest> requests) {
    this.leases = leases;
    this.timer = timer;
    this.call = call;
    this.requests = requests.stream().sorted(BY_NAME).toList();
    this.partial = new PartialAcquisition(leases, timer, this::stopPart);
  }

  /** Gets the locks, waiting at most so long for all of them. */
  CompletionStage<Outcome> within(long waitMillis) {
    call.onCancel(this::abandon);
    return next(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis))
        .handle(this::ended)
        .thenCompose(Function.identity());
  }

  private CompletionStage<Outcome> next(long end) {
    if (partial.size() == requests.size()) {
      return partial.keepAll().thenApply(all -> new Outcome(all, "", null));
    }
    LeaseRequest request = requests.get(partial.size());
    long left = Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
    return new Acquisition(leases, request, this::during, call::onDrain, call::waits)
        .within(left)
        .thenCompose(
            result ->
                result.isGranted()
                    ? add(new PartialAcquisition.Won(request, result.grant()), end)
                    : busy(request, result));
  }

  private CompletionStage<Outcome> add(PartialAcquisition.Won won, long end) {
    return partial
        .add(won)
        .thenCompose(
            added -> partial.isOver() ? busy(won.request(), AcquireResult.abandoned()) : next(end));
  }

  private static CompletionStage<Outcome> busy(LeaseRequest request, AcquireResult result) {
    return CompletableFuture.completedFuture(new Outcome(List.of(), request.name(), result));
  }

  private CompletionStage<Outcome> ended(Outcome outcome, Throwable thrown) {
    Throwable lost = partial.end();
    if (thrown == null && !outcome.won().isEmpty()) {
      return CompletableFuture.completedFuture(outcome);
    }
    CompletionStage<Void> returned = partial.giveBack();
    if (thrown != null) {
      return CompletableFuture.failedFuture(thrown);
    }
    return returned.thenCompose(
        done ->
            lost == null
                ? CompletableFuture.completedFuture(outcome)
                : CompletableFuture.failedFuture(lost));
  }

  /** Takes what ends the acquisition that is under way. */
  private void during(Runnable action) {
    synchronized (this) {
      part = action;
      if (!partial.isOver()) {
        return;
      }
    }
    action.run();
  }

  private void stopPart() {
    Runnable stop;
    synchronized (this) {
      stop = part;
    }
    stop.run();
  }

  /** The caller has gone. */
  private void abandon() {
    partial.end();
    stopPart();
    partial.giveBack();
  }
}
