// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * How to get permits of a semaphore.
 *
 * @param permits how many: 1 to 1,000,000
 * @param lease how long they stay held when nothing renews them any more: 100 ms to 24 h; fractions
 *     of a millisecond are dropped
 * @param maxWait how long {@code acquire} stands in line while there are not enough: 0 (do not
 *     wait) to 24 h. {@code hold} waits as long as it takes
 * @param holder label that others see while they are held: at most 256 bytes, no control
 *     characters; not a credential
 * @param limit of the semaphore in case nobody has configured it: 1 to 1,000,000; 0 for none
 * @param onWaiting told the place in line by {@code hold}, 1 being the next to be served, every
 *     time it is known to have changed; calls come one at a time, in order, and end with the wait.
 *     It must not block
 */
public record PermitOptions(
    int permits,
    Duration lease,
    Duration maxWait,
    String holder,
    int limit,
    LongConsumer onWaiting) {
  public PermitOptions {
    Objects.requireNonNull(lease, "lease");
    Objects.requireNonNull(maxWait, "maxWait");
    Objects.requireNonNull(holder, "holder");
    Objects.requireNonNull(onWaiting, "onWaiting");
  }

  /** One permit, no wait, no label, no limit, nobody told about the place in line. */
  public static PermitOptions lease(Duration lease) {
    return new PermitOptions(1, lease, Duration.ZERO, "", 0, position -> {});
  }

  /** The same with another number of permits. */
  public PermitOptions withPermits(int permits) {
    return new PermitOptions(permits, lease, maxWait, holder, limit, onWaiting);
  }

  /** The same with another wait. */
  public PermitOptions withMaxWait(Duration maxWait) {
    return new PermitOptions(permits, lease, maxWait, holder, limit, onWaiting);
  }

  /** The same with another label. */
  public PermitOptions withHolder(String holder) {
    return new PermitOptions(permits, lease, maxWait, holder, limit, onWaiting);
  }

  /** The same with another limit for a semaphore nobody has configured. */
  public PermitOptions withLimit(int limit) {
    return new PermitOptions(permits, lease, maxWait, holder, limit, onWaiting);
  }

  /** The same with another listener for the place in line. */
  public PermitOptions withOnWaiting(LongConsumer onWaiting) {
    return new PermitOptions(permits, lease, maxWait, holder, limit, onWaiting);
  }

  /** The same with the lease as servers take it. */
  PermitOptions whole() {
    Duration millis = lease.truncatedTo(ChronoUnit.MILLIS);
    return new PermitOptions(permits, millis, maxWait, holder, limit, onWaiting);
  }
}
