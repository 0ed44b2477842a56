// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Matched;

/** A reader of what comes to a {@link Feed}. Called by the feed one at a time: must not block. */
interface LiveReader {
  FeedFilter filter();

  /** It hears of everything after these positions. */
  void attached(Positions at);

  /** An entry that its filter matches. */
  void offer(FeedItem item, Matched matched);

  /** Entries could not be read; how many, or 0 when that is not known. */
  void gap(long missed, Positions after);

  /** Everything up to here was offered. Comes every few seconds. */
  void beat(Positions now);

  /** The feed cannot be read any more. */
  void failed(Throwable failure);
}
