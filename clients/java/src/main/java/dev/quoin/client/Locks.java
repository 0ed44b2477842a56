// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.ForceReleaseRequest;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.ListRequest;
import dev.quoin.locks.v1.ListResponse;
import dev.quoin.locks.v1.LocksGrpc;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Locks: one caller at a time has the right to work on something.
 *
 * <p>There are two ways to have a lock. {@link #acquire} asks for it with single calls, and this
 * process renews it. {@link #hold} keeps a call open: the server renews the lock for as long as the
 * call lives, gives it back at once when this process is gone, and tells the place in line. Both
 * give a {@link Lock}; both get the same locks.
 *
 * <p>A name is 1 to 512 bytes without control characters. Every method comes in two forms; the one
 * that waits for the answer throws what the future of the other fails with, always a {@link
 * QuoinException}, and ends the call when the waiting thread is interrupted. Ending a future early,
 * by cancelling it or with a time limit, ends the call as well: it leaves the line, and a lock won
 * at that very moment is given back.
 */
public final class Locks {
  private final Link link;

  Locks(Link link) {
    this.link = link;
  }

  /**
   * Takes the lock if it is free.
   *
   * @param lease how long the lock stays held when this process can no longer renew it: 100 ms to
   *     24 h
   * @return the lock, or empty when somebody else holds it
   * @throws InvalidRequestException when the name or the lease is not allowed
   * @throws UnavailableException when no server, or no Redis, could be reached
   */
  public Optional<Lock> tryAcquire(String name, Duration lease) {
    return acquire(name, LockOptions.lease(lease));
  }

  /** Like {@link #tryAcquire}, without waiting for the answer. */
  public CompletableFuture<Optional<Lock>> tryAcquireAsync(String name, Duration lease) {
    return acquireAsync(name, LockOptions.lease(lease));
  }

  /**
   * Takes the lock, standing in line for it as long as the options say.
   *
   * @return the lock, or empty when somebody else held it all the time
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws NotHeldException when the lock was granted but its lease had run out by the time the
   *     answer arrived; try again
   * @throws UnavailableException when no server, or no Redis, could be reached
   * @throws QuoinException with LOCK_LINE_FULL when too many wait already
   */
  public Optional<Lock> acquire(String name, LockOptions options) {
    return Futures.await(acquireAsync(name, options));
  }

  /** Like {@link #acquire}, without waiting for the answer. */
  public CompletableFuture<Optional<Lock>> acquireAsync(String name, LockOptions options) {
    String id = UUID.randomUUID().toString();
    AcquireRequest request =
        AcquireRequest.newBuilder()
            .setName(name)
            .setLease(Protos.duration(options.lease()))
            .setWait(Protos.duration(options.maxWait()))
            .setHolder(options.holder())
            .setMode(LockCalls.mode(options.shared()))
            .setRequestId(id)
            .build();
    LockCalls calls = calls(name, options);
    long sent = System.nanoTime();
    return Acquisition.acquire(
        link,
        LocksGrpc.getAcquireMethod(),
        request,
        link.patience(options.maxWait()),
        id,
        List.of(calls),
        grant ->
            grant.getAcquired()
                ? LeaseRenewal.keep(link, calls, granted(grant), sent).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.empty()),
        lock -> lock.ifPresent(Lock::closeAsync));
  }

  /**
   * Takes several locks or none, in an order that is the same for all callers, so that they never
   * wait for each other in a circle.
   *
   * @param names 1 to 16, none twice
   * @param options the wait is for all of them together
   * @return the locks, or empty when one of them could not be had
   * @throws QuoinException as {@link #acquire}
   */
  public Optional<LockSet> acquireAll(List<String> names, LockOptions options) {
    return Futures.await(acquireAllAsync(names, options));
  }

  /** Like {@link #acquireAll}, without waiting for the answer. */
  public CompletableFuture<Optional<LockSet>> acquireAllAsync(
      List<String> names, LockOptions options) {
    String id = UUID.randomUUID().toString();
    AcquireAllRequest request =
        AcquireAllRequest.newBuilder()
            .addAllNames(names)
            .setLease(Protos.duration(options.lease()))
            .setWait(Protos.duration(options.maxWait()))
            .setHolder(options.holder())
            .setMode(LockCalls.mode(options.shared()))
            .setRequestId(id)
            .build();
    long sent = System.nanoTime();
    return Acquisition.acquire(
        link,
        LocksGrpc.getAcquireAllMethod(),
        request,
        link.patience(options.maxWait()),
        id,
        names.stream().map(name -> calls(name, options)).toList(),
        all ->
            all.getAcquired()
                ? keepAll(all, options, sent).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.empty()),
        locks -> locks.ifPresent(LockSet::closeAsync));
  }

  private CompletableFuture<LockSet> keepAll(
      AcquireAllResponse all, LockOptions options, long sent) {
    Instant end = Protos.instant(all.getExpireTime());
    List<CompletableFuture<Possession>> kept =
        all.getGrantsList().stream()
            .map(
                grant ->
                    LeaseRenewal.keep(
                        link,
                        calls(grant.getName(), options),
                        new Grant(grant.getToken(), grant.getFence(), end),
                        sent))
            .toList();
    return LockSet.of(kept);
  }

  /**
   * Takes the lock and works while it is held.
   *
   * @param work is given the lock, which is closed when it returns or throws
   * @return whether the lock was acquired and the work done
   * @throws QuoinException as {@link #acquire} and {@link Lock#close} do
   */
  public boolean run(String name, LockOptions options, Consumer<Lock> work) {
    Optional<Lock> acquired = acquire(name, options);
    acquired.ifPresent(
        lock -> {
          try (lock) {
            work.accept(lock);
          }
        });
    return acquired.isPresent();
  }

  /**
   * Takes the lock, standing in line for it as long as it takes, and holds it with a call that
   * stays open. A server that drains, dies or loses its connection is replaced by another one, or
   * by itself, without losing the lock as long as that takes less than the lease. Who was still
   * waiting then joins the end of the line.
   *
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws QuoinException with LOCK_LINE_FULL when too many wait already. Servers that cannot be
   *     reached are waited for
   */
  public Lock hold(String name, HoldOptions options) {
    return Futures.await(holdAsync(name, options));
  }

  /**
   * Like {@link #hold}, without waiting for the lock. Give it a time limit by ending the future.
   */
  public CompletableFuture<Lock> holdAsync(String name, HoldOptions options) {
    LockCalls calls = calls(name, options.lease(), options.holder(), options.shared());
    CompletableFuture<Possession> outcome = new HoldCall(link, calls, options.onWaiting()).begin();
    return Futures.handOver(outcome, outcome, Lock::closeAsync);
  }

  /**
   * Tells who holds a lock and how many wait for it.
   *
   * @throws InvalidRequestException when the name is not allowed
   * @throws UnavailableException when no server, or no Redis, could be reached
   */
  public LockState get(String name) {
    return Futures.await(getAsync(name));
  }

  /** Like {@link #get}, without waiting for the answer. */
  public CompletableFuture<LockState> getAsync(String name) {
    CompletableFuture<GetResponse> answer =
        link.call(LocksGrpc.getGetMethod(), GetRequest.newBuilder().setName(name).build());
    return Futures.handOver(answer.thenApply(LockState::of), answer, state -> {});
  }

  /**
   * Finds the locks that are held or waited for, by the beginning of their names. There is no
   * index: the server looks through all keys of Redis, some at a time. For people and tools.
   *
   * @param prefix empty for all
   * @return in no order, asked for page by page as the stream is read; reading throws {@link
   *     QuoinException}. A lock may come twice
   */
  public Stream<NamedState> list(String prefix) {
    ListRequest.Builder request = ListRequest.newBuilder().setPrefix(prefix);
    return Stream.iterate(
            page(request), Objects::nonNull, page -> next(request, page.getNextPageToken()))
        .flatMap(page -> page.getLocksList().stream())
        .map(lock -> new NamedState(lock.getName(), LockState.of(lock)));
  }

  /** A lock in a list. */
  public record NamedState(String name, LockState state) {}

  /**
   * Takes a lock from whoever holds it, from all readers if it is shared. Who held it is told at
   * its next renewal that it was {@link LostReason#REVOKED}.
   *
   * @param explanation for the holder to read: at most 512 bytes, no control characters
   * @param fence the fence that {@link #get} showed: nothing happens when there was another grant
   *     since; 0 for any
   * @return whether anybody held it
   */
  public boolean forceRelease(String name, String explanation, long fence) {
    ForceReleaseRequest request =
        ForceReleaseRequest.newBuilder()
            .setName(name)
            .setExplanation(explanation)
            .setFence(fence)
            .build();
    return Futures.await(link.call(LocksGrpc.getForceReleaseMethod(), request)).getReleased();
  }

  /**
   * Watches a lock: tells its present state, then every change. After trouble the present state is
   * told again; a slow listener is told the newest only.
   *
   * @param listener called one at a time, in order; it must not block
   * @return ends when it is closed; {@link LockWatch#ready} fails when the name is not allowed
   */
  public LockWatch watch(String name, Consumer<LockEvent> listener) {
    return new LockWatch(link, name, listener);
  }

  private ListResponse page(ListRequest.Builder request) {
    return Futures.await(link.call(LocksGrpc.getListMethod(), request.build()));
  }

  private ListResponse next(ListRequest.Builder request, String pageToken) {
    return pageToken.isEmpty() ? null : page(request.setPageToken(pageToken));
  }

  private LockCalls calls(String name, LockOptions options) {
    return calls(name, options.lease(), options.holder(), options.shared());
  }

  private LockCalls calls(String name, Duration lease, String holder, boolean shared) {
    return new LockCalls(link, name, lease.truncatedTo(ChronoUnit.MILLIS), holder, shared);
  }

  private static Grant granted(AcquireResponse response) {
    return new Grant(
        response.getToken(), response.getFence(), Protos.instant(response.getExpireTime()));
  }
}
