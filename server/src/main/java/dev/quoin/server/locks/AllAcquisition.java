// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import dev.quoin.server.rpc.Call;
import dev.quoin.server.waiting.Acquisition;
import dev.quoin.server.waiting.Standing;
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
final class AllAcquisition {
  private static final Comparator<Demand> BY_NAME =
      Comparator.comparing(
          demand -> demand.name().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

  private static final Standing NOBODY_ASKS = new Standing(null, "", 0, 0, 0);

  private final LockStore locks;
  private final Timer timer;
  private final Call call;
  private final List<Demand> demands;
  private final Gathered gathered;
  private Runnable part = () -> {};

  /**
   * How it ended.
   *
   * @param won all grants, or none
   * @param busyName the lock that could not be had
   * @param standing how things stand with that lock
   */
  record Outcome(List<Gathered.Won> won, String busyName, Standing standing) {}

  AllAcquisition(LockStore locks, Timer timer, Call call, List<Demand> demands) {
    this.locks = locks;
    this.timer = timer;
    this.call = call;
    this.demands = demands.stream().sorted(BY_NAME).toList();
    this.gathered = new Gathered(locks, timer, this::stopPart);
  }

  /** Gets the locks, waiting at most so long for all of them. */
  CompletionStage<Outcome> within(long waitMillis) {
    call.onCancel(this::abandon);
    return next(System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(waitMillis))
        .handle(this::ended)
        .thenCompose(Function.identity());
  }

  private CompletionStage<Outcome> next(long end) {
    if (gathered.size() == demands.size()) {
      return gathered.keepAll().thenApply(all -> new Outcome(all, "", null));
    }
    Demand demand = demands.get(gathered.size());
    long left = Math.max(0, TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime()));
    return new Acquisition(new LockClaim(locks, demand), timer, this::during, call::onDrain)
        .within(left)
        .thenCompose(
            standing ->
                standing.isGranted()
                    ? add(new Gathered.Won(demand, standing.grant()), end)
                    : busy(demand, standing));
  }

  private CompletionStage<Outcome> add(Gathered.Won won, long end) {
    return gathered
        .add(won)
        .thenCompose(added -> gathered.isOver() ? busy(won.demand(), NOBODY_ASKS) : next(end));
  }

  private static CompletionStage<Outcome> busy(Demand demand, Standing standing) {
    return CompletableFuture.completedFuture(new Outcome(List.of(), demand.name(), standing));
  }

  private CompletionStage<Outcome> ended(Outcome outcome, Throwable thrown) {
    Throwable lost = gathered.end();
    if (thrown == null && !outcome.won().isEmpty()) {
      return CompletableFuture.completedFuture(outcome);
    }
    CompletionStage<Void> returned = gathered.giveBack();
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
      if (!gathered.isOver()) {
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
    gathered.end();
    stopPart();
    gathered.giveBack();
  }
}
