// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.server.errors.ApiException;
import io.lettuce.core.AbstractRedisAsyncCommands;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.logging.Level;
import java.util.logging.Logger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Runs Lua scripts: by digest, and by text on the same node where Redis does not know it yet. */
public final class Scripts {
  private static final Logger LOG = Logger.getLogger(Scripts.class.getName());
  private static final Pattern LINE = Pattern.compile("user_script:(\\d+)");
  private static final int BYTES_OF_A_VALUE = 16;
  private static final AttributeKey<String> SYSTEM = AttributeKey.stringKey("db.system.name");
  private static final AttributeKey<String> OPERATION = AttributeKey.stringKey("db.operation.name");
  private static final AttributeKey<String> SCRIPT =
      AttributeKey.stringKey("db.stored_procedure.name");
  private static final AttributeKey<String> ERROR = AttributeKey.stringKey("error.type");

  private final Redis redis;
  private final DoubleHistogram duration;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  /**
   * What there is for each script.
   *
   * @param succeeded the attributes under which a run that succeeded is measured
   * @param replies how long its replies are
   */
  private record Known(Attributes succeeded, ReplySize.ByKey replies) {}

  public Scripts(Redis redis, Meter meter) {
    this.redis = redis;
    this.duration =
        meter
            .histogramBuilder("db.client.operation.duration")
            .setUnit("s")
            .setDescription("Time from sending a command to Redis to its answer, by script.")
            .setExplicitBucketBoundariesAdvice(
                List.of(0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.25, 1.0, 5.0))
            .build();
  }

  /** Where the scripts run. */
  public Redis redis() {
    return redis;
  }

  /**
   * Runs a script. An error reply that begins with a reason becomes an {@link ApiException}.
   *
   * @param arguments strings, whole numbers or byte arrays
   */
  public CompletableFuture<Reply> run(
      LuaScript script, RequestContext scope, String[] keys, Object... arguments) {
    return run(script, scope, keys, reply -> {}, arguments);
  }

  /**
   * Runs a script whose effect somebody has to answer for.
   *
   * @param late takes the reply when it comes after the caller was told that there is none
   */
  public CompletableFuture<Reply> run(
      LuaScript script,
      RequestContext scope,
      String[] keys,
      Consumer<Reply> late,
      Object... arguments) {
    script.check(keys.length, arguments.length);
    Known own = known.computeIfAbsent(script.name(), name -> makeKnown(script));
    ReplySize size = own.replies().of(keys[0]);
    return redis.ask(
        scope,
        keys[0],
        CommandProfile.of(script, size, keys, arguments),
        (commands, answered) -> {
          long begin = System.nanoTime();
          evalsha(
              commands,
              script,
              keys,
              arguments,
              (values, failure) -> {
                if (failure instanceof RedisNoScriptException) {
                  eval(commands, script, keys, arguments)
                      .whenComplete((v, f) -> settle(script, own, size, begin, answered, v, f));
                } else {
                  settle(script, own, size, begin, answered, values, failure);
                }
              });
        },
        late);
  }

  private static Known makeKnown(LuaScript script) {
    return new Known(
        Attributes.of(SYSTEM, "redis", OPERATION, "EVALSHA", SCRIPT, script.name()),
        new ReplySize.ByKey(script.readsOnly()));
  }

  private static void evalsha(
      RedisClusterAsyncCommands<String, byte[]> commands,
      LuaScript script,
      String[] keys,
      Object[] arguments,
      BiConsumer<List<Object>, Throwable> answered) {
    ((AbstractRedisAsyncCommands<String, byte[]>) commands)
        .getConnection()
        .dispatch(
            new Evalsha(
                RedisConnector.CODEC,
                script.command(),
                script.readsOnly(),
                keys,
                arguments,
                answered));
  }

  private static CompletionStage<List<Object>> eval(
      RedisClusterAsyncCommands<String, byte[]> commands,
      LuaScript script,
      String[] keys,
      Object[] arguments) {
    byte[][] encoded = encode(arguments);
    return script.readsOnly()
        ? commands.evalReadOnly(script.body(), ScriptOutputType.MULTI, keys, encoded)
        : commands.eval(script.body(), ScriptOutputType.MULTI, keys, encoded);
  }

  private void settle(
      LuaScript script,
      Known own,
      ReplySize size,
      long begin,
      BiConsumer<? super Reply, ? super Throwable> answered,
      List<Object> values,
      Throwable failure) {
    if (failure == null) {
      long end = System.nanoTime();
      size.learn(bytes(values), end);
      duration.record((end - begin) / 1e9, own.succeeded());
      assert script.returns().fits(values)
          : "lua/%s.lua returned %s, which its header does not list"
              .formatted(script.name(), new Reply(values));
      answered.accept(new Reply(values), null);
      return;
    }
    if (!Failures.wasNotSent(failure)) {
      Throwable meant = Failures.of(failure);
      recordFailure(own, begin, meant);
      explain(script, meant);
    }
    answered.accept(null, failure);
  }

  private static byte[][] encode(Object[] arguments) {
    byte[][] encoded = new byte[arguments.length][];
    for (int i = 0; i < arguments.length; i++) {
      encoded[i] =
          arguments[i] instanceof byte[] bytes
              ? bytes
              : arguments[i].toString().getBytes(StandardCharsets.UTF_8);
    }
    return encoded;
  }

  private void recordFailure(Known own, long begin, Throwable failure) {
    Attributes attributes = own.succeeded();
    if (!(failure instanceof ApiException refusal && isOutcome(refusal))) {
      attributes = attributes.toBuilder().put(ERROR, failure.getClass().getSimpleName()).build();
    }
    duration.record((System.nanoTime() - begin) / 1e9, attributes);
  }

  private static long bytes(List<Object> values) {
    long bytes = 0;
    for (Object value : values) {
      bytes += value instanceof byte[] text ? BYTES_OF_A_VALUE + text.length : BYTES_OF_A_VALUE;
    }
    return bytes;
  }

  /** Whether the script itself said no: nothing went wrong with Redis. */
  private static boolean isOutcome(ApiException refusal) {
    return refusal.getCause() == null;
  }

  /** Logs a fault of a script with the lines around the place it happened at. */
  private static void explain(LuaScript script, Throwable failure) {
    if (failure instanceof ApiException) {
      return;
    }
    Matcher line = LINE.matcher(String.valueOf(failure.getMessage()));
    StringBuilder text = new StringBuilder("lua/" + script.name() + ".lua failed");
    if (line.find()) {
      int at = Integer.parseInt(line.group(1));
      List<String> lines = script.body().lines().toList();
      for (int i = Math.max(1, at - 2); i <= Math.min(lines.size(), at + 2); i++) {
        text.append(i == at ? "\n> " : "\n  ").append(i).append(": ").append(lines.get(i - 1));
      }
    }
    LOG.log(Level.SEVERE, "{0}: {1}", new Object[] {text, failure.getMessage()});
  }
}
