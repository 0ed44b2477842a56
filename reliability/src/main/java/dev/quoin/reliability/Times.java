// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Times as calls take them. */
final class Times {
  /** How long a call may take that does not wait for anything. */
  static final long CALL_SECONDS = 8;

  private Times() {}

  static Duration seconds(long seconds) {
    return Duration.newBuilder().setSeconds(seconds).build();
  }

  /** Waits until something is so; false when it is not after so many seconds. */
  static boolean await(long seconds, BooleanSupplier isSo) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (!isSo.getAsBoolean()) {
      if (System.nanoTime() > end) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(50);
    }
    return true;
  }
}
