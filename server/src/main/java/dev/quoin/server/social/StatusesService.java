// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.util.Timestamps;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Once;
import dev.quoin.social.v1.FanOut;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesBatchGetRequest;
import dev.quoin.social.v1.StatusesBatchGetResponse;
import dev.quoin.social.v1.StatusesDeleteRequest;
import dev.quoin.social.v1.StatusesDeleteResponse;
import dev.quoin.social.v1.StatusesGetRequest;
import dev.quoin.social.v1.StatusesGetResponse;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.StatusesPostResponse;
import dev.quoin.social.v1.Visibility;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.social.v1.Statuses}. */
public final class StatusesService implements BindableService {
  private final Kernel kernel;
  private final Social social;
  private final StatusCalls calls;

  public StatusesService(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
    this.calls = new StatusCalls(kernel, social);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(StatusesGrpc.getServiceDescriptor())
        .unary(StatusesGrpc.getPostMethod(), this::post)
        .unary(StatusesGrpc.getGetMethod(), this::get)
        .unary(StatusesGrpc.getBatchGetMethod(), this::batchGet)
        .unary(StatusesGrpc.getDeleteMethod(), this::delete)
        .unary(StatusesGrpc.getLikeMethod(), calls::like)
        .unary(StatusesGrpc.getUnlikeMethod(), calls::unlike)
        .unary(StatusesGrpc.getFavoriteMethod(), calls::favorite)
        .unary(StatusesGrpc.getUnfavoriteMethod(), calls::unfavorite)
        .unary(StatusesGrpc.getRepostMethod(), calls::repost)
        .unary(StatusesGrpc.getGetConversationMethod(), calls::conversation)
        .streaming(StatusesGrpc.getWatchConversationMethod(), calls::watch)
        .unary(StatusesGrpc.getListMentionsMethod(), calls::mentions)
        .unary(StatusesGrpc.getListTagMethod(), calls::tag)
        .unary(StatusesGrpc.getListFavoritesMethod(), calls::favorites)
        .unary(StatusesGrpc.getTopMentionsMethod(), calls::topMentions)
        .build();
  }

  private CompletionStage<StatusesPostResponse> post(StatusesPostRequest request, Call call) {
    boolean isRepost = request.getRepostOf() != 0;
    check(request, isRepost);
    Status.Builder draft =
        Status.newBuilder()
            .setAuthorId(request.getAuthorId())
            .setText(request.getText())
            .putAllAttributes(request.getAttributesMap())
            .setInReplyTo(request.getInReplyTo())
            .setRepostOf(request.getRepostOf())
            .setGroupId(0)
            .setVisibility(
                request.getVisibility() == Visibility.VISIBILITY_UNSPECIFIED
                    ? Visibility.VISIBILITY_PUBLIC
                    : request.getVisibility());
    if (request.hasLocation()) {
      draft.setLocation(request.getLocation());
    }
    if (isRepost) {
      return social
          .reactions()
          .repost(
              call.scope(),
              Ref.user(call.scope(), request.getAuthorId()),
              Long.toString(request.getRepostOf()))
          .thenApply(reposted -> posted(reposted.id()));
    }
    return social
        .posting()
        .post(call.scope(), draft.build(), Once.of(request.getRequestId(), request))
        .thenApply(StatusesService::posted);
  }

  private static void check(StatusesPostRequest request, boolean isRepost) {
    if (isRepost != request.getText().isEmpty()) {
      throw InvalidRequest.of(
          "text", isRepost ? "must be empty for a repost" : "must be 1 to 10,000 bytes");
    }
    if (isRepost && request.getInReplyTo() != 0) {
      throw InvalidRequest.of("in_reply_to", "must be 0 for a repost");
    }
    if (isRepost && request.getAttributesCount() > 0) {
      throw InvalidRequest.of("attributes", "must be empty for a repost");
    }
    if (isRepost && request.hasLocation()) {
      throw InvalidRequest.of("location", "must not be set for a repost");
    }
    if (request.hasLocation()
        && !(request.getLocation().hasLatitude() && request.getLocation().hasLongitude())) {
      throw InvalidRequest.of("location", "must have latitude and longitude");
    }
    if (isRepost && request.getVisibility() != Visibility.VISIBILITY_UNSPECIFIED) {
      throw InvalidRequest.of("visibility", "must not be set for a repost");
    }
  }

  private static StatusesPostResponse posted(long id) {
    return StatusesPostResponse.newBuilder()
        .setStatusId(id)
        .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
        .build();
  }

  private CompletionStage<StatusesGetResponse> get(StatusesGetRequest request, Call call) {
    RequestContext scope = call.scope();
    String id = Long.toString(request.getStatusId());
    return social
        .pages()
        .visible(scope, Long.toString(request.getViewerId()), List.of(id))
        .thenCompose(
            found -> {
              Status status = found.get(id);
              if (status == null) {
                throw Posting.noStatus(id);
              }
              StatusesGetResponse.Builder response =
                  StatusesGetResponse.newBuilder().setStatus(status);
              return status.getAuthorId() != request.getViewerId()
                  ? CompletableFuture.completedFuture(response.build())
                  : fanOut(scope, status).thenApply(fanOut -> response.setFanOut(fanOut).build());
            });
  }

  /** How far the delivery is: what is not in the outbox any more is done. */
  private CompletionStage<FanOut> fanOut(RequestContext scope, Status status) {
    return social
        .outbox()
        .look(scope, Ref.user(scope, status.getAuthorId()), "p " + status.getStatusId())
        .thenApply(
            waiting ->
                FanOut.newBuilder()
                    .setCompleted(waiting < 0)
                    .setDelivered(Math.max(0, waiting))
                    .build());
  }

  private CompletionStage<StatusesBatchGetResponse> batchGet(
      StatusesBatchGetRequest request, Call call) {
    List<String> ids = request.getStatusIdsList().stream().map(id -> Long.toString(id)).toList();
    return social
        .pages()
        .visible(call.scope(), Long.toString(request.getViewerId()), ids)
        .thenApply(
            found ->
                StatusesBatchGetResponse.newBuilder()
                    .addAllStatuses(ids.stream().map(found::get).filter(Objects::nonNull).toList())
                    .build());
  }

  private CompletionStage<StatusesDeleteResponse> delete(StatusesDeleteRequest request, Call call) {
    return social
        .posting()
        .delete(
            call.scope(),
            Ref.user(call.scope(), request.getAuthorId()),
            Long.toString(request.getStatusId()))
        .thenApply(deleted -> StatusesDeleteResponse.newBuilder().setDeleted(deleted).build());
  }
}
