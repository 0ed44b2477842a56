// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.names.NameIndex;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Figures in Redis. Keys carry their hour, and the clock of Redis says which hour it is: a script
 * that was sent with the keys of another hour changes nothing and tells the right one, for which it
 * is sent again.
 */
final class StatsStore {
  private static final LuaScript RECORD = LuaScript.load("stats/record");
  private static final LuaScript GET = LuaScript.load("stats/get");
  private static final LuaScript SLOWEST = LuaScript.load("stats/slowest");
  private static final Duration LISTED = Duration.ofHours(25);

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final NameIndex index;
  private final Hours hours;

  StatsStore(Scripts scripts, Keyspace keyspace) {
    this(scripts, keyspace, System.currentTimeMillis() / Duration.ofHours(1).toMillis());
  }

  /**
   * @param hour that is taken for the current one until Redis says otherwise
   */
  StatsStore(Scripts scripts, Keyspace keyspace, long hour) {
    this.hours = new Hours(hour);
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.index = new NameIndex(scripts, keyspace, LISTED);
  }

  /**
   * What became of values.
   *
   * @param anomalous whether the last one is far above the usual
   * @param anomaly one that is to be told, or null
   */
  record Recorded(long hour, long count, double mean, boolean anomalous, Anomaly anomaly) {}

  /** A context and its mean. */
  record Slow(String context, double mean) {}

  /** The contexts with the highest means of an hour. */
  record Ranking(long hour, List<Slow> slowest) {}

  /** Adds values. */
  CompletionStage<Recorded> record(
      RequestContext scope, Series series, List<Double> values, Once once) {
    StatsKeys keys = StatsKeys.of(keyspace, scope.namespace(), series);
    CompletionStage<Recorded> recorded =
        hours
            .ask(
                Window.ago(0),
                hour -> {
                  Arguments arguments =
                      Arguments.of(once.digest(), hour, series.context()).addAll(values);
                  return scripts.run(
                      RECORD,
                      scope,
                      new String[] {keys.series(hour), keys.slowest(hour), keys.request(once.id())},
                      arguments.toArray());
                })
            .thenApply(told -> recorded(series, told));
    return index.record(scope, series.name(), recorded);
  }

  /** The figures of a context. */
  CompletionStage<Figures> get(RequestContext scope, Series series, Window window) {
    StatsKeys keys = StatsKeys.of(keyspace, scope.namespace(), series);
    return hours
        .ask(
            window,
            hour -> scripts.run(GET, scope, new String[] {keys.series(hour)}, window.word(), hour))
        .thenApply(
            told -> {
              window.check(told.current());
              return figures(told, window);
            });
  }

  /** The contexts of a kind with the highest means. */
  CompletionStage<Ranking> slowest(RequestContext scope, String kind, Window window, int limit) {
    return hours
        .askAll(
            window,
            StatsKeys.SHARDS,
            (shard, asked, hour) ->
                scripts.run(
                    SLOWEST,
                    scope,
                    new String[] {
                      StatsKeys.slowest(keyspace, scope.namespace(), kind, shard, hour)
                    },
                    asked.word(),
                    hour,
                    limit))
        .thenApply(
            told -> {
              window.check(told.answers().get(0).current());
              return ranking(told, limit);
            });
  }

  /**
   * Pairs of kind and context.
   *
   * @param kind empty for all
   * @param prefix what the contexts begin with
   */
  CompletionStage<NameIndex.Page> list(
      RequestContext scope, String kind, String prefix, int size, String token) {
    String begin = kind.isEmpty() ? "" : new Series(kind, prefix).name();
    return index.list(scope, begin, size, token);
  }

  /** Where anomalies of a kind are told. */
  String channel(RequestContext scope, String kind) {
    return StatsKeys.anomalies(keyspace, scope.namespace(), kind);
  }

  private static Recorded recorded(Series series, Hours.Told told) {
    Reply reply = told.reply();
    long second = reply.integer();
    long count = reply.integer();
    double mean = reply.real();
    boolean anomalous = reply.flag();
    Anomaly anomaly = null;
    if (reply.hasMore()) {
      double value = reply.real();
      long countBefore = reply.integer();
      double meanBefore = reply.real();
      double deviation = reply.real();
      anomaly =
          new Anomaly(
              series.kind(),
              series.context(),
              value,
              countBefore,
              meanBefore,
              deviation,
              second,
              reply.integer());
    }
    return new Recorded(told.current(), count, mean, anomalous, anomaly);
  }

  private static Figures figures(Hours.Told told, Window window) {
    Reply reply = told.reply();
    long current = told.current();
    long hour = window.at(current);
    Sketch sketch = new Sketch();
    ByteBuffer figures = ByteBuffer.allocate(Double.BYTES * 6);
    while (reply.hasMore()) {
      String field = reply.text();
      if (field.equals("s")) {
        figures = ByteBuffer.wrap(reply.bytes());
      } else {
        sketch.add(field, Long.parseLong(reply.text()));
      }
    }
    double count = figures.getDouble();
    double mean = figures.getDouble();
    double squares = figures.getDouble();
    double min = figures.getDouble();
    double max = figures.getDouble();
    double sum = figures.getDouble();
    double stddev = count > 1 ? Math.sqrt(squares / (count - 1)) : 0;
    return new Figures(hour, hour == current, (long) count, sum, min, max, mean, stddev, sketch);
  }

  private static Ranking ranking(Hours.AllTold told, int limit) {
    List<Slow> all = new ArrayList<>();
    for (Hours.Told answer : told.answers()) {
      Reply reply = answer.reply();
      while (reply.hasMore()) {
        all.add(new Slow(reply.text(), reply.real()));
      }
    }
    all.sort(Comparator.comparingDouble(Slow::mean).reversed().thenComparing(Slow::context));
    return new Ranking(told.hour(), all.subList(0, Math.min(limit, all.size())));
  }
}
