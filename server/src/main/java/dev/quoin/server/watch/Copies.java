// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/**
 * Bounds the states this server keeps: beyond it, states are kept only where somebody watches.
 *
 * @param <S> the state
 */
public final class Copies<S> {
  private final ToLongFunction<S> bytesOf;
  private final int mostStates;
  private final long mostBytes;
  private final AtomicLong bytes = new AtomicLong();

  /**
   * @param bytesOf about how many bytes a state takes
   * @param mostStates how many states may be kept
   * @param mostBytes how many bytes all of them together may take
   */
  public Copies(ToLongFunction<S> bytesOf, int mostStates, long mostBytes) {
    this.bytesOf = bytesOf;
    this.mostStates = mostStates;
    this.mostBytes = mostBytes;
  }

  /** Whether states are kept that nobody watches. */
  boolean areKept() {
    return mostStates > 0;
  }

  boolean areFull(int states) {
    return states >= mostStates || bytes.get() >= mostBytes;
  }

  /** Counts a state in place of the one before; null for none. */
  long count(long before, S state) {
    long now = state == null ? 0 : bytesOf.applyAsLong(state);
    bytes.addAndGet(now - before);
    return now;
  }
}
