// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.semaphores.v1.GetResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The state of a semaphore at one moment; it may have changed by the time it is looked at.
 *
 * @param limit how many permits may be in use
 * @param defaultLease the lease of who says none
 * @param configured whether it is kept until it is deleted; else it was made by its first use
 * @param inUse permits in use; more than the limit while it drains
 * @param holderCount how many hold permits
 * @param waiters how many stand in line
 * @param fence fence of the last grant; 0 if there was none
 * @param holders the first 100 of the holders, in the order in which their leases end
 */
public record SemaphoreState(
    int limit,
    Duration defaultLease,
    boolean configured,
    int inUse,
    long holderCount,
    long waiters,
    long fence,
    List<Holder> holders) {

  /**
   * Somebody who holds permits.
   *
   * @param id names it to {@link Semaphores#revoke}
   * @param holder its label; empty when it gave none
   * @param permits how many it holds
   * @param fence number of its grant
   * @param acquireTime when it was granted them, by the clock of Redis
   * @param expireTime when its lease ends unless it is renewed, by the clock of Redis
   */
  public record Holder(
      String id, String holder, int permits, long fence, Instant acquireTime, Instant expireTime) {

    static Holder of(GetResponse.Holder holder) {
      return new Holder(
          holder.getId(),
          holder.getHolder(),
          holder.getPermits(),
          holder.getFence(),
          Protos.instant(holder.getAcquireTime()),
          Protos.instant(holder.getExpireTime()));
    }
  }

  static SemaphoreState of(GetResponse state) {
    return new SemaphoreState(
        state.getLimit(),
        Protos.duration(state.getDefaultLease()),
        state.getConfigured(),
        state.getInUse(),
        state.getHolderCount(),
        state.getWaiters(),
        state.getFence(),
        state.getHoldersList().stream().map(Holder::of).toList());
  }
}
