// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

/**
 * An entry of a feed, and where the feed was after it. All live streams that tell it share it, and
 * its cursor is written once.
 */
final class FeedItem {
  private final FeedEntry entry;
  private final Positions after;
  private String cursor;

  FeedItem(FeedEntry entry, Positions after) {
    this.entry = entry;
    this.after = after;
  }

  FeedEntry entry() {
    return entry;
  }

  Positions after() {
    return after;
  }

  synchronized String cursor(Feed feed) {
    if (cursor == null) {
      cursor = feed.cursor(after);
    }
    return cursor;
  }
}
