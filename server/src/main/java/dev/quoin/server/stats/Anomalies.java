// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.redis.Redis;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watches;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import io.netty.util.Timer;
import java.nio.charset.StandardCharsets;

/** Tells anomalies to those who watch them, on all servers, and writes them to the log. */
final class Anomalies {
  private final StatsStore stats;
  private final AnomalyLog log;
  private final Redis redis;
  private final Watches<WatchedAnomalies.Newest> watches;

  Anomalies(StatsStore stats, AnomalyLog log, Redis redis, Timer timer) {
    this.stats = stats;
    this.log = log;
    this.redis = redis;
    this.watches = new Watches<>(redis.pubSub(), timer, WatchSettings.USUAL);
  }

  /** Tells an anomaly, if it can; nobody waits for that. */
  void tell(RequestContext scope, Anomaly anomaly) {
    log.write(scope, anomaly);
    byte[] message = message(anomaly).getBytes(StandardCharsets.UTF_8);
    String channel = stats.channel(scope, anomaly.kind());
    redis.publish(scope.detached(), channel, message);
  }

  /** Watches the anomalies of a kind until the call ends. */
  void watch(
      Call call, String kind, String context, ResponseStream<WatchAnomaliesResponse> responses) {
    WatchedAnomalies anomalies = new WatchedAnomalies(stats.channel(call.scope(), kind));
    watches.open(anomalies, new AnomalyReader(context), call, responses);
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
