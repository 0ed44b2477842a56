// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one partition of a feed. What is in them stands in {@code lua/feeds/_log.lua}.
 *
 * <pre>
 * {prefix}:{namespace}:feeds:{%partition<n>}:head    hash     number of the first entry, until when servers listen, time of the oldest entry; expires 3 minutes after the newest entry was kept long enough
 * {prefix}:{namespace}:feeds:{%partition<n>}:events  stream   statuses and deletions, ids 0-number; bounded by feeds-retention and feeds-max-events; expires like head
 * {prefix}:{namespace}:feeds:{%partition<n>}:ids     hash     number of the newest entry of each status; as many as events has; expires like head
 * {prefix}:{namespace}:feeds:{%partition<n>}:hints   channel  numbers of new entries, for servers with streams; scripts make its name from that of the head key
 * </pre>
 */
record FeedKeys(String entity) {

  static FeedKeys of(Keyspace keyspace, String namespace, int partition) {
    return new FeedKeys(keyspace.own(namespace, "partition" + partition));
  }

  String head() {
    return entity + "head";
  }

  String events() {
    return entity + "events";
  }

  String ids() {
    return entity + "ids";
  }

  String hints() {
    return entity + "hints";
  }

  String[] all() {
    return new String[] {head(), events(), ids()};
  }
}
