// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

/**
 * Where the servers on one Redis keep what only they share.
 *
 * <pre>
 * {prefix}:-:redis:{%seal}:key  string  32 random bytes that page tokens and cursors are sealed with; does not expire, since tokens are good for as long as their callers like
 * </pre>
 */
record SealKeys(String key) {

  static SealKeys of(Keyspace keyspace) {
    return new SealKeys(keyspace.own("-", "seal") + "key");
  }
}
