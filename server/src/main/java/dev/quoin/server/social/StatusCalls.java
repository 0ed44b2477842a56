// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.social.v1.MentionWindow;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesFavoriteRequest;
import dev.quoin.social.v1.StatusesFavoriteResponse;
import dev.quoin.social.v1.StatusesGetConversationRequest;
import dev.quoin.social.v1.StatusesGetConversationResponse;
import dev.quoin.social.v1.StatusesLikeRequest;
import dev.quoin.social.v1.StatusesLikeResponse;
import dev.quoin.social.v1.StatusesListFavoritesRequest;
import dev.quoin.social.v1.StatusesListFavoritesResponse;
import dev.quoin.social.v1.StatusesListMentionsRequest;
import dev.quoin.social.v1.StatusesListMentionsResponse;
import dev.quoin.social.v1.StatusesListTagRequest;
import dev.quoin.social.v1.StatusesListTagResponse;
import dev.quoin.social.v1.StatusesRepostRequest;
import dev.quoin.social.v1.StatusesRepostResponse;
import dev.quoin.social.v1.StatusesTopMentionsRequest;
import dev.quoin.social.v1.StatusesTopMentionsResponse;
import dev.quoin.social.v1.StatusesUnfavoriteRequest;
import dev.quoin.social.v1.StatusesUnfavoriteResponse;
import dev.quoin.social.v1.StatusesUnlikeRequest;
import dev.quoin.social.v1.StatusesUnlikeResponse;
import dev.quoin.social.v1.StatusesWatchConversationRequest;
import dev.quoin.social.v1.StatusesWatchConversationResponse;
import dev.quoin.social.v1.TimelineEvent;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Reconnect;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** The RPCs of Statuses about what others do with a status, and about lists of statuses. */
final class StatusCalls {
  private static final int PAGE = 30;
  private static final int PAIRS = 10;

  private final Kernel kernel;
  private final Social social;

  StatusCalls(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
  }

  CompletionStage<StatusesLikeResponse> like(StatusesLikeRequest request, Call call) {
    return social
        .reactions()
        .like(call.scope(), user(call, request.getUserId()), id(request.getStatusId()))
        .thenApply(
            done ->
                StatusesLikeResponse.newBuilder()
                    .setChanged(done.changed())
                    .setCount(done.count())
                    .build());
  }

  CompletionStage<StatusesUnlikeResponse> unlike(StatusesUnlikeRequest request, Call call) {
    return social
        .reactions()
        .unlike(call.scope(), user(call, request.getUserId()), id(request.getStatusId()))
        .thenApply(
            done ->
                StatusesUnlikeResponse.newBuilder()
                    .setChanged(done.changed())
                    .setCount(done.count())
                    .build());
  }

  CompletionStage<StatusesFavoriteResponse> favorite(StatusesFavoriteRequest request, Call call) {
    return social
        .reactions()
        .favorite(call.scope(), user(call, request.getUserId()), id(request.getStatusId()))
        .thenApply(
            done ->
                StatusesFavoriteResponse.newBuilder()
                    .setChanged(done.changed())
                    .setCount(done.count())
                    .build());
  }

  CompletionStage<StatusesUnfavoriteResponse> unfavorite(
      StatusesUnfavoriteRequest request, Call call) {
    return social
        .reactions()
        .unfavorite(call.scope(), user(call, request.getUserId()), id(request.getStatusId()))
        .thenApply(
            done ->
                StatusesUnfavoriteResponse.newBuilder()
                    .setChanged(done.changed())
                    .setCount(done.count())
                    .build());
  }

  CompletionStage<StatusesRepostResponse> repost(StatusesRepostRequest request, Call call) {
    return social
        .reactions()
        .repost(call.scope(), user(call, request.getUserId()), id(request.getStatusId()))
        .thenApply(
            done ->
                StatusesRepostResponse.newBuilder()
                    .setStatusId(done.id())
                    .setCreated(done.created())
                    .build());
  }

  private static Ref user(Call call, long id) {
    return Ref.user(call.scope(), id);
  }

  private static String id(long id) {
    return Long.toString(id);
  }

  private CompletionStage<Status> seen(Call call, long status, long viewer) {
    return social
        .pages()
        .visible(call.scope(), id(viewer), List.of(id(status)))
        .thenApply(
            found -> {
              if (found.isEmpty()) {
                throw Posting.noStatus(id(status));
              }
              return found.get(id(status));
            });
  }

  CompletionStage<StatusesGetConversationResponse> conversation(
      StatusesGetConversationRequest request, Call call) {
    Paging paging =
        paging(
            call,
            request.getPageSize(),
            request.getPageToken(),
            request.getStatusId(),
            request.getViewerId());
    return seen(call, request.getStatusId(), request.getViewerId())
        .thenCompose(
            status ->
                page(
                    call,
                    id(request.getViewerId()),
                    social.places().conversation(call.scope(), status),
                    paging,
                    gone ->
                        forget(
                            call,
                            Ref.conversation(call.scope(), status.getConversationId()),
                            "posts",
                            gone)))
        .thenApply(
            page ->
                StatusesGetConversationResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  void watch(
      StatusesWatchConversationRequest request,
      Call call,
      ResponseStream<StatusesWatchConversationResponse> responses) {
    TimelineStream<StatusesWatchConversationResponse> stream =
        new TimelineStream<>(
            social,
            kernel.tails(),
            kernel.timer(),
            call,
            id(request.getViewerId()),
            request.getCursor(),
            new ConversationMessages(),
            responses);
    seen(call, request.getStatusId(), request.getViewerId())
        .thenAccept(
            status ->
                stream.open(
                    UserKeys.of(
                            social.keyspace(),
                            Ref.conversation(call.scope(), status.getConversationId()))
                        .entity(),
                    List.of()))
        .whenComplete(stream::opened);
  }

  private static final class ConversationMessages
      implements TimelineStream.Messages<StatusesWatchConversationResponse> {
    private static StatusesWatchConversationResponse.Builder message() {
      return StatusesWatchConversationResponse.newBuilder();
    }

    @Override
    public StatusesWatchConversationResponse added(TimelineEvent event) {
      return message().setAdded(event).build();
    }

    @Override
    public StatusesWatchConversationResponse removed(TimelineEvent event) {
      return message().setRemovedStatus(event).build();
    }

    @Override
    public StatusesWatchConversationResponse gap(Gap gap) {
      return message().setGap(gap).build();
    }

    @Override
    public StatusesWatchConversationResponse heartbeat(Heartbeat heartbeat) {
      return message().setHeartbeat(heartbeat).build();
    }

    @Override
    public StatusesWatchConversationResponse reconnect(Reconnect reconnect) {
      return message().setReconnect(reconnect).build();
    }
  }

  CompletionStage<StatusesListMentionsResponse> mentions(
      StatusesListMentionsRequest request, Call call) {
    Ref user = user(call, request.getUserId());
    Paging paging =
        paging(call, request.getPageSize(), request.getPageToken(), request.getUserId(), 0);
    return page(
            call,
            user.id(),
            social.homes().mentions(call.scope(), user),
            paging,
            gone -> forget(call, user, "mentions", gone))
        .thenApply(
            page ->
                StatusesListMentionsResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  CompletionStage<StatusesListTagResponse> tag(StatusesListTagRequest request, Call call) {
    Paging paging =
        Paging.of(
            call.scope(),
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            request.getTag(),
            request.getViewerId());
    return page(
            call,
            id(request.getViewerId()),
            social.places().tag(call.scope(), request.getTag()),
            paging,
            gone -> {})
        .thenApply(
            page ->
                StatusesListTagResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  CompletionStage<StatusesListFavoritesResponse> favorites(
      StatusesListFavoritesRequest request, Call call) {
    Ref user = user(call, request.getUserId());
    Paging paging =
        paging(
            call,
            request.getPageSize(),
            request.getPageToken(),
            request.getUserId(),
            request.getViewerId());
    String viewer = id(request.getViewerId());
    return social
        .values()
        .user(call.scope(), user)
        .thenCompose(found -> social.pages().mayLookAt(call.scope(), viewer, user, found))
        .thenCompose(
            may ->
                may
                    ? page(
                        call,
                        viewer,
                        social.places().favorites(call.scope(), user),
                        paging,
                        gone -> forget(call, user, "favorites", gone))
                    : CompletableFuture.completedFuture(new Pages.Page(List.of(), "")))
        .thenApply(
            page ->
                StatusesListFavoritesResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  CompletionStage<StatusesTopMentionsResponse> topMentions(
      StatusesTopMentionsRequest request, Call call) {
    return social
        .places()
        .topMentions(
            call.scope(),
            request.getWindow() == MentionWindow.MENTION_WINDOW_HOUR,
            Defaults.orElse(request.getMaxItems(), PAIRS))
        .thenApply(pairs -> StatusesTopMentionsResponse.newBuilder().addAllPairs(pairs).build());
  }

  private static Paging paging(Call call, int size, String token, Object about, Object viewer) {
    return Paging.of(call.scope(), size, PAGE, token, about, viewer);
  }

  private CompletionStage<Pages.Page> page(
      Call call, String viewer, Pages.Source source, Paging paging, Consumer<List<String>> gone) {
    RequestContext scope = call.scope();
    return social.pages().page(scope, viewer, source, paging.position(), paging.size(), gone);
  }

  private void forget(Call call, Ref owner, String part, List<String> gone) {
    String key = UserKeys.of(social.keyspace(), owner).key(part);
    social.refills().forget(call.scope().detached(), key, gone);
  }
}
