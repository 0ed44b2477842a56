// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.telemetry;

import dev.quoin.server.redis.Redis;
import io.netty.util.Timer;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.logging.Logger;

/** What the nodes of Redis say of themselves, asked for in the background. */
public final class RedisHealth {
  private static final Logger LOG = Logger.getLogger(RedisHealth.class.getName());
  private static final AttributeKey<String> NODE = AttributeKey.stringKey("quoin.redis.node");
  private static final long PERIOD_SECONDS = 15;

  private final Redis redis;
  private volatile Map<String, Map<String, String>> nodes = Map.of();

  /**
   * A gauge of a field of INFO.
   *
   * @param name of the gauge
   * @param field of INFO
   */
  private record Field(String name, String unit, String field, String text) {}

  private static final List<Field> FIELDS =
      List.of(
          new Field("quoin.redis.memory.used", "By", "used_memory", "Memory that Redis uses."),
          new Field(
              "quoin.redis.memory.max",
              "By",
              "maxmemory",
              "Memory that Redis may use; 0 when there is no limit."),
          new Field(
              "quoin.redis.evicted.keys",
              "{key}",
              "evicted_keys",
              "Keys that Redis has evicted since it started: each is a loss."),
          new Field(
              "quoin.redis.clients", "{connection}", "connected_clients", "Connections to Redis."),
          new Field(
              "quoin.redis.replicas", "{replica}", "connected_slaves", "Replicas of a master."),
          new Field(
              "quoin.redis.persistence.ok",
              "",
              "aof_last_write_status",
              "Whether the last write to the append-only file succeeded."));

  private RedisHealth(Redis redis) {
    this.redis = redis;
  }

  /**
   * Begins; goes on as long as the timer does.
   *
   * @param isUp whether Redis answers
   */
  public static RedisHealth start(
      Redis redis, Timer timer, Telemetry telemetry, BooleanSupplier isUp) {
    RedisHealth health = new RedisHealth(redis);
    if (telemetry.isOn()) {
      telemetry.gauge(
          "quoin.redis.up",
          "",
          "Whether Redis answers this server.",
          gauge -> gauge.record(isUp.getAsBoolean() ? 1 : 0));
      FIELDS.forEach(field -> health.show(telemetry, field));
      health.lookAndLater(timer);
    }
    return health;
  }

  private void show(Telemetry telemetry, Field field) {
    telemetry.gauge(
        field.name(),
        field.unit(),
        field.text(),
        gauge ->
            nodes.forEach(
                (node, info) -> {
                  String value = info.get(field.field());
                  if (value != null) {
                    gauge.record(number(value), Attributes.of(NODE, node));
                  }
                }));
  }

  private static long number(String value) {
    return value.matches("\\d{1,18}") ? Long.parseLong(value) : value.equals("ok") ? 1 : 0;
  }

  /** Asks now. */
  public CompletionStage<Void> runNow() {
    return redis.info().thenAccept(all -> nodes = all);
  }

  private void lookAndLater(Timer timer) {
    runNow()
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                LOG.log(Level.FINE, "asks Redis again later", failure);
                nodes = Map.of();
              }
              timer.newTimeout(t -> lookAndLater(timer), PERIOD_SECONDS, TimeUnit.SECONDS);
            });
  }
}
