// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import java.time.Duration;

/**
 * How Redis is used.
 *
 * @param timeout how long an answer is waited for
 * @param allowVolatile accept a Redis that forgets everything when it stops
 * @param keyPrefix what all keys and channels begin with
 * @param maxCommands how many commands may be under way and wait for one connection
 * @param maxBytes how many bytes these and their expected replies may have
 */
public record RedisOptions(
    Duration timeout, boolean allowVolatile, String keyPrefix, int maxCommands, int maxBytes) {

  private static final Duration SHORTEST_SILENCE = Duration.ofSeconds(5);

  /** How long a connection may say nothing although it was asked. */
  Duration silence() {
    Duration silence = timeout.multipliedBy(2);
    return silence.compareTo(SHORTEST_SILENCE) < 0 ? SHORTEST_SILENCE : silence;
  }

  CommandQueue.Bounds bounds() {
    return CommandQueue.Bounds.of(maxCommands, maxBytes, timeout.toMillis());
  }
}
