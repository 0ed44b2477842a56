// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.queues;

import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.errors.InvalidRequest;

/** When a task starts, as scripts take it: '+' and ms from now, or '@' and a time in ms. */
final class Start {
  private static final long FARTHEST_MILLIS = 366L * 86_400_000;

  private Start() {}

  /**
   * @param field path of the message that has the two fields, with a dot at its end if need be
   */
  static String of(
      String field, boolean delayed, Duration delay, boolean timed, Timestamp runTime) {
    if (!timed) {
      return delayed ? "+" + Durations.toMillis(delay) : "";
    }
    if (delayed) {
      throw InvalidRequest.of(field + "run_time", "must not be set together with delay");
    }
    if (!Timestamps.isValid(runTime)
        || Timestamps.toMillis(runTime) > System.currentTimeMillis() + FARTHEST_MILLIS) {
      throw InvalidRequest.of(field + "run_time", "must be a time at most 366 days ahead");
    }
    return "@" + Math.max(0, Timestamps.toMillis(runTime));
  }
}
