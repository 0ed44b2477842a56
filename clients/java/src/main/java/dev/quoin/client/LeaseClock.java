// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.function.Consumer;

/**
 * The time during which a lock is held, by the monotonic clock of this process. It ends once:
 * because the lock is closed, because the server says it is lost, or because its lease ran out.
 */
final class LeaseClock {
  private static final long CLOCK_STEP_NANOS = 1_000_000;

  private final ClientCore core;
  private final Runnable onLoss;
  private final CompletableFuture<Lost> lost = new CompletableFuture<>();
  private boolean over;
  private long end;
  private ScheduledFuture<?> alarm;

  /**
   * @param end of the lease as {@link System#nanoTime} counts
   * @param onLoss cleans up, before listeners hear of the loss
   */
  LeaseClock(ClientCore core, long end, Runnable onLoss) {
    this.core = core;
    this.onLoss = onLoss;
    this.end = end;
    watch();
  }

  /**
   * When a lease ends here that was asked for at a moment: no later than in Redis, which counts in
   * whole milliseconds.
   */
  static long end(long sent, Duration lease) {
    return sent + lease.toNanos() - CLOCK_STEP_NANOS;
  }

  synchronized boolean isHeld() {
    return !over && left() > 0;
  }

  /** How long the lease still runs; not positive when it does not. */
  synchronized Duration remaining() {
    return Duration.ofNanos(over ? 0 : left());
  }

  /** The lease was renewed. One that has run out stays lost. */
  synchronized void extend(long newEnd) {
    if (isHeld() && newEnd - end > 0) {
      end = newEnd;
      watch();
    }
  }

  /** Ends it without telling anybody. Returns whether it had not ended before. */
  synchronized boolean close() {
    boolean held = !over;
    over = true;
    alarm.cancel(false);
    return held;
  }

  /** Ends it and tells the listeners. */
  void lose(Lost loss) {
    if (close()) {
      onLoss.run();
      lost.complete(loss);
    }
  }

  void onLost(Consumer<Lost> listener) {
    lost.thenAcceptAsync(
        loss -> Callbacks.run("a listener for the loss of a lease", () -> listener.accept(loss)),
        core.listeners());
  }

  private synchronized void expire() {
    if (over || left() > 0) {
      return;
    }
    core.listeners()
        .execute(() -> lose(Lost.newBuilder().setReason(LostReason.LOST_REASON_EXPIRED).build()));
  }

  private synchronized void watch() {
    if (alarm != null) {
      alarm.cancel(false);
    }
    alarm = core.after(Duration.ofNanos(left()), this::expire);
  }

  private long left() {
    return end - System.nanoTime();
  }
}
