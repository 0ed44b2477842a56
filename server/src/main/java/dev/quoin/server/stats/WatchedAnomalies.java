// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.quoin.server.watch.Look;
import dev.quoin.server.watch.Watched;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * The anomalies of one kind, as they are watched. They are told by hints alone and kept nowhere:
 * there is nothing to load.
 *
 * @param channel on which they are told
 */
record WatchedAnomalies(String channel) implements Watched<WatchedAnomalies.Newest> {
  private static final Logger LOG = Logger.getLogger(WatchedAnomalies.class.getName());

  /**
   * The newest anomaly.
   *
   * @param number how many were told before it
   * @param message null before the first
   */
  record Newest(long number, WatchAnomaliesResponse message) {}

  @Override
  public CompletionStage<Look<Newest>> load(Newest known) {
    return CompletableFuture.completedFuture(
        known == null ? Look.at(new Newest(0, null)) : Look.nothing());
  }

  @Override
  public Look<Newest> hinted(String payload, Newest known) {
    WatchAnomaliesResponse.Builder message = WatchAnomaliesResponse.newBuilder();
    try {
      JsonFormat.parser().ignoringUnknownFields().merge(payload, message);
    } catch (InvalidProtocolBufferException e) {
      LOG.log(Level.FINE, "an anomaly this version cannot read", e);
      return Look.nothing();
    }
    return Look.at(new Newest(known.number() + 1, message.build()));
  }
}
