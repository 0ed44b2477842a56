// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.redis.Reply;
import java.util.ArrayList;
import java.util.List;

/**
 * A page of what has changed in a network, as lua/ads/changes.lua tells it.
 *
 * @param now ms by the clock of Redis
 * @param forgotten who knows less than this revision may miss removals
 * @param more whether another page follows
 */
record ChangedThings(
    long now,
    String epoch,
    long revision,
    long forgotten,
    byte[] settings,
    byte[] averages,
    boolean more,
    List<Change> changes) {

  /**
   * An ad or a campaign as it is now.
   *
   * @param what 'a' for an ad, 'c' for a campaign, 'n' for the settings
   * @param record empty when an ad was removed
   */
  record Change(
      char what,
      String id,
      long revision,
      byte[] record,
      String words,
      byte[] learned,
      byte[] budget,
      AdEntry.Closed closed) {}

  static ChangedThings of(Reply reply) {
    List<Change> changes = new ArrayList<>();
    ChangedThings page =
        new ChangedThings(
            reply.integer(),
            reply.text(),
            reply.integer(),
            reply.integer(),
            reply.bytes(),
            reply.bytes(),
            reply.flag(),
            changes);
    while (reply.hasMore()) {
      String changed = reply.text();
      changes.add(
          new Change(
              changed.charAt(0),
              changed.substring(1),
              reply.integer(),
              reply.bytes(),
              reply.text(),
              reply.bytes(),
              reply.bytes(),
              new AdEntry.Closed(reply.integer(), reply.integer(), reply.flag())));
    }
    return page;
  }

  /** The revision up to which things are known after this page. */
  long upTo() {
    return more ? changes.get(changes.size() - 1).revision() : revision;
  }
}
