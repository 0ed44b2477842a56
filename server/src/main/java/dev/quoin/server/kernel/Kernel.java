// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.kernel;

import dev.quoin.server.quotas.StorageSampler;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Rpc;
import dev.quoin.server.settings.Settings;
import dev.quoin.server.tail.Tails;
import dev.quoin.server.telemetry.Telemetry;
import dev.quoin.server.waiting.WaitQueues;
import io.netty.util.Timer;
import io.opentelemetry.api.metrics.Meter;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * What every feature is built on.
 *
 * @param rpc serves RPCs
 * @param scripts runs Lua in Redis
 * @param queues lets callers wait
 * @param tails lets callers follow logs
 * @param timer runs small things later
 * @param sockets lets features listen to other protocols than gRPC
 * @param telemetry takes what operators want to graph
 * @param storage knows what namespaces store
 * @param settings the configuration of the server
 * @param parts what services share, by its kind: see {@link #part}
 */
public record Kernel(
    Rpc rpc,
    Scripts scripts,
    WaitQueues queues,
    Tails tails,
    Timer timer,
    Sockets sockets,
    Telemetry telemetry,
    StorageSampler storage,
    Settings settings,
    Map<Class<?>, Object> parts) {

  public Kernel(
      Rpc rpc,
      Scripts scripts,
      WaitQueues queues,
      Tails tails,
      Timer timer,
      Sockets sockets,
      Telemetry telemetry,
      StorageSampler storage,
      Settings settings) {
    this(
        rpc,
        scripts,
        queues,
        tails,
        timer,
        sockets,
        telemetry,
        storage,
        settings,
        new ConcurrentHashMap<>());
  }

  /** What the services of one feature have together: a server has one of each kind. */
  public <T> T part(Class<T> kind, Function<Kernel, T> make) {
    return kind.cast(parts.computeIfAbsent(kind, absent -> make.apply(this)));
  }

  /** Makes instruments. */
  public Meter meter() {
    return telemetry.meter();
  }

  /** The keys of a feature. */
  public Keyspace keyspace(String feature) {
    return new Keyspace(settings.keyPrefix(), feature);
  }
}
