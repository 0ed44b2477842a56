// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.doctor;

import dev.quoin.server.redis.RedisInfo;
import dev.quoin.server.redis.RedisNodes;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * What a node says of itself.
 *
 * @param info fields of INFO
 * @param settings those of Redis that matter; empty when it does not tell
 * @param clockAheadMillis how far its clock is ahead of the one here
 * @param pingMicros how long the quickest of some PINGs took: the way there and back
 * @param cluster fields of CLUSTER INFO; empty when it is none
 * @param bigKeys bytes of the largest keys of a sample, by key
 * @param sampled how many keys were looked at
 */
record NodeFacts(
    Map<String, String> info,
    Map<String, String> settings,
    long clockAheadMillis,
    long pingMicros,
    Map<String, String> cluster,
    Map<String, Long> bigKeys,
    int sampled) {
  private static final int PINGS = 21;
  private static final int MOST_SAMPLED = 2_000;
  private static final int PAGE = 500;
  private static final List<String> SETTINGS =
      List.of("appendfsync", "min-replicas-to-write", "maxclients");

  static NodeFacts of(RedisNodes.Node node, String keyPrefix, long bigBytes) {
    RedisClusterCommands<String, byte[]> redis = node.commands();
    Map<String, String> info = RedisInfo.parse(redis.info());
    Map<String, String> cluster =
        "1".equals(info.get("cluster_enabled")) ? RedisInfo.parse(redis.clusterInfo()) : Map.of();
    Map<String, Long> big = new HashMap<>();
    int sampled = node.isUpstream() ? sample(redis, keyPrefix, bigBytes, big) : 0;
    return new NodeFacts(
        info, settings(redis), clockAhead(redis), ping(redis), cluster, Map.copyOf(big), sampled);
  }

  String text(String field) {
    return info.getOrDefault(field, "");
  }

  long number(String field) {
    String value = text(field);
    return value.matches("\\d{1,18}") ? Long.parseLong(value) : 0;
  }

  private static Map<String, String> settings(RedisClusterCommands<String, byte[]> redis) {
    Map<String, String> found = new HashMap<>();
    try {
      SETTINGS.forEach(name -> found.putAll(redis.configGet(name)));
    } catch (RedisCommandExecutionException e) {
      // It may well not permit that; what is not known is not judged.
      return Map.of();
    }
    return Map.copyOf(found);
  }

  /** As of the middle of the question. */
  private static long clockAhead(RedisClusterCommands<String, byte[]> redis) {
    long before = System.currentTimeMillis();
    List<byte[]> time = redis.time();
    long after = System.currentTimeMillis();
    long millis =
        TimeUnit.SECONDS.toMillis(number(time.get(0)))
            + TimeUnit.MICROSECONDS.toMillis(number(time.get(1)));
    return millis - (before + after) / 2;
  }

  private static long number(byte[] text) {
    return Long.parseLong(new String(text, StandardCharsets.US_ASCII));
  }

  private static long ping(RedisClusterCommands<String, byte[]> redis) {
    long quickest = Long.MAX_VALUE;
    for (int i = 0; i < PINGS; i++) {
      long begin = System.nanoTime();
      redis.ping();
      quickest = Math.min(quickest, System.nanoTime() - begin);
    }
    return TimeUnit.NANOSECONDS.toMicros(quickest);
  }

  private static int sample(
      RedisClusterCommands<String, byte[]> redis,
      String keyPrefix,
      long bigBytes,
      Map<String, Long> big) {
    ScanArgs arguments = ScanArgs.Builder.matches(keyPrefix + ":*").limit(PAGE);
    ScanCursor cursor = ScanCursor.INITIAL;
    int sampled = 0;
    for (int page = 0; page < MOST_SAMPLED / PAGE && !cursor.isFinished(); page++) {
      KeyScanCursor<String> found = redis.scan(cursor, arguments);
      cursor = found;
      for (String key : found.getKeys()) {
        Long bytes = redis.memoryUsage(key);
        sampled++;
        if (bytes != null && bytes >= bigBytes) {
          big.put(key, bytes);
        }
      }
    }
    return sampled;
  }
}
