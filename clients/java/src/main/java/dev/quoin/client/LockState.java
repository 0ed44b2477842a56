// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.ListResponse;
import java.time.Instant;
import java.util.Optional;

/**
 * The state of a lock at one moment; it may have changed by the time it is looked at.
 *
 * @param held whether somebody holds the lock
 * @param holder label of the holder; empty when it gave none or nobody holds the lock
 * @param fence fence of the holder's grant or, when nobody holds the lock, of the last grant as
 *     long as it is remembered; 0 if unknown
 * @param acquireTime when the holder was granted the lock, by the clock of Redis
 * @param expireTime when the holder's lease ends unless it is renewed, by the clock of Redis
 * @param waiters how many stand in line
 * @param readers how many hold it together; 0 when one holds it alone or nobody does. Holder, times
 *     and label are then those of the reader whose lease ends last
 */
public record LockState(
    boolean held,
    String holder,
    long fence,
    Optional<Instant> acquireTime,
    Optional<Instant> expireTime,
    long waiters,
    long readers) {

  static LockState of(GetResponse state) {
    return new LockState(
        state.getHeld(),
        state.getHolder(),
        state.getFence(),
        state.hasAcquireTime()
            ? Optional.of(Protos.instant(state.getAcquireTime()))
            : Optional.empty(),
        state.hasExpireTime()
            ? Optional.of(Protos.instant(state.getExpireTime()))
            : Optional.empty(),
        state.getWaiters(),
        state.getReaders());
  }

  /** The state in an entry of a list. */
  static LockState of(ListResponse.Lock lock) {
    return new LockState(
        lock.getHeld(),
        lock.getHolder(),
        lock.getFence(),
        lock.hasAcquireTime()
            ? Optional.of(Protos.instant(lock.getAcquireTime()))
            : Optional.empty(),
        lock.hasExpireTime() ? Optional.of(Protos.instant(lock.getExpireTime())) : Optional.empty(),
        lock.getWaiters(),
        lock.getReaders());
  }
}
