// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** What recorders have in common. */
final class Recorders {
  private Recorders() {}

  /** Waits until all is sent, but not longer than that; gives up what is left then. */
  static void close(Pump<?, ?> pump, Duration patience) {
    try {
      pump.close().get(patience.toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      // What is left is counted as lost.
    } finally {
      pump.abandon();
    }
  }
}
