// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.quotas;

/**
 * What is stored, about.
 *
 * @param bytes in the memory of Redis
 */
public record Stored(long keys, long bytes) {
  static final Stored NOTHING = new Stored(0, 0);

  Stored plus(Stored other) {
    return new Stored(keys + other.keys, bytes + other.bytes);
  }
}
