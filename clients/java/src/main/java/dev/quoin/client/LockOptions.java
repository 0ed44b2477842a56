// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.Objects;

/**
 * How to acquire a lock.
 *
 * @param lease how long the lock stays held when this process can no longer renew it: 100 ms to 24
 *     h; fractions of a millisecond are dropped
 * @param maxWait how long to stand in line while somebody else holds the lock: 0 (do not wait) to
 *     24 h
 * @param holder label that others see while the lock is held, for example a host name: at most 256
 *     bytes, no control characters; not a credential
 * @param shared whether to hold it together with others that want it shared, as a reader
 */
public record LockOptions(Duration lease, Duration maxWait, String holder, boolean shared) {
  public LockOptions {
    Objects.requireNonNull(lease, "lease");
    Objects.requireNonNull(maxWait, "maxWait");
    Objects.requireNonNull(holder, "holder");
  }

  /** A lease, no wait, no label, not shared. */
  public static LockOptions lease(Duration lease) {
    return new LockOptions(lease, Duration.ZERO, "", false);
  }

  /** The same with another wait. */
  public LockOptions withMaxWait(Duration maxWait) {
    return new LockOptions(lease, maxWait, holder, shared);
  }

  /** The same with another label. */
  public LockOptions withHolder(String holder) {
    return new LockOptions(lease, maxWait, holder, shared);
  }

  /** The same for a reader. */
  public LockOptions asShared() {
    return new LockOptions(lease, maxWait, holder, true);
  }
}
