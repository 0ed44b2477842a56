// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.server.watch.StateReader;

/** Tells how the newest slices of a counter stand, at one precision. */
final class CounterReader extends StateReader<CounterView, WatchResponse> {
  private final int precision;

  /**
   * @param precision place of the precision that is watched
   */
  CounterReader(int precision) {
    this.precision = precision;
  }

  @Override
  protected WatchResponse message(CounterView counter) {
    return counter.newestSlices(precision);
  }

  @Override
  public long changesInMillis(CounterView counter) {
    return counter.millisOpen(precision);
  }
}
