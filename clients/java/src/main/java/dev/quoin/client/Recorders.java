// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;

/** What recorders have in common. */
final class Recorders {
  private Recorders() {}

  /** Waits until all is sent, but not longer than that; gives up what is left then. */
  static void close(BatchSender<?, ?> pump, Duration patience) {
    Futures.settle(pump.close(), patience);
    pump.abandon();
  }
}
