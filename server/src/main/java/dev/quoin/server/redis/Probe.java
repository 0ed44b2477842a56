// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Looks at Redis before the server uses it. */
final class Probe {
  private static final int FLOOR_MAJOR = 7;

  private Probe() {}

  /**
   * Why this Redis cannot be used and what to change; empty when it can.
   *
   * @param allowVolatile accept a Redis that forgets everything when it stops
   */
  static Optional<String> problem(
      RedisClusterCommands<String, byte[]> redis, RedisTarget target, boolean allowVolatile) {
    Optional<String> problem = problem(parse(redis.info()), target, allowVolatile);
    return problem.isPresent() ? problem : scriptProblem(redis);
  }

  static Optional<String> problem(
      Map<String, String> info, RedisTarget target, boolean allowVolatile) {
    String version = info.getOrDefault("redis_version", "0");
    if (Integer.parseInt(version.split("\\.")[0]) < FLOOR_MAJOR) {
      return Optional.of(
          "Redis is version "
              + version
              + "; Quoin needs Redis 7.0 or Valkey 8 at least: upgrade it");
    }
    boolean cluster = "1".equals(info.get("cluster_enabled"));
    if (cluster && !target.cluster()) {
      return Optional.of(
          "this Redis is a node of a cluster; write redis-cluster:// instead of redis:// in its URI");
    }
    if (!cluster && target.cluster()) {
      return Optional.of(
          "this Redis is not in cluster mode; write redis:// instead of redis-cluster:// in its URI");
    }
    String policy = info.getOrDefault("maxmemory_policy", "noeviction");
    if (!policy.equals("noeviction") && !"0".equals(info.getOrDefault("maxmemory", "0"))) {
      return Optional.of(
          "Redis may evict keys (maxmemory-policy "
              + policy
              + "), which would break locks and lose data: set maxmemory-policy noeviction");
    }
    if ("0".equals(info.get("aof_enabled")) && !allowVolatile) {
      return Optional.of(
          "Redis keeps no append-only file, so acknowledged writes are lost when it stops: set"
              + " appendonly yes in Redis, or start Quoin with --allow-volatile-redis to accept"
              + " that");
    }
    return Optional.empty();
  }

  private static Optional<String> scriptProblem(RedisClusterCommands<String, byte[]> redis) {
    try {
      // Without a key: the user may be allowed those of the prefix only.
      redis.eval("return 1", ScriptOutputType.INTEGER, new String[0], new byte[0][]);
      return Optional.empty();
    } catch (RedisLoadingException e) {
      throw e;
    } catch (RedisCommandExecutionException e) {
      return Optional.of(
          "Redis refuses to run scripts ("
              + e.getMessage()
              + "): allow this user EVAL and EVALSHA, for example with +@scripting");
    }
  }

  private static Map<String, String> parse(String info) {
    Map<String, String> values = new LinkedHashMap<>();
    info.lines()
        .map(line -> line.split(":", 2))
        .filter(parts -> parts.length == 2)
        .forEach(parts -> values.put(parts[0], parts[1].trim()));
    return values;
  }
}
