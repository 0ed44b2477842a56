// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

/**
 * One caller that watches: remembers how far it has been told, and writes what comes next. Called
 * by one thread at a time.
 *
 * @param <S> the watched state
 * @param <R> type of the messages
 */
public interface Reader<S, R> {
  /** The message that tells what is new to this caller; null when nothing is. */
  R next(S state);

  /** The state changed while the caller could not take a message: only newer ones will be told. */
  default void skipped(S state) {}

  /**
   * Shows that the stream is alive; null when that needs no message.
   *
   * @param stale whether Redis could not be asked lately
   */
  R heartbeat(S state, boolean stale);

  /**
   * In how many milliseconds what this caller is told changes by itself, so that the state has to
   * be loaded again; negative for never.
   */
  default long changesInMillis(S state) {
    return -1;
  }

  /** Whether nothing can follow this state: the stream ends with it. */
  default boolean isLast(S state) {
    return false;
  }

  /**
   * The last message before a drain, from which the caller can go on at another server; null to end
   * the stream with SHUTTING_DOWN.
   */
  default R reconnect() {
    return null;
  }
}
