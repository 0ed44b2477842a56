// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.counters;

import dev.quoin.counters.v1.WatchResponse;
import dev.quoin.server.rpc.Sink;
import java.util.concurrent.TimeUnit;

/** One who watches a counter. */
final class CounterWatcher {
  /** How long the stream is silent at most; a little less than the time between two looks. */
  private static final long SILENCE_NANOS = TimeUnit.MILLISECONDS.toNanos(4_900);

  private final int precision;
  private final Sink<WatchResponse> sink;
  private WatchResponse told;
  private long toldAt;

  /**
   * @param precision place of the precision that is watched
   */
  CounterWatcher(int precision, Sink<WatchResponse> sink) {
    this.precision = precision;
    this.sink = sink;
  }

  int precision() {
    return precision;
  }

  /** Whether nothing was told yet. */
  synchronized boolean isNew() {
    return told == null;
  }

  /** Tells how the counter stands, if that is new or nothing was told for long. */
  synchronized void tell(WatchResponse state) {
    long now = System.nanoTime();
    if (!state.equals(told) || now - toldAt >= SILENCE_NANOS) {
      told = state;
      toldAt = now;
      sink.conflate(state);
    }
  }

  void fail(Throwable failure) {
    sink.fail(failure);
  }
}
