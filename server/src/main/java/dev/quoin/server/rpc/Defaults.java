// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;

/** What stands for fields of a request that were not set. */
public final class Defaults {
  private Defaults() {}

  /** A number, of which 0 asks for the default. */
  public static int orElse(int given, int fallback) {
    return given == 0 ? fallback : given;
  }

  /** A duration in milliseconds, or the default when it was not set. */
  public static long millis(boolean isSet, Duration given, long fallbackMillis) {
    return isSet ? Durations.toMillis(given) : fallbackMillis;
  }
}
