// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.quotas.StorageSampler;
import dev.quoin.server.quotas.Stored;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.rpc.Connections;
import dev.quoin.server.tail.Tails;
import dev.quoin.server.telemetry.Telemetry;
import dev.quoin.server.waiting.WaitQueues;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import java.util.HashMap;
import java.util.Map;
import java.util.function.ToLongFunction;

/** Gauges of what the kernel knows in memory; reading them asks nobody. */
final class ServerGauges {
  private final Telemetry telemetry;

  ServerGauges(Telemetry telemetry) {
    this.telemetry = telemetry;
  }

  void show(
      String version, WaitQueues queues, Tails tails, StorageSampler storage, Connections open) {
    Attributes build =
        Attributes.of(
            AttributeKey.stringKey("version"),
            version,
            AttributeKey.stringKey("java"),
            System.getProperty("java.version"));
    telemetry.gauge(
        "quoin.build", "", "Always 1: the version is a label.", gauge -> gauge.record(1, build));
    telemetry.gauge(
        "quoin.connections.open",
        "{connection}",
        "Connections of callers.",
        gauge -> gauge.record(open.open()));
    telemetry.sums(
        "quoin.waiters",
        "{waiter}",
        "Callers of this server that wait for a lease.",
        values ->
            queues.sizes(
                (channel, size) -> {
                  Keyspace.Place place = Keyspace.place(channel);
                  values.add(place.feature(), place.namespace(), size);
                }));
    telemetry.sums(
        "quoin.holders",
        "{lease}",
        "Leases that open Hold streams of this server keep.",
        values ->
            queues.held().forEach((of, count) -> values.add(word(of, 0), word(of, 1), count)));
    telemetry.gauge(
        "quoin.log.lag",
        "{entry}",
        "Entries that the slowest stream of this server is behind its log.",
        gauge -> {
          Map<Attributes, Long> most = new HashMap<>();
          tails.lags(
              (channel, lag) -> {
                Keyspace.Place place = Keyspace.place(channel);
                most.merge(telemetry.of(place.feature(), place.namespace()), lag, Math::max);
              });
          most.forEach((attributes, lag) -> gauge.record(lag, attributes));
        });
    stored("quoin.stored.keys", "{key}", "Keys in Redis, about.", storage, Stored::keys);
    stored("quoin.stored.memory", "By", "Memory of Redis, about.", storage, Stored::bytes);
  }

  private void stored(
      String name, String unit, String text, StorageSampler storage, ToLongFunction<Stored> of) {
    telemetry.sums(
        name,
        unit,
        text,
        values ->
            storage
                .all()
                .forEach(
                    (line, stored) ->
                        values.add(word(line, 1), word(line, 0), of.applyAsLong(stored))));
  }

  private static String word(String text, int at) {
    return text.split(" ")[at];
  }
}
