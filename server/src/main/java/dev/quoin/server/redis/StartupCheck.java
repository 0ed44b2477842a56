// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisLoadingException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.sync.RedisClusterCommands;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Looks at Redis before the server uses it. */
final class StartupCheck {
  private static final LuaScript CHECK = LuaScript.load("startup/check");
  private static final int FLOOR_MAJOR = 7;

  private StartupCheck() {}

  /**
   * Why this Redis cannot be used and what to change; empty when it can.
   *
   * @param isThere whether a key belongs to the node that is asked
   */
  static Optional<String> problem(
      RedisClusterCommands<String, byte[]> redis,
      RedisAddress address,
      RedisOptions options,
      Predicate<String> isThere) {
    Optional<String> problem =
        problem(RedisInfo.parse(redis.info()), address, options.allowVolatile());
    return problem.isPresent() ? problem : rightsProblem(redis, options.keyPrefix(), isThere);
  }

  static Optional<String> problem(
      Map<String, String> info, RedisAddress address, boolean allowVolatile) {
    String version = info.getOrDefault("redis_version", "0");
    if (Integer.parseInt(version.split("\\.")[0]) < FLOOR_MAJOR) {
      return Optional.of(
          "Redis is version "
              + version
              + "; Quoin needs Redis 7.0 or Valkey 8 at least: upgrade it");
    }
    boolean cluster = "1".equals(info.get("cluster_enabled"));
    if (cluster && !address.cluster()) {
      return Optional.of(
          "this Redis is a node of a cluster; write redis-cluster:// instead of redis:// in its URI");
    }
    if (!cluster && address.cluster()) {
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

  /** Tries all that is done later, with a key and a channel that nobody uses. */
  static Optional<String> rightsProblem(
      RedisClusterCommands<String, byte[]> redis, String prefix, Predicate<String> isThere) {
    Keyspace keyspace = new Keyspace(prefix, "startup");
    String key =
        Stream.iterate(0, i -> i + 1)
            .map(i -> keyspace.own("-", "try" + i) + "check")
            .filter(isThere)
            .findFirst()
            .orElseThrow();
    try {
      List<byte[]> denied =
          redis.eval(
              CHECK.body(),
              ScriptOutputType.MULTI,
              new String[] {key},
              (key + ":hints").getBytes(StandardCharsets.UTF_8));
      return denied.isEmpty()
          ? Optional.empty()
          : Optional.of(
              "Redis does not permit the user that Quoin connects as, on keys and channels that"
                  + " begin with "
                  + prefix
                  + ":, the commands "
                  + denied.stream().map(String::new).collect(Collectors.joining(", "))
                  + ": "
                  + rights(prefix));
    } catch (RedisLoadingException e) {
      throw e;
    } catch (RedisCommandExecutionException e) {
      return Optional.of(
          "Redis refuses to run scripts that write, read and publish ("
              + e.getMessage()
              + "): if it does not permit that, "
              + rights(prefix));
    }
  }

  private static String rights(String prefix) {
    return "give the user ~%s:* &%s:* +@read +@write +@connection +@pubsub +@scripting +info +time"
        .formatted(prefix, prefix);
  }
}
