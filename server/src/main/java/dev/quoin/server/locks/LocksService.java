// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireAllRequest;
import dev.quoin.locks.v1.AcquireAllResponse;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.ListRequest;
import dev.quoin.locks.v1.ListResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.ReleaseResponse;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.locks.v1.RenewResponse;
import dev.quoin.locks.v1.RevokeRequest;
import dev.quoin.locks.v1.RevokeResponse;
import dev.quoin.locks.v1.WatchRequest;
import dev.quoin.locks.v1.WatchResponse;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.waiting.HoldEvents;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.Leases;
import dev.quoin.server.waiting.Revocation;
import dev.quoin.server.watch.WatchSettings;
import dev.quoin.server.watch.Watches;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.locks.v1.Locks}. */
public final class LocksService implements BindableService {
  private static final long DEFAULT_LEASE_MILLIS = 10_000;
  private static final int DEFAULT_PAGE = 100;
  private static final HoldEvents<HoldResponse> HOLD_EVENTS =
      HoldEvents.in(HoldResponse.getDefaultInstance());

  private final Kernel kernel;
  private final LockStore locks;
  private final LockStates states;
  private final Watches<WatchedLock.View> watches;

  public LocksService(Kernel kernel) {
    this.kernel = kernel;
    Keyspace keyspace = kernel.keyspace("locks");
    ActiveNames names = new ActiveNames(kernel.scripts(), keyspace, kernel.timer());
    this.locks = new LockStore(kernel.scripts(), keyspace, kernel.queues(), names);
    this.states = new LockStates(locks);
    this.watches =
        new Watches<>(kernel.scripts().redis().pubSub(), kernel.timer(), WatchSettings.USUAL);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(LocksGrpc.getServiceDescriptor())
        .unary(LocksGrpc.getAcquireMethod(), this::acquire)
        .unary(LocksGrpc.getRenewMethod(), this::renew)
        .unary(LocksGrpc.getAcquireAllMethod(), this::acquireAll)
        .unary(LocksGrpc.getReleaseMethod(), this::release)
        .unary(LocksGrpc.getGetMethod(), this::get)
        .unary(LocksGrpc.getListMethod(), this::list)
        .unary(LocksGrpc.getRevokeMethod(), this::revoke)
        .streaming(LocksGrpc.getWatchMethod(), this::watch)
        .streaming(LocksGrpc.getHoldMethod(), this::hold)
        .build();
  }

  private CompletionStage<AcquireResponse> acquire(AcquireRequest request, Call call) {
    long lease = leaseMillis(request.hasLease(), request.getLease());
    LeaseRequest asked =
        LockRequest.of(
                call.scope(), request.getName(), request.getMode(), lease, request.getLabel())
            .withId(request.getRequestId());
    return locks
        .leases()
        .acquire(asked, Durations.toMillis(request.getWait()), call)
        .thenApply(Responses::acquired);
  }

  private CompletionStage<AcquireAllResponse> acquireAll(AcquireAllRequest request, Call call) {
    List<String> names = request.getNamesList();
    long lease = leaseMillis(request.hasLease(), request.getLease());
    String group = LockRequest.group(names);
    List<LeaseRequest> asked =
        names.stream()
            .map(
                name ->
                    LockRequest.of(call.scope(), name, request.getMode(), lease, request.getLabel())
                        .withId(request.getRequestId())
                        .inGroup(group))
            .toList();
    return new MultiAcquisition(locks.leases(), kernel.timer(), call, asked)
        .within(Durations.toMillis(request.getWait()))
        .thenApply(outcome -> Responses.acquiredAll(outcome, names));
  }

  private CompletionStage<RenewResponse> renew(RenewRequest request, Call call) {
    long lease = leaseMillis(request.hasLease(), request.getLease());
    return locks
        .leases()
        .renew(call.scope(), request.getName(), request.getToken(), lease)
        .thenApply(
            grant ->
                RenewResponse.newBuilder()
                    .setExpireTime(Timestamps.fromMillis(grant.expireMillis()))
                    .build());
  }

  private CompletionStage<ReleaseResponse> release(ReleaseRequest request, Call call) {
    Leases leases = locks.leases();
    CompletionStage<Boolean> released =
        request.getToken().isEmpty()
            ? leases.releaseRequest(call.scope(), request.getName(), request.getAcquireRequestId())
            : leases
                .release(call.scope(), request.getName(), request.getToken())
                .thenApply(done -> true);
    return released.thenApply(done -> ReleaseResponse.newBuilder().setReleased(done).build());
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    return states.get(call.scope(), request.getName()).thenApply(Responses::state);
  }

  private CompletionStage<ListResponse> list(ListRequest request, Call call) {
    int size = request.getPageSize() == 0 ? DEFAULT_PAGE : request.getPageSize();
    return states
        .list(call.scope(), request.getPrefix(), size, request.getPageToken())
        .thenApply(Responses::page);
  }

  private CompletionStage<RevokeResponse> revoke(RevokeRequest request, Call call) {
    Revocation why = new Revocation(request.getActor(), request.getExplanation());
    return locks
        .revoke(call.scope(), request.getName(), why, request.getFence())
        .thenApply(Responses::revoked);
  }

  private void watch(WatchRequest request, Call call, ResponseStream<WatchResponse> responses) {
    RequestContext scope = call.scope().detached();
    WatchedLock lock = new WatchedLock(locks, scope, locks.keyset(scope, request.getName()));
    watches.open(lock, new LockReader(), call, responses);
  }

  private void hold(HoldRequest request, Call call, ResponseStream<HoldResponse> responses) {
    RequestContext scope = call.scope().detached();
    String name = request.getName();
    long lease = leaseMillis(request.hasLease(), request.getLease());
    String label = request.getLabel();
    if (request.getToken().isEmpty()) {
      LeaseRequest asked = LockRequest.of(scope, name, request.getMode(), lease, label);
      locks.leases().hold(asked, HOLD_EVENTS, call, responses);
    } else {
      LeaseRequest asked = LockRequest.of(scope, name, request.getToken(), lease, label);
      locks.leases().resume(asked, HOLD_EVENTS, call, responses);
    }
  }

  private static long leaseMillis(boolean given, Duration lease) {
    return given ? Durations.toMillis(lease) : DEFAULT_LEASE_MILLIS;
  }
}
