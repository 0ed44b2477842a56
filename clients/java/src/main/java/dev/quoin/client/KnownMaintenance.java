// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.Timestamp;
import dev.quoin.config.v1.Maintenance;
import java.time.Duration;

/**
 * What was told of a maintenance, and when, by {@link System#nanoTime}. Its end is a time of Redis,
 * whose clock need not be ours: what counts is how long after the message it is. Never changes.
 *
 * @param endsAt when it ends; without meaning when it has no end
 * @param heardAt when the server was heard last
 */
record KnownMaintenance(Maintenance maintenance, long endsAt, long heardAt) {
  /** An end that is further away is as good as none. */
  private static final Duration FAR = Duration.ofDays(36_500);

  /** Heartbeats come every 5 seconds. */
  private static final Duration SILENCE = Duration.ofSeconds(15);

  static KnownMaintenance none() {
    long now = System.nanoTime();
    return new KnownMaintenance(Maintenance.getDefaultInstance(), now, now);
  }

  /** What is so at a time of Redis. */
  static KnownMaintenance of(Maintenance maintenance, Timestamp asOf) {
    long now = System.nanoTime();
    return new KnownMaintenance(maintenance, endsAt(maintenance, asOf, now), now);
  }

  /** It is still so at a time of Redis. */
  KnownMaintenance confirmed(Timestamp asOf) {
    long now = System.nanoTime();
    long again = endsAt(maintenance, asOf, now);
    // A message that took its time, or tells an old one, makes the end seem later than it is.
    return new KnownMaintenance(maintenance, again - endsAt < 0 ? again : endsAt, now);
  }

  /**
   * Whether there is a maintenance now. Who hears the server hears of its end, too; who does not
   * counts the time.
   *
   * @param stale whether there may be a change that cannot be seen now
   */
  boolean isOn(boolean stale) {
    boolean unheard = stale || System.nanoTime() - heardAt > SILENCE.toNanos();
    boolean over = unheard && maintenance.hasUntil() && left().isNegative();
    return maintenance.getOn() && !over;
  }

  /** How long it is until its end. */
  Duration left() {
    return Duration.ofNanos(endsAt - System.nanoTime());
  }

  private static long endsAt(Maintenance maintenance, Timestamp asOf, long now) {
    if (!maintenance.hasUntil()) {
      return now;
    }
    Duration left = Duration.between(Times.instant(asOf), Times.instant(maintenance.getUntil()));
    return now + (left.compareTo(FAR) < 0 ? left : FAR).toNanos();
  }
}
