// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.Mode;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The RPCs of Locks, and locks that are kept: one caller at a time has the right to work on
 * something.
 *
 * <p>There are two ways to have a lock. {@link #acquire(String, LockOptions)} asks for it with
 * single calls, and this process renews it. {@link #hold(String, LockOptions)} keeps a call open:
 * the server renews the lock for as long as the call lives, gives it back at once when this process
 * is gone, and tells the position in the queue. Both get the same locks.
 *
 * <p>Every method comes in two forms; the one that waits throws what the future of the other fails
 * with, always a {@link QuoinException}, and ends the call when the waiting thread is interrupted.
 * Ending a future early, by cancelling it or with a time limit, ends the call as well: it leaves
 * the queue, and a lock won at that very moment is given back.
 */
public final class Locks extends LocksClient {
  private static final LeaseRpcs RPCS =
      new LeaseRpcs(
          LocksGrpc.getAcquireMethod(),
          LocksGrpc.getRenewMethod(),
          LocksGrpc.getReleaseMethod(),
          LocksGrpc.getHoldMethod());

  private final Leases leases;

  Locks(ClientCore core) {
    super(core, core.deadline());
    leases = new Leases(core, RPCS);
  }

  /**
   * Acquires the lock if it is free; as {@link #acquire(String, LockOptions)} without a wait.
   *
   * @param lease how long the lock stays held when this process can no longer renew it: 100 ms to
   *     24 h
   */
  public Optional<LeaseHandle> tryAcquire(String name, Duration lease) {
    return acquire(name, LockOptions.lease(lease));
  }

  /** Like {@link #tryAcquire}, without waiting for the answer. */
  public CompletableFuture<Optional<LeaseHandle>> tryAcquireAsync(String name, Duration lease) {
    return acquireAsync(name, LockOptions.lease(lease));
  }

  /**
   * Acquires the lock, waiting for it as long as the options say.
   *
   * @param name 1 to 512 bytes without control characters
   * @return the lock, or empty when somebody else held it all the time
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws NotHeldException when the lock was granted but its lease had run out by the time the
   *     answer arrived; try again
   * @throws UnavailableException when no server, or no Redis, could be reached
   * @throws QuoinException with LOCK_TOO_MANY_WAITERS when too many wait already
   */
  public Optional<LeaseHandle> acquire(String name, LockOptions options) {
    return Futures.await(acquireAsync(name, options));
  }

  /** Like {@link #acquire(String, LockOptions)}, without waiting for the answer. */
  public CompletableFuture<Optional<LeaseHandle>> acquireAsync(String name, LockOptions options) {
    return leases.acquire(ask(name, options), options.maxWait());
  }

  /**
   * Acquires several locks or none, in an order that is the same for all callers, so that they
   * never wait for each other in a circle.
   *
   * @param names 1 to 16, none twice
   * @param options the wait is for all of them together
   * @return the locks, or empty when one of them could not be had
   * @throws QuoinException as {@link #acquire(String, LockOptions)}
   */
  public Optional<LockSet> acquireAll(List<String> names, LockOptions options) {
    return Futures.await(acquireAllAsync(names, options));
  }

  /** Like {@link #acquireAll(List, LockOptions)}, without waiting for the answer. */
  public CompletableFuture<Optional<LockSet>> acquireAllAsync(
      List<String> names, LockOptions options) {
    String id = UUID.randomUUID().toString();
    AcquireAllRequest request =
        AcquireAllRequest.newBuilder()
            .addAllNames(names)
            .setLease(Times.duration(options.lease()))
            .setWait(Times.duration(options.maxWait()))
            .setLabel(options.label())
            .setMode(mode(options))
            .setRequestId(id)
            .build();
    long sent = System.nanoTime();
    return Acquisition.acquire(
        core,
        LocksGrpc.getAcquireAllMethod(),
        request,
        core.patience(options.maxWait()),
        names.stream().map(name -> leases.calls(ask(name, options)).giveBack(id)).toList(),
        all ->
            all.getAcquired()
                ? keepAll(all, options, sent).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.empty()),
        locks -> locks.ifPresent(LockSet::closeAsync));
  }

  private CompletableFuture<LockSet> keepAll(
      AcquireAllResponse all, LockOptions options, long sent) {
    Instant end = Times.instant(all.getExpireTime());
    return LockSet.of(
        all.getGrantsList().stream()
            .map(
                grant ->
                    LeaseRenewal.keep(
                        core,
                        leases.calls(ask(grant.getName(), options)),
                        new Grant(grant.getToken(), grant.getFence(), end),
                        sent))
            .toList());
  }

  /**
   * Acquires the lock and works while it is held.
   *
   * @param work is given the lock, which is closed when it returns or throws
   * @return whether the lock was acquired and the work done
   * @throws QuoinException as {@link #acquire(String, LockOptions)} and {@link LeaseHandle#close}
   *     do
   */
  public boolean run(String name, LockOptions options, Consumer<LeaseHandle> work) {
    return Leases.run(acquire(name, options), work);
  }

  /**
   * Acquires the lock, waiting for it as long as it takes, and holds it with a call that stays
   * open. A server that drains, dies or loses its connection is replaced by another one, or by
   * itself, without losing the lock as long as that takes less than the lease. A caller that was
   * still waiting then joins the end of the queue.
   *
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws QuoinException with LOCK_TOO_MANY_WAITERS when too many wait already. Servers that
   *     cannot be reached are waited for
   */
  public LeaseHandle hold(String name, LockOptions options) {
    return Futures.await(holdAsync(name, options));
  }

  /** Like {@link #hold(String, LockOptions)}; give it a time limit by ending the future. */
  public CompletableFuture<LeaseHandle> holdAsync(String name, LockOptions options) {
    return leases.hold(ask(name, options), options.onWaiting());
  }

  private static HoldRequest ask(String name, LockOptions options) {
    return HoldRequest.newBuilder()
        .setName(name)
        .setLease(Times.duration(options.lease()))
        .setLabel(options.label())
        .setMode(mode(options))
        .build();
  }

  private static Mode mode(LockOptions options) {
    return options.shared() ? Mode.MODE_SHARED : Mode.MODE_EXCLUSIVE;
  }
}
