// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Tells anomalies to those who watch them, on all servers, and writes them to the log. */
final class Anomalies {
  private final StatsStore stats;
  private final AnomalyLog log;
  private final Redis redis;
  private final Timer timer;
  private final Map<String, AnomalyWatch> watches = new ConcurrentHashMap<>();

  Anomalies(StatsStore stats, AnomalyLog log, Redis redis, Timer timer) {
    this.stats = stats;
    this.log = log;
    this.redis = redis;
    this.timer = timer;
  }

  /** Tells an anomaly, if it can; nobody waits for that. */
  void tell(Scope scope, Anomaly anomaly) {
    log.write(scope, anomaly);
    byte[] message = message(anomaly).getBytes(StandardCharsets.UTF_8);
    String channel = stats.channel(scope, anomaly.kind());
    redis.publish(scope.detached(), channel, message);
  }

  /** Watches the anomalies of a kind until the call ends. */
  void watch(Call call, String kind, String context, Sink<WatchAnomaliesResponse> sink) {
    String channel = stats.channel(call.scope(), kind);
    AnomalyWatch watch =
        watches.compute(
            channel,
            (key, open) -> {
              AnomalyWatch one =
                  open != null ? open : new AnomalyWatch(channel, redis.channels(), timer);
              one.add(sink, context);
              return one;
            });
    Runnable leave =
        () -> watches.computeIfPresent(channel, (key, open) -> open.remove(sink) ? null : open);
    call.onCancel(leave);
    call.onDrain(
        () -> {
          leave.run();
          sink.fail(Refusal.shuttingDown());
        });
    watch
        .begin(sink)
        .whenComplete(
            (heard, failure) -> {
              if (failure != null) {
                leave.run();
                sink.fail(failure);
              }
            });
  }

  private static String message(Anomaly anomaly) {
    WatchAnomaliesResponse message =
        WatchAnomaliesResponse.newBuilder()
            .setAnomaly(
                WatchAnomaliesResponse.Anomaly.newBuilder()
                    .setKind(anomaly.kind())
                    .setContext(anomaly.context())
                    .setValue(anomaly.value())
                    .setCount(anomaly.count())
                    .setMean(anomaly.mean())
                    .setStddev(anomaly.stddev())
                    .setTime(Timestamps.fromSeconds(anomaly.second()))
                    .setSuppressed(anomaly.suppressed()))
            .build();
    try {
      return JsonFormat.printer().omittingInsignificantWhitespace().print(message);
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("cannot be written as JSON", e);
    }
  }
}
