// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.DeleteRequest;
import dev.quoin.semaphores.v1.GetRequest;
import dev.quoin.semaphores.v1.ListRequest;
import dev.quoin.semaphores.v1.ListResponse;
import dev.quoin.semaphores.v1.RevokeRequest;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Semaphores: at most so many callers use something at the same time.
 *
 * <p>As with {@link Locks} there are two ways to have permits: {@link #acquire} asks for them with
 * single calls, and this process renews them; {@link #hold} keeps a call open, and the server
 * renews them and gives them back at once when this process is gone. Who waits is served in the
 * order of arrival; one who wants many is not overtaken by those behind it.
 *
 * <p>A name is 1 to 512 bytes without control characters. The methods that wait for the answer
 * throw what the futures of the others fail with, always a {@link QuoinException}, and end the call
 * when the waiting thread is interrupted. Ending a future early ends the call as well: it leaves
 * the line, and permits won at that very moment are given back.
 */
public final class Semaphores {
  private final Link link;

  Semaphores(Link link) {
    this.link = link;
  }

  /**
   * Sets the limit, and a default lease of 10 s. Lowering it takes nothing from who holds permits.
   *
   * @param limit how many permits may be in use at the same time: 1 to 1,000,000
   */
  public void configure(String name, int limit) {
    configure(name, limit, Duration.ofSeconds(10));
  }

  /** Sets the limit and the lease of those that say none. */
  public void configure(String name, int limit, Duration defaultLease) {
    ConfigureRequest request =
        ConfigureRequest.newBuilder()
            .setName(name)
            .setLimit(limit)
            .setDefaultLease(Protos.duration(defaultLease))
            .build();
    Futures.await(link.call(SemaphoresGrpc.getConfigureMethod(), request));
  }

  /**
   * Takes one permit if one is free.
   *
   * @param lease how long it stays held when this process can no longer renew it: 100 ms to 24 h
   * @return the permit, or empty when none is free or others wait for it
   * @throws QuoinException with SEMAPHORE_NOT_FOUND when nobody configured the semaphore
   */
  public Optional<Permits> tryAcquire(String name, Duration lease) {
    return acquire(name, PermitOptions.lease(lease));
  }

  /**
   * Takes permits, standing in line for them as long as the options say.
   *
   * @return the permits, or empty when there were not enough all the time
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws NotHeldException when they were granted but their lease had run out by the time the
   *     answer arrived; try again
   * @throws UnavailableException when no server, or no Redis, could be reached
   * @throws QuoinException with SEMAPHORE_NOT_FOUND when nobody configured the semaphore and the
   *     options say no limit, with SEMAPHORE_LIMIT_EXCEEDED when there can never be enough, with
   *     SEMAPHORE_LINE_FULL when too many wait already
   */
  public Optional<Permits> acquire(String name, PermitOptions options) {
    return Futures.await(acquireAsync(name, options));
  }

  /** Like {@link #acquire}, without waiting for the answer. */
  public CompletableFuture<Optional<Permits>> acquireAsync(String name, PermitOptions options) {
    String id = UUID.randomUUID().toString();
    AcquireRequest request =
        AcquireRequest.newBuilder()
            .setName(name)
            .setPermits(options.permits())
            .setLease(Protos.duration(options.lease()))
            .setWait(Protos.duration(options.maxWait()))
            .setHolder(options.holder())
            .setLimit(options.limit())
            .setRequestId(id)
            .build();
    PermitCalls calls = new PermitCalls(link, name, options.whole());
    long sent = System.nanoTime();
    return Acquisition.acquire(
        link,
        SemaphoresGrpc.getAcquireMethod(),
        request,
        link.patience(options.maxWait()),
        id,
        List.of(calls),
        grant ->
            grant.getAcquired()
                ? LeaseRenewal.keep(link, calls, granted(grant), sent).thenApply(Optional::of)
                : CompletableFuture.completedFuture(Optional.empty()),
        permits -> permits.ifPresent(Permits::closeAsync));
  }

  /**
   * Takes permits and works while they are held.
   *
   * @param work is given the permits, which are closed when it returns or throws
   * @return whether they were acquired and the work done
   * @throws QuoinException as {@link #acquire} and {@link Permits#close} do
   */
  public boolean run(String name, PermitOptions options, Consumer<Permits> work) {
    Optional<Permits> acquired = acquire(name, options);
    acquired.ifPresent(
        permits -> {
          try (permits) {
            work.accept(permits);
          }
        });
    return acquired.isPresent();
  }

  /**
   * Takes permits, standing in line for them as long as it takes, and holds them with a call that
   * stays open. A server that drains, dies or loses its connection is replaced by another one, or
   * by itself, without losing them as long as that takes less than the lease. Who was still waiting
   * then joins the end of the line.
   *
   * @throws InvalidRequestException when the name or an option is not allowed
   * @throws QuoinException as {@link #acquire}; but servers that cannot be reached are waited for
   */
  public Permits hold(String name, PermitOptions options) {
    return Futures.await(holdAsync(name, options));
  }

  /** Like {@link #hold}, without waiting. Give it a time limit by ending the future. */
  public CompletableFuture<Permits> holdAsync(String name, PermitOptions options) {
    PermitCalls calls = new PermitCalls(link, name, options.whole());
    CompletableFuture<Possession> outcome = new HoldCall(link, calls, options.onWaiting()).begin();
    return Futures.handOver(outcome, outcome, Permits::closeAsync);
  }

  /**
   * Tells about a semaphore, its holders and how many wait.
   *
   * @throws QuoinException with SEMAPHORE_NOT_FOUND when there is no such semaphore
   */
  public SemaphoreState get(String name) {
    GetRequest request = GetRequest.newBuilder().setName(name).build();
    return ask(SemaphoresGrpc.getGetMethod(), request, SemaphoreState::of);
  }

  /**
   * Finds the semaphores whose names begin with a prefix. There is no index: the server looks
   * through all keys of Redis, some at a time. For people and tools.
   *
   * @param prefix empty for all
   * @return in no order, asked for page by page as the stream is read; reading throws {@link
   *     QuoinException}. A semaphore may come twice
   */
  public Stream<Summary> list(String prefix) {
    ListRequest.Builder request = ListRequest.newBuilder().setPrefix(prefix);
    return Stream.iterate(
            page(request), Objects::nonNull, page -> next(request, page.getNextPageToken()))
        .flatMap(page -> page.getSemaphoresList().stream())
        .map(Summary::of);
  }

  /**
   * A semaphore in a list, at one moment.
   *
   * @param limit how many permits may be in use
   * @param inUse permits in use
   * @param holderCount how many hold permits
   * @param waiters how many stand in line
   */
  public record Summary(String name, int limit, int inUse, long holderCount, long waiters) {
    static Summary of(ListResponse.Semaphore semaphore) {
      return new Summary(
          semaphore.getName(),
          semaphore.getLimit(),
          semaphore.getInUse(),
          semaphore.getHolderCount(),
          semaphore.getWaiters());
    }
  }

  private ListResponse page(ListRequest.Builder request) {
    return Futures.await(link.call(SemaphoresGrpc.getListMethod(), request.build()));
  }

  private ListResponse next(ListRequest.Builder request, String pageToken) {
    return pageToken.isEmpty() ? null : page(request.setPageToken(pageToken));
  }

  /**
   * Takes the permits of a holder away; it is told.
   *
   * @param id of the holder, see {@link SemaphoreState.Holder}
   * @param reason what it is told: at most 256 bytes, no control characters
   * @return how many permits there were
   * @throws NotHeldException when there is no such holder
   */
  public int revoke(String name, String id, String reason) {
    RevokeRequest request =
        RevokeRequest.newBuilder().setName(name).setId(id).setReason(reason).build();
    return ask(SemaphoresGrpc.getRevokeMethod(), request, response -> response.getPermits());
  }

  /**
   * Forgets a semaphore that nobody holds or waits for.
   *
   * @throws QuoinException with SEMAPHORE_IN_USE when somebody does
   */
  public void delete(String name) {
    DeleteRequest request = DeleteRequest.newBuilder().setName(name).build();
    Futures.await(link.call(SemaphoresGrpc.getDeleteMethod(), request));
  }

  private <Q, R, T> T ask(MethodDescriptor<Q, R> method, Q request, Function<R, T> reader) {
    return reader.apply(Futures.await(link.call(method, request)));
  }

  private static Grant granted(AcquireResponse response) {
    return new Grant(
        response.getToken(), response.getFence(), Protos.instant(response.getExpireTime()));
  }
}
