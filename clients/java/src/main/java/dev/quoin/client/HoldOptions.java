// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import java.time.Duration;
import java.util.Objects;
import java.util.function.LongConsumer;

/**
 * How to hold a lock.
 *
 * @param lease how long the lock stays held when nothing renews it any more, for example because
 *     the server died: 100 ms to 24 h; fractions of a millisecond are dropped. It is also the time
 *     there is to reach another server
 * @param holder label that others see while the lock is held: at most 256 bytes, no control
 *     characters; not a credential
 * @param onWaiting told the place in line, 1 being the next to be served, every time it is known to
 *     have changed; calls come one at a time, in order, and end with the wait. It must not block
 * @param shared whether to hold it together with others that want it shared, as a reader
 */
public record HoldOptions(Duration lease, String holder, LongConsumer onWaiting, boolean shared) {
  public HoldOptions {
    Objects.requireNonNull(lease, "lease");
    Objects.requireNonNull(holder, "holder");
    Objects.requireNonNull(onWaiting, "onWaiting");
  }

  /** A lease, no label, nobody told about the place in line, not shared. */
  public static HoldOptions lease(Duration lease) {
    return new HoldOptions(lease, "", position -> {}, false);
  }

  /** The same with another label. */
  public HoldOptions withHolder(String holder) {
    return new HoldOptions(lease, holder, onWaiting, shared);
  }

  /** The same with another listener for the place in line. */
  public HoldOptions withOnWaiting(LongConsumer onWaiting) {
    return new HoldOptions(lease, holder, onWaiting, shared);
  }

  /** The same for a reader. */
  public HoldOptions asShared() {
    return new HoldOptions(lease, holder, onWaiting, true);
  }
}
