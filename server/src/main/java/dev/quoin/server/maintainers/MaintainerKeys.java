// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.maintainers;

import dev.quoin.server.redis.Keyspace;

/**
 * The key of a maintainer.
 *
 * <pre>
 * {prefix}:-:{feature}:{%{maintainer}}:leader  string  the server that does the work; expires after three periods
 * </pre>
 */
record MaintainerKeys(String leader) {

  static MaintainerKeys of(Keyspace keyspace, String maintainer) {
    return new MaintainerKeys(keyspace.own("-", maintainer) + "leader");
  }
}
