// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * How to get permits of a semaphore. The methods that begin with {@code with} make changed copies.
 *
 * @param permits how many: 1 to 1,000,000
 * @param lease how long they stay held when nothing renews them any more: 100 ms to 24 h; fractions
 *     of a millisecond are dropped
 * @param maxWait how long {@code acquire} waits while there are not enough: 0 (do not wait) to 24
 *     h. {@code hold} waits as long as it takes
 * @param label label that others see while they are held: at most 256 bytes, no control characters;
 *     not a credential
 * @param limit of the semaphore in case nobody has configured it: 1 to 1,000,000; 0 for none
 * @param onWaiting told the position in the queue by {@code hold}, 1 being served next, every time
 *     it is known to have changed; calls come one at a time, in order, and end with the wait. It
 *     must not block
 */
public record PermitOptions(
    int permits,
    Duration lease,
    Duration maxWait,
    String label,
    int limit,
    LongConsumer onWaiting) {
  public PermitOptions {
    lease = lease.truncatedTo(ChronoUnit.MILLIS);
    Objects.requireNonNull(maxWait, "maxWait");
    Objects.requireNonNull(label, "label");
    Objects.requireNonNull(onWaiting, "onWaiting");
  }

  /** One permit, no wait, no label, no limit, nobody told about the position. */
  public static PermitOptions lease(Duration lease) {
    return new PermitOptions(1, lease, Duration.ZERO, "", 0, position -> {});
  }

  public PermitOptions withPermits(int permits) {
    return new PermitOptions(permits, lease, maxWait, label, limit, onWaiting);
  }

  public PermitOptions withMaxWait(Duration maxWait) {
    return new PermitOptions(permits, lease, maxWait, label, limit, onWaiting);
  }

  public PermitOptions withLabel(String label) {
    return new PermitOptions(permits, lease, maxWait, label, limit, onWaiting);
  }

  public PermitOptions withLimit(int limit) {
    return new PermitOptions(permits, lease, maxWait, label, limit, onWaiting);
  }

  public PermitOptions withOnWaiting(LongConsumer onWaiting) {
    return new PermitOptions(permits, lease, maxWait, label, limit, onWaiting);
  }
}
