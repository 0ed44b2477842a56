// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.streams.v1.Lost;
import dev.quoin.streams.v1.LostReason;
import java.util.Set;

/**
 * The token does not hold what it was granted any more: its lease ran out, it was given back or
 * taken away; the reason says of what kind it was.
 */
public final class NotHeldException extends QuoinException {
  private static final Set<ErrorReason> REVOKED =
      Set.of(ErrorReason.ERROR_REASON_LOCK_REVOKED, ErrorReason.ERROR_REASON_SEMAPHORE_REVOKED);

  NotHeldException(Failure failure) {
    super(failure);
  }

  /** The loss that it tells of. */
  Lost lost() {
    return REVOKED.contains(reason())
        ? Lost.newBuilder()
            .setReason(LostReason.LOST_REASON_REVOKED)
            .setExplanation(metadata().getOrDefault("explanation", ""))
            .setActor(metadata().getOrDefault("actor", ""))
            .build()
        : Lost.newBuilder().setReason(LostReason.LOST_REASON_NOT_HELD).build();
  }
}
