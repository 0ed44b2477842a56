// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import dev.quoin.server.redis.Redis;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Asks Redis how it is doing, at most once in half a second however many want to know. */
final class RedisLooks {
  private static final long FRESH_NANOS = 500_000_000;

  private final Redis redis;
  private CompletionStage<Look> newest;
  private long begin;

  RedisLooks(Redis redis) {
    this.redis = redis;
  }

  /**
   * What Redis said.
   *
   * @param nodes the fields of INFO by node
   * @param nanos it took to answer
   */
  record Look(Map<String, Map<String, String>> nodes, long nanos) {
    static final Look NONE = new Look(Map.of(), 0);
  }

  synchronized CompletionStage<Look> look() {
    long now = System.nanoTime();
    if (newest == null || now - begin > FRESH_NANOS) {
      begin = now;
      newest = redis.info().thenApply(nodes -> new Look(nodes, System.nanoTime() - now));
    }
    return newest;
  }
}
