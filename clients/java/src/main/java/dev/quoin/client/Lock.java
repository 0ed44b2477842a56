// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * A lock that was granted to this process. It is renewed in the background until it is closed or
 * lost; a lock that is never closed is renewed for as long as its {@link Quoin} is open.
 *
 * <p>Being told of a loss is no protection against it: a process can be stopped for longer than its
 * lease and go on without knowing. Pass the {@link #fence()} to what the lock protects, and have it
 * refuse any fence smaller than the greatest it has seen.
 *
 * <p>Safe for use by several threads.
 */
public interface Lock extends AutoCloseable {
  /** The name of the lock. */
  String name();

  /** Proves the ownership to the server. */
  String token();

  /** The number of this grant, greater than that of every earlier grant of this lock. */
  long fence();

  /** When the lease ends unless it is renewed again, by the clock of Redis as last heard. */
  Instant expireTime();

  /**
   * Whether the lock is held: neither closed nor lost, and the lease still runs by the monotonic
   * clock of this process. The lease is counted from before its renewal was asked for, so it ends
   * here no later than it ends for others.
   */
  boolean isHeld();

  /**
   * Has a listener called when the lock is lost: once, on a thread where it may block; at once if
   * the lock is lost already, and never if it was closed before it was lost.
   */
  void onLost(Consumer<LostReason> listener);

  /**
   * Gives the lock back: no renewal and no loss follows. Closing again, or closing a lock that was
   * lost, does nothing.
   *
   * @throws UnavailableException when no server could be told; the lock then ends with its lease
   * @throws QuoinException when the server did not answer or failed; the same holds
   */
  @Override
  default void close() {
    Futures.await(closeAsync());
  }

  /** Like {@link #close()}, without waiting: completes when the lock has been given back. */
  CompletableFuture<Void> closeAsync();
}
