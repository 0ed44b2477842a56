// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The RPCs of Semaphores, and permits that are kept: at most so many callers use something at the
 * same time.
 *
 * <p>As with {@link Locks} there are two ways to have permits: {@link #acquire(String,
 * PermitOptions)} asks for them with single calls, and this process renews them; {@link
 * #hold(String, PermitOptions)} keeps a call open, and the server renews them and gives them back
 * at once when this process is gone. Callers are served in the order of arrival; one that wants
 * many permits is not overtaken by those behind it.
 *
 * <p>The methods that wait throw what the futures of the others fail with, always a {@link
 * QuoinException}, and end the call when the waiting thread is interrupted. Ending a future early
 * ends the call as well: it leaves the queue, and permits won at that very moment are given back.
 */
public final class Semaphores extends SemaphoresClient {
  private static final LeaseRpcs RPCS =
      new LeaseRpcs(
          SemaphoresGrpc.getAcquireMethod(),
          SemaphoresGrpc.getRenewMethod(),
          SemaphoresGrpc.getReleaseMethod(),
          SemaphoresGrpc.getHoldMethod());

  private final Leases leases;

  Semaphores(ClientCore core) {
    super(core, core.deadline());
    leases = new Leases(core, RPCS);
  }

  /**
   * Acquires one permit if one is free; as {@link #acquire(String, PermitOptions)} without a wait.
   *
   * @param lease how long it stays held when this process can no longer renew it: 100 ms to 24 h
   */
  public Optional<LeaseHandle> tryAcquire(String name, Duration lease) {
    return acquire(name, PermitOptions.lease(lease));
  }

  /**
   * Acquires permits, waiting for them as long as the options say.
   *
   * @param name 1 to 512 bytes without control characters
   * @return the permits, or empty when there were not enough all the time
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws NotHeldException when they were granted but their lease had run out by the time the
   *     answer arrived; try again
   * @throws UnavailableException when no server, or no Redis, could be reached
   * @throws QuoinException with SEMAPHORE_NOT_FOUND when nobody configured the semaphore and the
   *     options say no limit, with SEMAPHORE_LIMIT_EXCEEDED when there can never be enough, with
   *     SEMAPHORE_TOO_MANY_WAITERS when too many wait already
   */
  public Optional<LeaseHandle> acquire(String name, PermitOptions options) {
    return Futures.await(acquireAsync(name, options));
  }

  /** Like {@link #acquire(String, PermitOptions)}, without waiting for the answer. */
  public CompletableFuture<Optional<LeaseHandle>> acquireAsync(String name, PermitOptions options) {
    return leases.acquire(ask(name, options), options.maxWait());
  }

  /**
   * Acquires permits and works while they are held.
   *
   * @param work is given the permits, which are closed when it returns or throws
   * @return whether they were acquired and the work done
   * @throws QuoinException as {@link #acquire(String, PermitOptions)} and {@link LeaseHandle#close}
   *     do
   */
  public boolean run(String name, PermitOptions options, Consumer<LeaseHandle> work) {
    return Leases.run(acquire(name, options), work);
  }

  /**
   * Acquires permits, waiting for them as long as it takes, and holds them with a call that stays
   * open. A server that drains, dies or loses its connection is replaced by another one, or by
   * itself, without losing them as long as that takes less than the lease. A caller that was still
   * waiting then joins the end of the queue.
   *
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws QuoinException as {@link #acquire(String, PermitOptions)}; but servers that cannot be
   *     reached are waited for
   */
  public LeaseHandle hold(String name, PermitOptions options) {
    return Futures.await(holdAsync(name, options));
  }

  /** Like {@link #hold(String, PermitOptions)}; give it a time limit by ending the future. */
  public CompletableFuture<LeaseHandle> holdAsync(String name, PermitOptions options) {
    return leases.hold(ask(name, options), options.onWaiting());
  }

  private static HoldRequest ask(String name, PermitOptions options) {
    return HoldRequest.newBuilder()
        .setName(name)
        .setPermits(options.permits())
        .setLease(Times.duration(options.lease()))
        .setLabel(options.label())
        .setLimit(options.limit())
        .build();
  }
}
