// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.redis.Keyspace;

/**
 * The keys of one index.
 *
 * <pre>
 * {prefix}:{namespace}:search:{{index}}:definition  hash  id, revision, version of the analyzers and settings of an index, and whether it is being dropped; until the index is dropped
 * </pre>
 */
record IndexKeys(String entity) {

  static IndexKeys of(Keyspace keyspace, String namespace, String index) {
    return new IndexKeys(keyspace.entity(namespace, index));
  }

  String definition() {
    return entity + "definition";
  }
}
