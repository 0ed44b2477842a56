// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import java.time.Duration;
import java.util.List;

/** A setting with several durations. */
public record Durations(List<Duration> all) {
  public Durations {
    all = List.copyOf(all);
  }
}
