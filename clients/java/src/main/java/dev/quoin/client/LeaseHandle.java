// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.streams.v1.Lost;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What was granted to this process for the time of a lease: a lock, or permits of a semaphore,
 * which are renewed, lost and given back together. It is renewed in the background until it is
 * closed or lost; one that is never closed is renewed for as long as its {@link Quoin} is open.
 *
 * <p>Being told of a loss is no protection against it: a process can be stopped for longer than its
 * lease and go on without knowing. Pass the {@link #fence()} to what the lease protects, and have
 * it refuse any fence smaller than the greatest it has seen.
 *
 * <p>Safe for use by several threads.
 */
public final class LeaseHandle implements AutoCloseable {
  private final ClientCore core;
  private final LeaseCalls calls;
  private final Grant grant;
  private final Runnable stop;
  private final LeaseClock clock;
  private volatile Instant expireTime;
  private CompletableFuture<Void> closing;

  /**
   * @param end of the lease as {@link System#nanoTime} counts
   * @param stop ends the renewals
   */
  LeaseHandle(ClientCore core, LeaseCalls calls, Grant grant, long end, Runnable stop) {
    this.core = core;
    this.calls = calls;
    this.grant = grant;
    this.stop = stop;
    this.expireTime = grant.expireTime();
    this.clock = new LeaseClock(core, end, this::stop);
    core.opened(this, this::closeAsync);
  }

  /** The name under which it was asked for. */
  public String name() {
    return calls.name();
  }

  /** Proves the ownership to the server. */
  public String token() {
    return grant.token();
  }

  /** The number of this grant, greater than that of every earlier grant under this name. */
  public long fence() {
    return grant.fence();
  }

  /** When the lease ends unless it is renewed again, by the clock of Redis as last heard. */
  public Instant expireTime() {
    return expireTime;
  }

  /**
   * Whether it is held: neither closed nor lost, and the lease still runs by the monotonic clock of
   * this process. The lease is counted from before its renewal was asked for, so it ends here no
   * later than it ends for others.
   */
  public boolean isHeld() {
    return clock.isHeld();
  }

  /**
   * Has a listener called when it is lost: once, on a thread where it may block; at once if it is
   * lost already, and never if it was closed before it was lost. LOST_REASON_EXPIRED means that the
   * lease ran out before a renewal was confirmed; otherwise others may hold it already.
   */
  public void onLost(Consumer<Lost> listener) {
    clock.onLost(listener);
  }

  /**
   * Gives it back: no renewal and no loss follows. Closing again, or closing what was lost, does
   * nothing. An interrupted thread waits for it, too, at most as long as a call may take.
   *
   * @throws UnavailableException when no server could be told; it then ends with its lease
   * @throws QuoinException when the server did not answer or failed; the same holds
   */
  @Override
  public void close() {
    Futures.finish(closeAsync());
  }

  /** Like {@link #close()}, without waiting: completes when it has been given back. */
  public synchronized CompletableFuture<Void> closeAsync() {
    if (closing == null) {
      boolean held = clock.close();
      stop();
      // Ending a stream gives back, too. The release tells when, and works without a stream.
      closing =
          held ? Releases.release(core, calls, token()) : CompletableFuture.completedFuture(null);
    }
    return closing.copy();
  }

  /**
   * The lease was renewed.
   *
   * @param end of the lease as {@link System#nanoTime} counts
   */
  void renewed(Instant expire, long end) {
    expireTime = expire;
    clock.extend(end);
  }

  void lost(Lost loss) {
    clock.lose(loss);
  }

  /** How long the lease still runs; not positive when it does not. */
  Duration remaining() {
    return clock.remaining();
  }

  private void stop() {
    core.closed(this);
    stop.run();
  }
}
