// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of a status, and of what its text names.
 *
 * <pre>
 * {prefix}:{namespace}:social:{%s:{status}}:status       string      first line: state, author, counts; then the status; expires after a week until it is delivered, and a week after it was deleted
 * {prefix}:{namespace}:social:{%s:{status}}:likes        set         who likes it; at most 1,000,000
 * {prefix}:{namespace}:social:{%s:{status}}:favorites    set         who keeps it as a favorite; at most 1,000,000
 * {prefix}:{namespace}:social:{%s:{status}}:reposts      hash        which status of a user reposts it; one entry for each user who does
 * {prefix}:{namespace}:social:{%s:{status}}:replies      set         what replies to it; at most 1,000,000
 * </pre>
 */
record StatusKeys(String entity) {

  static StatusKeys of(Keyspace keyspace, String namespace, String id) {
    return new StatusKeys(keyspace.own(namespace, "s:" + id));
  }

  String key(String part) {
    return entity + part;
  }
}
