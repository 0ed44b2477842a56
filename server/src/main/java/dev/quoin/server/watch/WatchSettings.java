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
  /** Loads at once, sweeps every 4 seconds, so that 5 can be promised, lingers for 2. */
  public static final WatchSettings USUAL = new WatchSettings(0, 4_000, 2_000);

  /** The same with a pause between loads. */
  public WatchSettings withPause(long millis) {
    return new WatchSettings(millis, sweepMillis, lingerMillis);
  }
}
