// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.redis;

import dev.quoin.server.errors.ApiException;
import io.lettuce.core.RedisNoScriptException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.cluster.api.async.RedisClusterAsyncCommands;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleHistogram;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.api.trace.Span;
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

  /** A run that has been sent. */
  private record Run(
      LuaScript script,
      Known own,
      ReplySize size,
      Trace trace,
      Span span,
      long begin,
      BiConsumer<? super Reply, ? super Throwable> answered) {}

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
          Run run =
              new Run(
                  script,
                  own,
                  size,
                  scope.trace(),
                  scope.trace().begin(script.name(), own.succeeded()),
                  System.nanoTime(),
                  answered);
          byte[][] encoded = encode(arguments);
          evalsha(commands, script, keys, encoded)
              .whenComplete(
                  (values, failure) -> {
                    if (failure instanceof RedisNoScriptException) {
                      eval(commands, script, keys, encoded)
                          .whenComplete((v, f) -> settle(run, v, f));
                    } else {
                      settle(run, values, failure);
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

  private static CompletionStage<List<Object>> evalsha(
      RedisClusterAsyncCommands<String, byte[]> commands,
      LuaScript script,
      String[] keys,
      byte[][] arguments) {
    return script.readsOnly()
        ? commands.evalshaReadOnly(script.sha(), ScriptOutputType.MULTI, keys, arguments)
        : commands.evalsha(script.sha(), ScriptOutputType.MULTI, keys, arguments);
  }

  private static CompletionStage<List<Object>> eval(
      RedisClusterAsyncCommands<String, byte[]> commands,
      LuaScript script,
      String[] keys,
      byte[][] arguments) {
    return script.readsOnly()
        ? commands.evalReadOnly(script.body(), ScriptOutputType.MULTI, keys, arguments)
        : commands.eval(script.body(), ScriptOutputType.MULTI, keys, arguments);
  }

  private void settle(Run run, List<Object> values, Throwable failure) {
    LuaScript script = run.script();
    if (failure == null) {
      long end = System.nanoTime();
      run.size().learn(bytes(values), end);
      duration.record((end - run.begin()) / 1e9, run.own().succeeded(), run.trace().context());
      run.span().end();
      assert script.returns().fits(values)
          : "lua/%s.lua returned %s, which its header does not list"
              .formatted(script.name(), new Reply(values));
      run.answered().accept(new Reply(values), null);
      return;
    }
    if (Failures.wasNotSent(failure)) {
      Trace.end(run.span(), failure);
    } else {
      Throwable meant = Failures.of(failure);
      recordFailure(run, meant);
      explain(script, meant);
    }
    run.answered().accept(null, failure);
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

  private void recordFailure(Run run, Throwable failure) {
    Attributes attributes = run.own().succeeded();
    boolean isOutcome = failure instanceof ApiException refusal && isOutcome(refusal);
    if (!isOutcome) {
      attributes = attributes.toBuilder().put(ERROR, failure.getClass().getSimpleName()).build();
    }
    duration.record((System.nanoTime() - run.begin()) / 1e9, attributes, run.trace().context());
    Trace.end(run.span(), isOutcome ? null : failure);
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
