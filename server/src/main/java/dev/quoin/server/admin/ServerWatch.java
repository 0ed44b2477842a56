// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.admin;

import com.google.protobuf.util.Durations;
import dev.quoin.admin.v1.RedisNode;
import dev.quoin.admin.v1.ServiceFigures;
import dev.quoin.admin.v1.WatchServerResponse;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.telemetry.CallFigures;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** One WatchServer: tells again and again. */
final class ServerWatch {
  private static final double MEDIAN = 0.5;
  private static final double NEARLY_ALL = 0.99;

  private final Kernel kernel;
  private final RedisLooks looks;
  private final long periodMillis;
  private final ResponseStream<WatchServerResponse> responses;
  private final Map<String, CallFigures.Times> told = new HashMap<>();
  private boolean ended;

  ServerWatch(
      Kernel kernel,
      RedisLooks looks,
      Call call,
      long periodMillis,
      ResponseStream<WatchServerResponse> responses) {
    this.kernel = kernel;
    this.looks = looks;
    this.periodMillis = periodMillis;
    this.responses = responses;
    call.onCancel(() -> end(() -> {}));
    call.onDrain(() -> end(() -> responses.fail(ApiException.shuttingDown())));
  }

  void tell() {
    if (isEnded()) {
      return;
    }
    looks
        .look()
        .whenComplete(
            (look, failure) -> {
              responses.conflate(message(failure == null ? look : RedisLooks.Look.NONE));
              kernel.timer().newTimeout(t -> tell(), periodMillis, TimeUnit.MILLISECONDS);
            });
  }

  private WatchServerResponse message(RedisLooks.Look redis) {
    WatchServerResponse.Builder message =
        WatchServerResponse.newBuilder()
            .setServer(kernel.queues().server())
            .setServerVersion(version())
            .setUptime(Durations.fromMillis(ManagementFactory.getRuntimeMXBean().getUptime()));
    kernel
        .rpc()
        .figures()
        .forEach(
            (service, figures) -> {
              if (figures.calls() > 0) {
                message.addServiceFigures(figures(service, figures));
              }
            });
    if (redis != RedisLooks.Look.NONE) {
      message.setRedisLatency(Durations.fromNanos(redis.nanos()));
      new TreeMap<>(redis.nodes()).forEach((node, info) -> message.addRedisNodes(node(node, info)));
    }
    return message.build();
  }

  private ServiceFigures figures(String service, CallFigures figures) {
    CallFigures.Times all = figures.times();
    CallFigures.Times since = all.since(told.getOrDefault(service, CallFigures.Times.NONE));
    told.put(service, all);
    ServiceFigures.Builder message =
        ServiceFigures.newBuilder()
            .setServiceName(service)
            .setCallCount(figures.calls())
            .setFailedCount(figures.failed())
            .setRefusedCount(figures.refused())
            .setOpenStreams(figures.openStreams());
    if (!since.isEmpty()) {
      message
          .setP50Latency(Durations.fromMicros(since.quantileMicros(MEDIAN)))
          .setP99Latency(Durations.fromMicros(since.quantileMicros(NEARLY_ALL)));
    }
    return message.build();
  }

  private static RedisNode node(String name, Map<String, String> info) {
    return RedisNode.newBuilder()
        .setNode(name)
        .setUsedBytes(number(info, "used_memory"))
        .setMaxBytes(number(info, "maxmemory"))
        .setClientCount(number(info, "connected_clients"))
        .setCommandCount(number(info, "total_commands_processed"))
        .build();
  }

  private static long number(Map<String, String> info, String field) {
    String value = info.getOrDefault(field, "");
    return value.matches("\\d{1,18}") ? Long.parseLong(value) : 0;
  }

  private static String version() {
    String version = ServerWatch.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  private synchronized boolean isEnded() {
    return ended;
  }

  private synchronized void end(Runnable last) {
    if (!ended) {
      ended = true;
      last.run();
    }
  }
}
