// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.semaphores;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.semaphores.v1.AcquireRequest;
import dev.quoin.semaphores.v1.AcquireResponse;
import dev.quoin.semaphores.v1.ConfigureRequest;
import dev.quoin.semaphores.v1.ConfigureResponse;
import dev.quoin.semaphores.v1.DeleteRequest;
import dev.quoin.semaphores.v1.DeleteResponse;
import dev.quoin.semaphores.v1.GetRequest;
import dev.quoin.semaphores.v1.GetResponse;
import dev.quoin.semaphores.v1.HoldRequest;
import dev.quoin.semaphores.v1.HoldResponse;
import dev.quoin.semaphores.v1.ListRequest;
import dev.quoin.semaphores.v1.ListResponse;
import dev.quoin.semaphores.v1.ReleaseRequest;
import dev.quoin.semaphores.v1.ReleaseResponse;
import dev.quoin.semaphores.v1.RenewRequest;
import dev.quoin.semaphores.v1.RenewResponse;
import dev.quoin.semaphores.v1.RevokeRequest;
import dev.quoin.semaphores.v1.RevokeResponse;
import dev.quoin.semaphores.v1.SemaphoresGrpc;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.names.ActiveNames;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.PageToken;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.waiting.AcquireResult;
import dev.quoin.server.waiting.HoldEvents;
import dev.quoin.server.waiting.LeaseRequest;
import dev.quoin.server.waiting.Leases;
import dev.quoin.server.waiting.Revocation;
import dev.quoin.server.waiting.Tokens;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.semaphores.v1.Semaphores}. */
public final class SemaphoresService implements BindableService {
  private static final long DEFAULT_LEASE_MILLIS = 10_000;
  private static final int DEFAULT_HOLDERS = 100;
  private static final int DEFAULT_LISTED = 50;
  private static final HoldEvents<HoldResponse> HOLD_EVENTS =
      HoldEvents.in(HoldResponse.getDefaultInstance());

  private final Kernel kernel;
  private final SemaphoreStore semaphores;
  private final SemaphoreAdmin admin;
  private final SemaphoreList list;

  public SemaphoresService(Kernel kernel) {
    this.kernel = kernel;
    Keyspace keyspace = kernel.keyspace("semaphores");
    ActiveNames names = new ActiveNames(kernel.scripts(), keyspace, kernel.timer());
    this.semaphores = new SemaphoreStore(kernel.scripts(), keyspace, kernel.queues(), names);
    this.admin = new SemaphoreAdmin(semaphores);
    this.list = new SemaphoreList(names, admin);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(SemaphoresGrpc.getServiceDescriptor())
        .unary(SemaphoresGrpc.getConfigureMethod(), this::configure)
        .unary(SemaphoresGrpc.getDeleteMethod(), this::delete)
        .unary(SemaphoresGrpc.getAcquireMethod(), this::acquire)
        .unary(SemaphoresGrpc.getRenewMethod(), this::renew)
        .unary(SemaphoresGrpc.getReleaseMethod(), this::release)
        .unary(SemaphoresGrpc.getGetMethod(), this::get)
        .unary(SemaphoresGrpc.getListMethod(), this::list)
        .unary(SemaphoresGrpc.getRevokeMethod(), this::revoke)
        .streaming(SemaphoresGrpc.getHoldMethod(), this::hold)
        .build();
  }

  private CompletionStage<ConfigureResponse> configure(ConfigureRequest request, Call call) {
    long lease =
        request.hasDefaultLease()
            ? Durations.toMillis(request.getDefaultLease())
            : DEFAULT_LEASE_MILLIS;
    return admin
        .configure(call.scope(), request.getName(), request.getLimit(), lease)
        .thenApply(inUse -> ConfigureResponse.newBuilder().setInUse(inUse).build());
  }

  private CompletionStage<DeleteResponse> delete(DeleteRequest request, Call call) {
    return admin
        .delete(call.scope(), request.getName())
        .thenApply(deleted -> DeleteResponse.getDefaultInstance());
  }

  private CompletionStage<AcquireResponse> acquire(AcquireRequest request, Call call) {
    LeaseRequest asked =
        SemaphoreStore.request(
                call.scope(),
                request.getName(),
                Tokens.next(),
                request.getPermits(),
                request.getLimit(),
                Durations.toMillis(request.getLease()),
                request.getLabel())
            .withId(request.getRequestId());
    return semaphores
        .leases()
        .acquire(asked, Durations.toMillis(request.getWait()), call)
        .thenApply(SemaphoresService::acquired);
  }

  private static AcquireResponse acquired(AcquireResult result) {
    Usage usage = Usage.of(result);
    AcquireResponse.Builder response =
        AcquireResponse.newBuilder().setInUse(usage.inUse()).setLimit(usage.limit());
    if (!result.isGranted()) {
      return response
          .setAcquired(false)
          .setRetryAfter(Durations.fromMillis(result.untilFreeMillis()))
          .setPosition(result.place())
          .build();
    }
    return response
        .setAcquired(true)
        .setToken(result.grant().token())
        .setFence(result.grant().fence())
        .setExpireTime(Timestamps.fromMillis(result.grant().expireMillis()))
        .build();
  }

  private CompletionStage<RenewResponse> renew(RenewRequest request, Call call) {
    long lease = Durations.toMillis(request.getLease());
    return semaphores
        .leases()
        .renew(call.scope(), request.getName(), request.getToken(), lease)
        .thenApply(
            grant ->
                RenewResponse.newBuilder()
                    .setExpireTime(Timestamps.fromMillis(grant.expireMillis()))
                    .build());
  }

  private CompletionStage<ReleaseResponse> release(ReleaseRequest request, Call call) {
    Leases leases = semaphores.leases();
    CompletionStage<Boolean> released =
        request.getToken().isEmpty()
            ? leases.releaseRequest(call.scope(), request.getName(), request.getAcquireRequestId())
            : leases
                .release(call.scope(), request.getName(), request.getToken())
                .thenApply(done -> true);
    return released.thenApply(done -> ReleaseResponse.newBuilder().setReleased(done).build());
  }

  private CompletionStage<GetResponse> get(GetRequest request, Call call) {
    String position = PageToken.position(call.scope(), request.getPageToken(), request.getName());
    int size = request.getPageSize() == 0 ? DEFAULT_HOLDERS : request.getPageSize();
    return admin
        .get(call.scope(), request.getName(), size, position)
        .thenApply(
            state ->
                SemaphoreViews.whole(
                    state, pageToken(call.scope(), state.next(), request.getName())));
  }

  private CompletionStage<ListResponse> list(ListRequest request, Call call) {
    int size = request.getPageSize() == 0 ? DEFAULT_LISTED : request.getPageSize();
    return list.page(call.scope(), request.getPrefix(), size, request.getPageToken())
        .thenApply(SemaphoreViews::page);
  }

  private static String pageToken(RequestContext scope, String position, String asked) {
    return position.isEmpty() ? "" : PageToken.of(scope, position, asked);
  }

  private CompletionStage<RevokeResponse> revoke(RevokeRequest request, Call call) {
    Revocation why = new Revocation(request.getActor(), request.getExplanation());
    return admin
        .revoke(call.scope(), request.getName(), request.getId(), why)
        .thenApply(permits -> RevokeResponse.newBuilder().setPermits(permits).build());
  }

  private void hold(HoldRequest request, Call call, ResponseStream<HoldResponse> responses) {
    boolean resumes = !request.getToken().isEmpty();
    LeaseRequest asked =
        SemaphoreStore.request(
            call.scope().detached(),
            request.getName(),
            resumes ? request.getToken() : Tokens.next(),
            request.getPermits(),
            request.getLimit(),
            request.hasLease() ? Durations.toMillis(request.getLease()) : DEFAULT_LEASE_MILLIS,
            request.getLabel());
    if (resumes) {
      semaphores.leases().resume(asked, HOLD_EVENTS, call, responses);
    } else {
      semaphores.leases().hold(asked, HOLD_EVENTS, call, responses);
    }
  }
}
