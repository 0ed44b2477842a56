// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Paging;
import dev.quoin.social.v1.HideRequest;
import dev.quoin.social.v1.HideResponse;
import dev.quoin.social.v1.ListReportsRequest;
import dev.quoin.social.v1.ListReportsResponse;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.ReportEntry;
import dev.quoin.social.v1.ReportRequest;
import dev.quoin.social.v1.ReportResponse;
import dev.quoin.social.v1.ResolveRequest;
import dev.quoin.social.v1.ResolveResponse;
import dev.quoin.social.v1.SetLimitsRequest;
import dev.quoin.social.v1.SetLimitsResponse;
import dev.quoin.social.v1.SuspendRequest;
import dev.quoin.social.v1.SuspendResponse;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.social.v1.Moderation}. */
public final class ModerationService implements BindableService {
  private static final int PAGE = 30;

  private final Kernel kernel;
  private final Social social;

  public ModerationService(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(ModerationGrpc.getServiceDescriptor())
        .unary(ModerationGrpc.getReportMethod(), this::report)
        .unary(ModerationGrpc.getListReportsMethod(), this::list)
        .unary(ModerationGrpc.getResolveMethod(), this::resolve)
        .unary(ModerationGrpc.getHideMethod(), this::hide)
        .unary(ModerationGrpc.getSuspendMethod(), this::suspend)
        .unary(ModerationGrpc.getSetLimitsMethod(), this::setLimits)
        .build();
  }

  private CompletionStage<ReportResponse> report(ReportRequest request, Call call) {
    RequestContext scope = call.scope();
    ReportEntry.Builder draft =
        ReportEntry.newBuilder()
            .setReporterId(request.getReporterId())
            .setStatusId(request.getStatusId())
            .setReportKind(request.getReportKind())
            .setExplanation(request.getExplanation());
    CompletionStage<Long> about =
        request.hasUserId()
            ? social
                .values()
                .user(scope, Ref.user(scope, request.getUserId()))
                .thenApply(user -> request.getUserId())
            : author(scope, request.getReporterId(), Long.toString(request.getStatusId()));
    return social
        .values()
        .user(scope, Ref.user(scope, request.getReporterId()))
        .thenCompose(reporter -> about)
        .thenCompose(user -> social.reports().report(scope, draft.setUserId(user).build()))
        .thenApply(
            reported ->
                ReportResponse.newBuilder()
                    .setReportId(reported.id())
                    .setCreated(reported.created())
                    .build());
  }

  /** What the reporter may not see does not exist for it. */
  private CompletionStage<Long> author(RequestContext scope, long reporter, String status) {
    return social
        .pages()
        .visible(scope, Long.toString(reporter), List.of(status))
        .thenApply(
            found -> {
              if (!found.containsKey(status)) {
                throw Posting.noStatus(status);
              }
              return found.get(status).getAuthorId();
            });
  }

  private CompletionStage<StatusValue> find(RequestContext scope, String status) {
    return social
        .values()
        .read(scope, List.of(status), List.of())
        .thenApply(
            found -> {
              StatusValue value = found.statuses().get(status);
              if (value == null || value.isDeleted()) {
                throw Posting.noStatus(status);
              }
              return value;
            });
  }

  private CompletionStage<ListReportsResponse> list(ListReportsRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(),
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            request.getResolved());
    return social
        .reports()
        .list(call.scope(), request.getResolved(), paging.position(), paging.rows())
        .thenApply(
            found -> {
              Paging.Page<ReportEntry> page =
                  paging.page(found, report -> Long.toString(report.getReportId()));
              return ListReportsResponse.newBuilder()
                  .addAllReports(page.rows())
                  .setNextPageToken(page.nextPageToken())
                  .build();
            });
  }

  private CompletionStage<ResolveResponse> resolve(ResolveRequest request, Call call) {
    return social
        .reports()
        .resolve(
            call.scope(),
            Long.toString(request.getReportId()),
            request.getActor(),
            request.getResolution())
        .thenApply(changed -> ResolveResponse.newBuilder().setChanged(changed).build());
  }

  private CompletionStage<HideResponse> hide(HideRequest request, Call call) {
    RequestContext scope = call.scope();
    String id = Long.toString(request.getStatusId());
    return find(scope, id)
        .thenCompose(
            value ->
                social
                    .posting()
                    .settle(scope, id, request.getHidden() ? "h" : "l", new byte[0])
                    .thenCompose(
                        settled ->
                            deliver(scope, value, request.getHidden())
                                .thenApply(done -> settled.changed())))
        .thenApply(changed -> HideResponse.newBuilder().setChanged(changed).build());
  }

  /** Done again it completes what was interrupted. A full outbox saves no status from it. */
  private CompletionStage<Void> deliver(RequestContext scope, StatusValue value, boolean hidden) {
    String id = value.entry().statusId();
    return hidden
        ? social.posting().takeOut(scope, value, "h " + id, true, Integer.MAX_VALUE)
        : social.outbox().enqueue(Ref.user(scope, value.status().getAuthorId()), "s " + id);
  }

  private CompletionStage<SuspendResponse> suspend(SuspendRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    return social
        .values()
        .user(scope, user)
        .thenCompose(
            before ->
                social
                    .users()
                    .change(user)
                    .state(request.getSuspended() ? 's' : 'a')
                    .run(scope)
                    .thenApply(after -> before.isSuspended() != request.getSuspended()))
        .thenApply(changed -> SuspendResponse.newBuilder().setChanged(changed).build());
  }

  private CompletionStage<SetLimitsResponse> setLimits(SetLimitsRequest request, Call call) {
    if (!request.hasPostsPerHour() && !request.hasFollowsPerHour()) {
      throw InvalidRequest.of("posts_per_hour", "must be set, or follows_per_hour");
    }
    RequestContext scope = call.scope();
    UserStore.Change change = social.users().change(Ref.user(scope, request.getUserId()));
    if (request.hasPostsPerHour()) {
      change.postsPerHour(request.getPostsPerHour());
    }
    if (request.hasFollowsPerHour()) {
      change.followsPerHour(request.getFollowsPerHour());
    }
    return change.run(scope).thenApply(done -> SetLimitsResponse.getDefaultInstance());
  }
}
