// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.stats;

import dev.quoin.server.watch.Reader;
import dev.quoin.stats.v1.WatchAnomaliesResponse;
import dev.quoin.streams.v1.Heartbeat;

/** Tells anomalies to one caller, and how many it missed because it was slow. */
final class AnomalyReader implements Reader<WatchedAnomalies.Newest, WatchAnomaliesResponse> {
  private static final WatchAnomaliesResponse BEAT =
      WatchAnomaliesResponse.newBuilder().setHeartbeat(Heartbeat.getDefaultInstance()).build();

  private final String context;
  private long seen = -1;
  private long missed;

  /**
   * @param context the only one that is of interest, empty for all
   */
  AnomalyReader(String context) {
    this.context = context;
  }

  /** The first message is a heartbeat: from then on anomalies are heard. */
  @Override
  public WatchAnomaliesResponse next(WatchedAnomalies.Newest newest) {
    boolean begins = seen < 0;
    if (!begins && (newest.number() == seen || !isWanted(newest))) {
      seen = newest.number();
      return null;
    }
    seen = newest.number();
    return withMissed(begins ? BEAT : newest.message());
  }

  @Override
  public void skipped(WatchedAnomalies.Newest newest) {
    if (newest.number() != seen) {
      missed += isWanted(newest) ? 1 : 0;
      seen = newest.number();
    }
  }

  @Override
  public WatchAnomaliesResponse heartbeat(WatchedAnomalies.Newest newest, boolean stale) {
    return withMissed(BEAT);
  }

  private WatchAnomaliesResponse withMissed(WatchAnomaliesResponse message) {
    WatchAnomaliesResponse told = message.toBuilder().setMissed(missed).build();
    missed = 0;
    return told;
  }

  private boolean isWanted(WatchedAnomalies.Newest newest) {
    return newest.message() != null
        && (context.isEmpty() || context.equals(newest.message().getAnomaly().getContext()));
  }
}
