// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.waiting;

import com.google.protobuf.Message;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Outcomes;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.RetryUntil;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import io.netty.util.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.LongConsumer;

/**
 * Acquires, renews and gives back the resources of one feature, in Redis. A grant is given back
 * when the last call that keeps it ends without its caller.
 */
public final class Leases implements WaitQueueScripts {
  private static final String SHARED = "waiting";
  private static final String ANY = "";
  private static final String SAME = "";

  /** The reply of a quicker way to acquire that the usual one has to be taken. */
  private static final long TAKES_MORE = 2;

  /** How long Redis remembers a queue that no server refreshes. */
  private static final long QUEUE_MEMORY_MILLIS = 60_000;

  private final Scripts scripts;
  private final WaitQueues queues;
  private final ActiveNames names;
  private final LeasedResource resource;
  private final LuaScript acquire;
  private final LuaScript join;
  private final LuaScript leave;
  private final LuaScript remember;
  private final LuaScript refresh;
  private final LuaScript handOver;
  private final LuaScript renew;
  private final LuaScript release;
  private final LuaScript releaseRequest;

  public Leases(Scripts scripts, WaitQueues queues, ActiveNames names, LeasedResource resource) {
    this.scripts = scripts;
    this.queues = queues;
    this.names = names;
    this.resource = resource;
    this.acquire = script("acquire");
    this.join = script("join");
    this.leave = script("leave");
    this.remember = script("remember");
    this.refresh = script("refresh");
    this.handOver = script("hand_over");
    this.renew = script("renew");
    this.release = script("release");
    this.releaseRequest = script("release_request");
  }

  private LuaScript script(String verb) {
    return LuaScript.load(SHARED, resource.feature(), verb);
  }

  /** Acquires what a call asks for, waiting for it at most so long. */
  public CompletionStage<AcquireResult> acquire(LeaseRequest request, long waitMillis, Call call) {
    return new Acquisition(this, request, call::onCancel, call::onDrain, call::waits)
        .within(waitMillis);
  }

  /** Holds what a call asks for until the call ends. */
  public <R extends Message> void hold(
      LeaseRequest request, HoldEvents<R> events, Call call, ResponseStream<R> responses) {
    new Hold<>(this, request, events, call, responses).begin();
  }

  /** Holds what the caller has a grant of already: no other call gives it back by ending. */
  public <R extends Message> void resume(
      LeaseRequest request, HoldEvents<R> events, Call call, ResponseStream<R> responses) {
    new Hold<>(this, request.takenOver(), events, call, responses).resume();
  }

  /** Renews a grant for a caller who has its token. */
  public CompletionStage<Grant> renew(
      RequestContext scope, String name, String token, long leaseMillis) {
    return renew(scope, LeaseRequest.of(scope, name, token, leaseMillis, "", ""), ANY, SAME);
  }

  /** Gives back the grant of a token. */
  public CompletionStage<Void> release(RequestContext scope, String name, String token) {
    CompletionStage<Void> released =
        scripts
            .run(release, scope, resource.keys(scope, name), token)
            .thenAccept(reply -> handOver(scope, name, names.ended(token, reply).flag()));
    return explained(released, scope, name, token);
  }

  /**
   * Gives back what a request was granted and sees to it that it is granted nothing later.
   *
   * @return whether anything was given back
   */
  public CompletionStage<Boolean> releaseRequest(
      RequestContext scope, String name, String requestId) {
    return scripts
        .run(
            releaseRequest,
            scope,
            resource.keys(scope, name, requestId),
            LeaseRequest.word(requestId))
        .thenApply(
            reply -> {
              boolean released = reply.flag();
              handOver(scope, name, reply.flag());
              return released;
            });
  }

  /**
   * Goes on handing over as long as there is more; when this fails the next refresh of the queue
   * does it.
   */
  public void handOver(RequestContext scope, String name, boolean more) {
    if (more) {
      scripts
          .run(handOver, scope.detached(), resource.keys(scope, name))
          .thenAccept(reply -> handOver(scope, name, reply.flag()));
    }
  }

  /** What a refused renewal means; empty when the grant may still be held. */
  public Optional<LeaseLoss> lossBy(Throwable failure) {
    if (isRefused(failure, resource.notHeld())) {
      return Optional.of(LeaseLoss.of(LeaseLoss.Cause.NOT_HELD));
    }
    return isRefused(failure, resource.revoked())
        ? Optional.of(
            new LeaseLoss(
                LeaseLoss.Cause.REVOKED,
                Revocation.of((ApiException) ErrorMapper.refusal(failure))))
        : Optional.empty();
  }

  /** A stream of this server holds one more, or one fewer. */
  void held(LeaseRequest request, boolean more) {
    queues.held(resource.feature(), request.scope().namespace(), more);
  }

  Timer timer() {
    return scripts.redis().timer();
  }

  /** Acquires what is free; never waits. */
  CompletionStage<AcquireResult> acquireNow(LeaseRequest request) {
    Consumer<Reply> late =
        reply -> {
          if (reply.integer() == 1) {
            giveBack(request);
          }
        };
    CompletableFuture<Reply> fast = resource.acquireFast(request, late);
    if (fast == null) {
      return acquireNow(request, late);
    }
    return orGiveBack(request, fast)
        .thenCompose(
            reply -> {
              long outcome = reply.integer();
              if (outcome == TAKES_MORE) {
                return acquireNow(request, late);
              }
              noteUse(request);
              return CompletableFuture.completedFuture(AcquireResult.read(outcome == 1, reply));
            });
  }

  private CompletionStage<AcquireResult> acquireNow(LeaseRequest request, Consumer<Reply> late) {
    CompletableFuture<Reply> reply =
        scripts.run(
            acquire,
            request.scope(),
            requestKeys(request),
            late,
            request.text(queues.server()),
            request.body());
    return orGiveBack(request, reply).thenApply(answer -> noted(request, answer));
  }

  /** Gives back what may be granted although nobody is told of it. */
  private CompletableFuture<Reply> orGiveBack(
      LeaseRequest request, CompletableFuture<Reply> answer) {
    return answer.whenComplete(
        (reply, failure) -> {
          if (failure != null && Outcomes.isUnknown(failure)) {
            giveBack(request);
          }
        });
  }

  /** Whether callers of this server wait for it already: joining them then takes one step. */
  boolean isAwaitedHere(LeaseRequest request) {
    return queues.isOpen(channel(request));
  }

  /**
   * Acquires what a request asks for, or waits for it.
   *
   * @param places told the place in the queue when it is known to have changed
   */
  Waiter await(LeaseRequest request, LongConsumer places) {
    return queues.join(channel(request), this, request, places);
  }

  private String channel(LeaseRequest request) {
    return resource.hints(request.scope(), request.name()) + queues.server();
  }

  @Override
  public CompletionStage<AcquireResult> join(LeaseRequest request, long ticket) {
    return scripts
        .run(
            join,
            request.scope().detached(),
            requestKeys(request),
            request.text(queues.server()),
            request.body(),
            ticket,
            queues.mostWaiters())
        .thenApply(reply -> noted(request, reply));
  }

  @Override
  public CompletionStage<AcquireResult> leave(LeaseRequest request) {
    return leave(request, true);
  }

  /** Leaves the queue and gives back what was granted, tried once. */
  public CompletionStage<AcquireResult> giveBackOnce(LeaseRequest request) {
    return leave(request, false).thenApply(result -> names.ended(request.token(), result));
  }

  @Override
  public CompletionStage<AcquireResult> giveBack(LeaseRequest request) {
    Duration patience = Duration.ofMillis(request.longestLeaseMillis() + QUEUE_MEMORY_MILLIS);
    return RetryUntil.run(timer(), patience, () -> giveBackOnce(request));
  }

  private CompletionStage<AcquireResult> leave(LeaseRequest request, boolean keep) {
    return scripts
        .run(
            leave,
            request.scope().detached(),
            requestKeys(request),
            request.text(queues.server()),
            request.token(),
            keep ? 1 : 0)
        .thenApply(reply -> read(request, reply));
  }

  @Override
  public CompletionStage<Refreshed> refresh(List<LeaseRequest> waiters) {
    LeaseRequest first = waiters.get(0);
    noteUse(first);
    Arguments arguments = Arguments.of(queues.server());
    waiters.forEach(waiter -> arguments.add(waiter.text(queues.server())));
    RequestContext scope = first.scope().detached();
    return scripts
        .run(refresh, scope, resource.keys(scope, first.name()), arguments.toArray())
        .thenApply(
            reply -> {
              Refreshed refreshed = refreshed(reply);
              handOver(scope, first.name(), refreshed.more());
              return refreshed;
            });
  }

  private static Refreshed refreshed(Reply reply) {
    long untilFree = reply.integer();
    boolean more = reply.flag();
    List<Place> waiters = new ArrayList<>();
    while (reply.hasMore()) {
      long place = reply.integer();
      String hint = reply.text();
      waiters.add(new Place(place, hint.isEmpty() ? null : Grant.fromHint(hint)));
    }
    return new Refreshed(untilFree, more, waiters);
  }

  /**
   * Notes that a request was granted while it waited, if it has an id.
   *
   * @return the grant that counts: an earlier one when the request has that already
   */
  CompletionStage<AcquireResult> remember(LeaseRequest request, AcquireResult granted) {
    noteUse(request);
    if (request.requestId().isEmpty()) {
      return CompletableFuture.completedFuture(granted);
    }
    return scripts
        .run(remember, request.scope(), requestKeys(request), request.token(), request.body())
        .thenApply(
            reply -> {
              boolean isGranted = reply.flag();
              return reply.hasMore() ? AcquireResult.read(isGranted, reply) : granted;
            });
  }

  /** Takes over a grant that the caller has the token of. */
  CompletionStage<Grant> takeOver(LeaseRequest request) {
    return renew(request.scope(), request, ANY, request.keeper());
  }

  /** Renews a grant, unless another call has taken it over. */
  CompletionStage<Grant> renew(LeaseRequest request, RequestContext scope) {
    return renew(scope, request, request.keeper(), SAME);
  }

  /**
   * @param keeper the call that must be one of those that keep the grant
   * @param newOwner the call that alone keeps it from now on
   */
  private CompletionStage<Grant> renew(
      RequestContext scope, LeaseRequest request, String keeper, String newOwner) {
    CompletionStage<Grant> renewed =
        scripts
            .run(
                renew,
                scope,
                resource.keys(scope, request.name()),
                request.token(),
                request.leaseMillis(),
                keeper,
                newOwner)
            .thenApply(
                reply -> {
                  noteUse(request);
                  return new Grant(request.token(), reply.integer(), reply.integer(), "");
                });
    return explained(renewed, scope, request.name(), request.token());
  }

  /** Tells by whom and why a grant was revoked, if that is why a token holds nothing. */
  private <T> CompletionStage<T> explained(
      CompletionStage<T> answer, RequestContext scope, String name, String token) {
    return answer.exceptionallyCompose(
        failure ->
            isRefused(failure, resource.notHeld())
                ? resource
                    .revocation(scope, name, token)
                    .thenCompose(written -> CompletableFuture.failedFuture(why(written, failure)))
                : CompletableFuture.failedFuture(failure));
  }

  private Throwable why(String written, Throwable notHeld) {
    return written == null
        ? notHeld
        : Revocation.of(written).refusal(resource.revoked(), resource.revokedText());
  }

  private static boolean isRefused(Throwable failure, ErrorReason reason) {
    return ErrorMapper.refusal(failure) instanceof ApiException refusal
        && refusal.reason() == reason;
  }

  /** Sees to it that a resource is listed for as long as it may be in use. */
  private void noteUse(LeaseRequest request) {
    long millis = request.longestLeaseMillis() + resource.memoryMillis();
    names.record(request.scope(), request.name(), request.token(), millis);
  }

  private String[] requestKeys(LeaseRequest request) {
    return resource.keys(request.scope(), request.name(), request.requestId());
  }

  private AcquireResult noted(LeaseRequest request, Reply reply) {
    noteUse(request);
    return read(request, reply);
  }

  private AcquireResult read(LeaseRequest request, Reply reply) {
    AcquireResult result = AcquireResult.read(reply.flag(), reply);
    handOver(request.scope(), request.name(), result.more());
    return result;
  }
}
