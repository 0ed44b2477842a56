// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Scripts;
import java.time.Duration;

/**
 * What was used not long ago, so that it can be listed.
 *
 * @param types those read or changed
 * @param services those an instance was announced for
 * @param maintenances those set
 */
record ConfigNames(NameIndex types, NameIndex services, NameIndex maintenances) {
  private static final Duration LONG = Duration.ofDays(400);
  private static final Duration SERVED = Duration.ofDays(1);

  static ConfigNames of(Scripts scripts, Keyspace keyspace) {
    return new ConfigNames(
        new NameIndex(scripts, keyspace, "types", LONG),
        new NameIndex(scripts, keyspace, "services", SERVED),
        new NameIndex(scripts, keyspace, "maintenances", LONG));
  }
}
