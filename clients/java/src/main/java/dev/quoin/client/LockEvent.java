// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.Mode;
import dev.quoin.locks.v1.WatchResponse;
import java.time.Instant;
import java.util.Optional;

/**
 * What has happened to a lock, and how it stands now.
 *
 * @param change what has happened
 * @param holder label of the holder it has happened to; of the present holder if nothing has
 * @param fence fence of that holder's grant
 * @param shared whether that was a reader
 * @param held whether anybody holds the lock now
 * @param readers how many hold it together now
 * @param expireTime when it is free if no lease is renewed, as far as was known
 * @param explanation why it was taken by force, else empty
 */
public record LockEvent(
    Change change,
    String holder,
    long fence,
    boolean shared,
    boolean held,
    long readers,
    Optional<Instant> expireTime,
    String explanation) {

  /** What has happened. */
  public enum Change {
    /** Nothing that is known: this is the present state. */
    NONE,
    /** Somebody was granted the lock. */
    ACQUIRED,
    /** A holder gave it back. */
    RELEASED,
    /** The last lease ran out. */
    EXPIRED,
    /** It was taken from its holders. */
    FORCED
  }

  static LockEvent of(WatchResponse seen) {
    return new LockEvent(
        change(seen.getChange()),
        seen.getHolder(),
        seen.getFence(),
        seen.getMode() == Mode.MODE_SHARED,
        seen.getHeld(),
        seen.getReaders(),
        seen.hasExpireTime() ? Optional.of(Protos.instant(seen.getExpireTime())) : Optional.empty(),
        seen.getExplanation());
  }

  private static Change change(WatchResponse.Change change) {
    return switch (change) {
      case CHANGE_ACQUIRED -> Change.ACQUIRED;
      case CHANGE_RELEASED -> Change.RELEASED;
      case CHANGE_EXPIRED -> Change.EXPIRED;
      case CHANGE_FORCED -> Change.FORCED;
      default -> Change.NONE;
    };
  }
}
