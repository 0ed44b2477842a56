// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;

/**
 * The RPCs of Counters, and recorders that count in this process: use them where things happen
 * often.
 */
public final class Counters extends CountersClient {
  Counters(ClientCore core) {
    super(core, core.deadline());
  }

  /** Counts in this process and sends the sums every second. */
  public CounterRecorder recorder() {
    return recorder(Duration.ofSeconds(1));
  }

  /** Counts in this process and sends the sums once in a period. */
  public CounterRecorder recorder(Duration period) {
    return new CounterRecorder(core, period).start();
  }
}
