// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.names;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of the index of a feature's names. Where a feature has several, a word follows "%names":
 * what the names are of or, with counters, the hash of their table of precisions.
 *
 * <pre>
 * {prefix}:{namespace}:{feature}:{%names}:order  sorted set  names in order, all with score 0; expires with the last of them, never while one is listed for ever
 * {prefix}:{namespace}:{feature}:{%names}:seen   sorted set  the same names by the time until which they are listed, in ms; expires with the last of them, never while one is listed for ever: configuration, users and groups
 * </pre>
 */
record NameIndexKeys(String order, String seen) {

  static NameIndexKeys of(Keyspace keyspace, String namespace, String variant) {
    String entity = keyspace.own(namespace, "names" + variant);
    return new NameIndexKeys(entity + "order", entity + "seen");
  }
}
