// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.config;

import dev.quoin.server.names.Directory;
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
record ConfigNames(Directory types, Directory services, Directory maintenances) {
  private static final Duration LONG = Duration.ofDays(400);
  private static final Duration SERVED = Duration.ofDays(1);

  static ConfigNames of(Scripts scripts, Keyspace keyspace) {
    return new ConfigNames(
        new Directory(scripts, keyspace, "types", LONG),
        new Directory(scripts, keyspace, "services", SERVED),
        new Directory(scripts, keyspace, "maintenances", LONG));
  }
}
