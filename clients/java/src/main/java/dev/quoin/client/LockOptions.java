// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * How to acquire or hold a lock. The methods that begin with {@code with} make changed copies.
 *
 * @param lease how long the lock stays held when nothing renews it any more: 100 ms to 24 h;
 *     fractions of a millisecond are dropped
 * @param maxWait how long {@code acquire} waits while somebody else holds the lock: 0 (do not wait)
 *     to 24 h. {@code hold} waits as long as it takes
 * @param label that others see, for example a host name: at most 256 bytes, no control characters;
 *     not a credential
 * @param shared whether to hold it together with others that want it shared, as a reader
 * @param onWaiting told the position in the queue by {@code hold}, 1 being served next, every time
 *     it is known to have changed; calls come one at a time, in order, and end with the wait. It
 *     must not block
 */
public record LockOptions(
    Duration lease, Duration maxWait, String label, boolean shared, LongConsumer onWaiting) {
  public LockOptions {
    lease = lease.truncatedTo(ChronoUnit.MILLIS);
    Objects.requireNonNull(maxWait, "maxWait");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(onWaiting, "onWaiting");
  }

  /** A lease, no wait, no label, not shared, nobody told about the position. */
  public static LockOptions lease(Duration lease) {
    return new LockOptions(lease, Duration.ZERO, "", false, position -> {});
  }

  public LockOptions withMaxWait(Duration maxWait) {
    return new LockOptions(lease, maxWait, label, shared, onWaiting);
  }

  public LockOptions withLabel(String label) {
    return new LockOptions(lease, maxWait, label, shared, onWaiting);
  }

  public LockOptions withOnWaiting(LongConsumer onWaiting) {
    return new LockOptions(lease, maxWait, label, shared, onWaiting);
  }

  /** The same for a reader. */
  public LockOptions asShared() {
    return new LockOptions(lease, maxWait, label, true, onWaiting);
  }
}
