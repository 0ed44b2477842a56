// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.locks;

import com.google.protobuf.Duration;
import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.locks.v1.AcquireRequest;
import dev.quoin.locks.v1.AcquireResponse;
import dev.quoin.locks.v1.GetRequest;
import dev.quoin.locks.v1.GetResponse;
import dev.quoin.locks.v1.HoldRequest;
import dev.quoin.locks.v1.HoldResponse;
import dev.quoin.locks.v1.LocksGrpc;
import dev.quoin.locks.v1.ReleaseRequest;
import dev.quoin.locks.v1.ReleaseResponse;
import dev.quoin.locks.v1.RenewRequest;
import dev.quoin.locks.v1.RenewResponse;
import dev.quoin.server.Kernel;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Sink;
import dev.quoin.server.waiting.Acquisition;
import dev.quoin.server.waiting.Hold;
import dev.quoin.server.waiting.Standing;
import dev.quoin.server.waiting.Tokens;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.locks.v1.Locks}. */
public final class LocksService implements BindableService {
  private static final long DEFAULT_LEASE_MILLIS = 10_000;
  private static final LockHoldEvents HOLD_EVENTS = new LockHoldEvents();

  private final Kernel kernel;
  private final LockStore locks;

  public LocksService(Kernel kernel) {
    this.kernel = kernel;
    this.locks = new LockStore(kernel.scripts(), kernel.keyspace("locks"), kernel.lines());
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(LocksGrpc.getServiceDescriptor())
        .unary(LocksGrpc.getAcquireMethod(), this::acquire)
        .unary(LocksGrpc.getRenewMethod(), this::renew)
        .unary(LocksGrpc.getReleaseMethod(), this::release)
        .unary(LocksGrpc.getGetMethod(), this::get)
        .streaming(LocksGrpc.getHoldMethod(), this::hold)
        .build();
  }

  private CompletionStage<AcquireResponse> acquire(AcquireRequest request, Call call) {
    String token = Tokens.next();
    Demand demand =
        new Demand(
            call.scope(),
            request.getName(),
            token,
            token,
            leaseMillis(request.hasLease(), request.getLease()),
            request.getHolder(),
            request.getRequestId());
    return new Acquisition(new LockClaim(locks, demand), kernel.timer(), call)
        .within(Durations.toMillis(request.getWait()))
        .thenApply(LocksService::acquired);
  }

  private static AcquireResponse acquired(Standing standing) {
    if (!standing.isGranted()) {
      return AcquireResponse.newBuilder()
          .setHolder(standing.note())
          .setRetryAfter(Durations.fromMillis(standing.leftMillis()))
          .setPosition(standing.place())
          .build();
    }
    return AcquireResponse.newBuilder()
        .setAcquired(true)
        .setToken(standing.grant().token())
        .setFence(standing.grant().fence())
        .setExpireTime(Timestamps.fromMillis(standing.grant().expireMillis()))
        .build();
  }

  private CompletionStage<RenewResponse> renew(RenewRequest request, Call call) {
    long lease = leaseMillis(request.hasLease(), request.getLease());
    return locks
        .renew(call.scope(), request.getName(), request.getToken(), lease)
        .thenApply(
            grant ->
                RenewResponse.newBuilder()
                    .setExpireTime(Timestamps.fromMillis(grant.expireMillis()))
                    .build());
  }

  private CompletionStage<ReleaseResponse> release(ReleaseRequest request, Call call) {
    return locks
        .release(call.scope(), request.getName(), request.getToken())
        .thenApply(released -> ReleaseResponse.getDefaultInstance());
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    return locks.get(call.scope(), request.getName()).thenApply(LocksService::state);
  }

  private static GetResponse state(LockStore.State state) {
    GetResponse.Builder response =
        GetResponse.newBuilder()
            .setHeld(state.held())
            .setHolder(state.holder())
            .setFence(state.fence())
            .setWaiters(state.waiters());
    if (state.held()) {
      response
          .setAcquireTime(Timestamps.fromMillis(state.sinceMillis()))
          .setExpireTime(Timestamps.fromMillis(state.expireMillis()));
    }
    return response.build();
  }

  private static long leaseMillis(boolean given, Duration lease) {
    return given ? Durations.toMillis(lease) : DEFAULT_LEASE_MILLIS;
  }

  private void hold(HoldRequest request, Call call, Sink<HoldResponse> sink) {
    boolean resumes = !request.getToken().isEmpty();
    String keeper = Tokens.next();
    Demand demand =
        new Demand(
            call.scope().detached(),
            request.getName(),
            resumes ? request.getToken() : keeper,
            keeper,
            leaseMillis(request.hasLease(), request.getLease()),
            request.getHolder(),
            "");
    Hold<HoldResponse> hold =
        new Hold<>(new LockClaim(locks, demand), HOLD_EVENTS, kernel.timer(), call, sink);
    if (resumes) {
      hold.resume();
    } else {
      hold.begin();
    }
  }
}
