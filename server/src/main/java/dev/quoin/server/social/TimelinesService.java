// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.GetHomeResponse;
import dev.quoin.social.v1.GetListRequest;
import dev.quoin.social.v1.GetListResponse;
import dev.quoin.social.v1.GetProfileRequest;
import dev.quoin.social.v1.GetProfileResponse;
import dev.quoin.social.v1.GetTagRequest;
import dev.quoin.social.v1.GetTagResponse;
import dev.quoin.social.v1.GetTopRequest;
import dev.quoin.social.v1.GetTopResponse;
import dev.quoin.social.v1.GetUnreadRequest;
import dev.quoin.social.v1.GetUnreadResponse;
import dev.quoin.social.v1.MarkSeenRequest;
import dev.quoin.social.v1.MarkSeenResponse;
import dev.quoin.social.v1.RefillRequest;
import dev.quoin.social.v1.RefillResponse;
import dev.quoin.social.v1.TimelineEvent;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.WatchHomeRequest;
import dev.quoin.social.v1.WatchHomeResponse;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Reconnect;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.social.v1.Timelines}. */
public final class TimelinesService implements BindableService {
  private static final int PAGE = 30;
  private static final int TOP = 10;

  private final Kernel kernel;
  private final Social social;

  public TimelinesService(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(TimelinesGrpc.getServiceDescriptor())
        .unary(TimelinesGrpc.getGetHomeMethod(), this::home)
        .unary(TimelinesGrpc.getGetProfileMethod(), this::profile)
        .unary(TimelinesGrpc.getRefillMethod(), this::refill)
        .unary(TimelinesGrpc.getGetListMethod(), this::list)
        .unary(TimelinesGrpc.getGetTagMethod(), this::tag)
        .streaming(TimelinesGrpc.getWatchHomeMethod(), this::watch)
        .unary(TimelinesGrpc.getMarkSeenMethod(), this::markSeen)
        .unary(TimelinesGrpc.getGetUnreadMethod(), this::unread)
        .unary(TimelinesGrpc.getGetTopMethod(), this::top)
        .build();
  }

  private CompletionStage<GetHomeResponse> home(GetHomeRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Paging paging =
        Paging.of(scope, request.getPageSize(), PAGE, request.getPageToken(), user.id());
    HomeReader.Opened opened = social.homes().open(scope, user);
    return social
        .pages()
        .page(
            scope,
            user.id(),
            opened,
            paging.position(),
            paging.size(),
            gone -> forget(scope, user, "home", gone))
        .thenApply(
            page ->
                GetHomeResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .setPartial(opened.isPartial())
                    .build());
  }

  private void forget(RequestContext scope, Ref owner, String part, java.util.List<String> gone) {
    String key = UserKeys.of(social.keyspace(), owner).key(part);
    social.refills().forget(scope.detached(), key, gone);
  }

  private CompletionStage<GetProfileResponse> profile(GetProfileRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Paging paging =
        Paging.of(
            scope,
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            user.id(),
            request.getViewerId());
    return social
        .values()
        .user(scope, user)
        .thenCompose(
            found ->
                social
                    .pages()
                    .page(
                        scope,
                        Long.toString(request.getViewerId()),
                        social.profiles().source(scope, user),
                        paging.position(),
                        paging.size(),
                        gone -> social.profiles().forget(scope.detached(), user, gone)))
        .thenApply(
            page ->
                GetProfileResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  private CompletionStage<RefillResponse> refill(RefillRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    return social
        .values()
        .user(scope, user)
        .thenCompose(found -> social.refills().refill(user))
        .thenApply(
            result ->
                RefillResponse.newBuilder()
                    .setAddedCount(result.added())
                    .setAuthorsRead(result.authors())
                    .build());
  }

  private CompletionStage<GetListResponse> list(GetListRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref list = Ref.list(scope, request.getListId());
    Paging paging =
        Paging.of(
            scope,
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            list.id(),
            request.getViewerId());
    HomeReader.Opened opened = social.homes().open(scope, list);
    return social
        .lists()
        .get(scope, list)
        .thenCompose(
            found ->
                social
                    .pages()
                    .page(
                        scope,
                        Long.toString(request.getViewerId()),
                        opened,
                        paging.position(),
                        paging.size(),
                        gone -> forget(scope, list, "home", gone)))
        .thenApply(
            page ->
                GetListResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .setPartial(opened.isPartial())
                    .build());
  }

  private CompletionStage<GetTagResponse> tag(GetTagRequest request, Call call) {
    RequestContext scope = call.scope();
    Paging paging =
        Paging.of(
            scope,
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            request.getTag(),
            request.getViewerId());
    return social
        .pages()
        .page(
            scope,
            Long.toString(request.getViewerId()),
            social.places().tag(scope, request.getTag()),
            paging.position(),
            paging.size(),
            gone -> {})
        .thenApply(
            page ->
                GetTagResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  private void watch(
      WatchHomeRequest request, Call call, ResponseStream<WatchHomeResponse> responses) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    TimelineStream<WatchHomeResponse> stream =
        new TimelineStream<>(
            social,
            kernel.tails(),
            kernel.timer(),
            call,
            user.id(),
            request.getCursor(),
            new HomeMessages(),
            responses);
    // A timeline that is watched is kept as one that is read.
    social
        .homes()
        .open(scope, user)
        .read("0", 1)
        .thenCompose(kept -> social.homes().read(scope, user, "0", 1))
        .thenAccept(
            home -> stream.open(UserKeys.of(social.keyspace(), user).entity(), home.merged()))
        .whenComplete(stream::opened);
  }

  private static final class HomeMessages implements TimelineStream.Messages<WatchHomeResponse> {
    @Override
    public WatchHomeResponse added(TimelineEvent event) {
      return WatchHomeResponse.newBuilder().setAdded(event).build();
    }

    @Override
    public WatchHomeResponse removed(TimelineEvent event) {
      return WatchHomeResponse.newBuilder().setRemovedStatus(event).build();
    }

    @Override
    public WatchHomeResponse gap(Gap gap) {
      return WatchHomeResponse.newBuilder().setGap(gap).build();
    }

    @Override
    public WatchHomeResponse heartbeat(Heartbeat heartbeat) {
      return WatchHomeResponse.newBuilder().setHeartbeat(heartbeat).build();
    }

    @Override
    public WatchHomeResponse reconnect(Reconnect reconnect) {
      return WatchHomeResponse.newBuilder().setReconnect(reconnect).build();
    }
  }

  private CompletionStage<MarkSeenResponse> markSeen(MarkSeenRequest request, Call call) {
    return social
        .seen()
        .mark(call.scope(), Ref.user(call.scope(), request.getUserId()), request.getStatusId())
        .thenApply(seen -> MarkSeenResponse.newBuilder().setSeenStatusId(seen).build());
  }

  private CompletionStage<GetUnreadResponse> unread(GetUnreadRequest request, Call call) {
    return social
        .seen()
        .unread(call.scope(), Ref.user(call.scope(), request.getUserId()))
        .thenApply(
            unread ->
                GetUnreadResponse.newBuilder()
                    .setUnread(unread.count())
                    .setSeenStatusId(unread.seen())
                    .build());
  }

  private CompletionStage<GetTopResponse> top(GetTopRequest request, Call call) {
    return social
        .discovery()
        .top(
            call.scope(),
            Ref.user(call.scope(), request.getUserId()),
            request,
            Defaults.orElse(request.getMaxItems(), TOP))
        .thenApply(ranked -> GetTopResponse.newBuilder().addAllRanked(ranked).build());
  }
}
