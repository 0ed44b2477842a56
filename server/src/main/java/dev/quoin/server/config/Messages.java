// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import java.util.Collection;

/** The messages of a watch. */
interface Messages<T, R> {
  /** All members that are watched. */
  R snapshot(Snapshot<T> copy, Collection<Entry<T>> members);

  /** Members that changed. */
  R changes(Snapshot<T> copy, Collection<Entry<T>> members);

  /**
   * The stream is alive.
   *
   * @param revision up to which the reader has everything
   * @param stale whether Redis could not be asked
   */
  R heartbeat(long revision, long millis, boolean stale);

  /** The server goes away. */
  R reconnect(long revision);
}
