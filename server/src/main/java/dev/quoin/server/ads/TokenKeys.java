// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.server.redis.Keyspace;

/**
 * Where servers keep what they seal target tokens with.
 *
 * <pre>
 * {prefix}:-:ads:{%tokens}:{day}  string  32 random bytes for the tokens of one day; expires after four days
 * </pre>
 */
record TokenKeys(String all) {
  static TokenKeys of(Keyspace keyspace) {
    return new TokenKeys(keyspace.own("-", "tokens"));
  }

  String day(long day) {
    return all + day;
  }
}
