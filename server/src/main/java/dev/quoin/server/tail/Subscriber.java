// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.tail;

import java.util.List;

/**
 * What a stream does with what its {@link Subscription} brings. Called one at a time, on event
 * loops and the timer: must not block. While it is called, the positions of the subscription are
 * those after what it is called with.
 *
 * @param <E> type of the entries
 */
public interface Subscriber<E extends SequencedEntry> {
  /** Whether it can take more without keeping it in memory. */
  boolean isReady();

  /** How many entries it can take at once. */
  default int atOnce() {
    return Integer.MAX_VALUE;
  }

  /** Entries of a log, in order. Returns whether anything of it went to the reader. */
  boolean entries(LogSource<E> log, List<E> entries);

  /**
   * Entries that are kept no longer could not be brought.
   *
   * @param from position of the first one
   * @param to position of the last one; less than {@code from} when that is not known because the
   *     log began anew or was set back
   */
  void gap(LogSource<E> log, long from, long to);

  /** A writer told something that is no entry, for those who hear it now. */
  default void signal(LogSource<E> log, String text) {}

  /** There was nothing else for a while. */
  void heartbeat();

  /** The last call: the subscriber did not keep up, and asked to be let go in that case. */
  void fellBehind();

  /** The last call: the log cannot be read, for a reason that will not pass. */
  void failed(Throwable failure);
}
