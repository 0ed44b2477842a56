// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.server.watch.Reader;

/** Tells how the newest slices of a counter stand, at one precision. */
final class CounterReader implements Reader<CounterView, WatchResponse> {
  private final int precision;
  private WatchResponse told;

  /**
   * @param precision place of the precision that is watched
   */
  CounterReader(int precision) {
    this.precision = precision;
  }

  @Override
  public WatchResponse next(CounterView counter) {
    WatchResponse now = counter.newestSlices(precision);
    if (now.equals(told)) {
      return null;
    }
    told = now;
    return now;
  }

  /** The same slices again. */
  @Override
  public WatchResponse heartbeat(CounterView counter, boolean stale) {
    return told;
  }

  @Override
  public long changesInMillis(CounterView counter) {
    return counter.millisOpen(precision);
  }
}
