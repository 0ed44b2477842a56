// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import io.lettuce.core.RedisClient;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.ZStoreArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.async.RedisAsyncCommands;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/**
 * Decisions without a server, as a team would build them over sets and sorted sets, with no money,
 * no caps and no record of what was decided.
 */
final class NaiveAdWorkload implements Workload {
  /** The other way to decide inside of Redis: one script that looks at every candidate. */
  private static final String IN_ONE_SCRIPT =
      """
      local best, winner = -1, ''
      local ads = redis.call('SMEMBERS', KEYS[1])
      for from = 1, #ads, 1000 do
        local some = {unpack(ads, from, math.min(#ads, from + 999))}
        local base = redis.call('ZMSCORE', KEYS[2], unpack(some))
        local least, greatest = {}, {}
        for word = 3, #KEYS do
          for i, bonus in ipairs(redis.call('ZMSCORE', KEYS[word], unpack(some))) do
            if bonus then
              least[i] = math.min(least[i] or bonus, bonus)
              greatest[i] = math.max(greatest[i] or bonus, bonus)
            end
          end
        end
        for i = 1, #some do
          local ecpm = base[i] + ((least[i] or 0) + (greatest[i] or 0)) / 2
          if ecpm > best then
            best, winner = ecpm, some[i]
          end
        end
      end
      return winner
      """;

  private final RedisClient client;
  private final int words;
  private final boolean oneScript;
  private final List<StatefulRedisConnection<String, String>> connections = new ArrayList<>();
  private final String script;

  private NaiveAdWorkload(
      Testbed testbed, AdCatalogue catalogue, int words, int workers, boolean oneScript) {
    this.client = RedisClient.create(testbed.redisUri());
    this.words = words;
    this.oneScript = oneScript;
    for (int i = 0; i < workers; i++) {
      connections.add(client.connect());
    }
    this.script = connections.get(0).sync().scriptLoad(IN_ONE_SCRIPT);
    fill(connections.get(0), catalogue);
  }

  /** Unions and intersections into temporary keys, in one transaction. */
  static Factory temporaryKeys(AdCatalogue catalogue, int words) {
    return (testbed, workers) -> new NaiveAdWorkload(testbed, catalogue, words, workers, false);
  }

  /** One script over the same keys, without temporary ones. */
  static Factory oneScript(AdCatalogue catalogue, int words) {
    return (testbed, workers) -> new NaiveAdWorkload(testbed, catalogue, words, workers, true);
  }

  private static void fill(
      StatefulRedisConnection<String, String> connection, AdCatalogue catalogue) {
    RedisAsyncCommands<String, String> redis = connection.async();
    connection.setAutoFlushCommands(false);
    for (int number = 0; number < catalogue.ads(); number++) {
      AdCatalogue.BenchAd ad = catalogue.ad(number);
      ad.locations().forEach(location -> redis.sadd("idx:req:" + location, ad.id()));
      ad.words().forEach(word -> redis.zadd("idx:" + word, 0, ad.id()));
      redis.zadd("idx:ad:value:", ad.bidMicros(), ad.id());
      if (number % 1_000 == 0) {
        connection.flushCommands();
      }
    }
    connection.flushCommands();
    connection.setAutoFlushCommands(true);
    connection.sync().ping();
  }

  @Override
  public Operation worker(int index) {
    RedisAsyncCommands<String, String> redis = connections.get(index).async();
    Random random = new Random(index);
    return done -> {
      String location = "idx:req:" + AdCatalogue.location(random);
      List<String> page =
          AdCatalogue.words(random, words).stream().map(word -> "idx:" + word).toList();
      if (oneScript) {
        List<String> keys = new ArrayList<>(List.of(location, "idx:ad:value:"));
        keys.addAll(page);
        redis
            .<String>evalsha(script, ScriptOutputType.VALUE, keys.toArray(String[]::new))
            .whenComplete((winner, failure) -> tell(done, failure));
      } else {
        decide(redis, location, page).whenComplete((all, failure) -> tell(done, failure));
      }
    };
  }

  private static void tell(Operation.Done done, Throwable failure) {
    if (failure == null) {
      done.ok();
    } else {
      done.failed(failure);
    }
  }

  private static CompletionStage<?> decide(
      RedisAsyncCommands<String, String> redis, String location, List<String> page) {
    String id = "idx:" + UUID.randomUUID();
    redis.multi();
    redis.sunionstore(id + ":matched", location);
    redis.expire(id + ":matched", 300);
    redis.zinterstore(
        id + ":base", ZStoreArgs.Builder.weights(0, 1), id + ":matched", "idx:ad:value:");
    redis.expire(id + ":base", 30);
    List<String> bonuses = new ArrayList<>();
    for (int i = 0; i < page.size(); i++) {
      String bonus = id + ':' + i;
      bonuses.add(bonus);
      redis.zinterstore(bonus, ZStoreArgs.Builder.weights(0, 1), id + ":matched", page.get(i));
      redis.expire(bonus, 30);
    }
    String[] all = bonuses.toArray(String[]::new);
    redis.zunionstore(id + ":min", ZStoreArgs.Builder.min(), all);
    redis.expire(id + ":min", 30);
    redis.zunionstore(id + ":max", ZStoreArgs.Builder.max(), all);
    redis.expire(id + ":max", 30);
    redis.zunionstore(
        id + ":total",
        ZStoreArgs.Builder.weights(1, 0.5, 0.5),
        id + ":base",
        id + ":min",
        id + ":max");
    redis.expire(id + ":total", 30);
    redis.incr("ads:served:");
    redis.zrevrange(id + ":total", 0, 0);
    return redis.exec();
  }

  @Override
  public void close() {
    client.shutdown(0, 1, TimeUnit.SECONDS);
  }
}
