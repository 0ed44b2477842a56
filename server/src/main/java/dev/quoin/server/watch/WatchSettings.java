// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.watch;

/**
 * How a kind of state is watched.
 *
 * @param pauseMillis how long at least between two loads of one state, however often it changes
 * @param sweepMillis how often it is loaded without a hint, since hints can be lost
 * @param lingerMillis how long its subscription is kept once nobody watches
 */
public record WatchSettings(long pauseMillis, long sweepMillis, long lingerMillis) {
  /** Loads at once, sweeps every 5 seconds, lingers for 10. */
  public static final WatchSettings USUAL = new WatchSettings(0, 5_000, 10_000);

  /** The same with a pause between loads. */
  public WatchSettings withPause(long millis) {
    return new WatchSettings(millis, sweepMillis, lingerMillis);
  }
}
