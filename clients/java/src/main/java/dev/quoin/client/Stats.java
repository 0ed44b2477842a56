// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;

/** The RPCs of Stats, and recorders for single values, times, and every RPC of a program. */
public final class Stats extends StatsClient {
  Stats(ClientCore core) {
    super(core, core.deadline());
  }

  /** Collects values in this process and sends them every second. */
  public StatsRecorder recorder() {
    return recorder(Duration.ofSeconds(1));
  }

  /** Collects values in this process and sends them once in a period. */
  public StatsRecorder recorder(Duration period) {
    return new StatsRecorder(core, period).start();
  }
}
