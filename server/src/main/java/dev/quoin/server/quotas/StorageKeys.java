// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

import dev.quoin.server.redis.Keyspace;

/**
 * The key of what is known about storage.
 *
 * <pre>
 * {prefix}:-:quotas:{%storage}:measured  string  what each namespace stores of each feature, about; 1 day
 * </pre>
 */
record StorageKeys(String measured) {

  static StorageKeys of(Keyspace keyspace) {
    return new StorageKeys(keyspace.own("-", "storage") + "measured");
  }
}
