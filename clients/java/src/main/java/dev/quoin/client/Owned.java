// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What was granted to this process for the time of a lease. It is renewed in the background until
 * it is closed or lost; what is never closed is renewed for as long as its {@link Quoin} is open.
 *
 * <p>Safe for use by several threads.
 */
public interface Owned extends AutoCloseable {
  /** The name under which it was asked for. */
  String name();

  /** Proves the ownership to the server. */
  String token();

  /** The number of this grant, greater than that of every earlier grant under this name. */
  long fence();

  /** When the lease ends unless it is renewed again, by the clock of Redis as last heard. */
  Instant expireTime();

  /**
   * Whether it is held: neither closed nor lost, and the lease still runs by the monotonic clock of
   * this process. The lease is counted from before its renewal was asked for, so it ends here no
   * later than it ends for others.
   */
  boolean isHeld();

  /**
   * Has a listener called when it is lost: once, on a thread where it may block; at once if it is
   * lost already, and never if it was closed before it was lost.
   */
  void onLost(Consumer<LostReason> listener);

  /**
   * Gives it back: no renewal and no loss follows. Closing again, or closing what was lost, does
   * nothing.
   *
   * <p>An interrupted thread waits for it, too, at most as long as a call may take.
   *
   * @throws UnavailableException when no server could be told; it then ends with its lease
   * @throws QuoinException when the server did not answer or failed; the same holds
   */
  @Override
  default void close() {
    Futures.finish(closeAsync());
  }

  /** Like {@link #close()}, without waiting: completes when it has been given back. */
  CompletableFuture<Void> closeAsync();
}
