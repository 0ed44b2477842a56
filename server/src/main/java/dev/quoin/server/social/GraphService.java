// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.util.Timestamps;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.server.social.GraphStore.Relation;
import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.FollowResponse;
import dev.quoin.social.v1.GetRelationshipRequest;
import dev.quoin.social.v1.GetRelationshipResponse;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.ListFollowRequestsRequest;
import dev.quoin.social.v1.ListFollowRequestsResponse;
import dev.quoin.social.v1.ListFollowersRequest;
import dev.quoin.social.v1.ListFollowersResponse;
import dev.quoin.social.v1.ListFollowingRequest;
import dev.quoin.social.v1.ListFollowingResponse;
import dev.quoin.social.v1.StreamFollowersRequest;
import dev.quoin.social.v1.StreamFollowersResponse;
import dev.quoin.social.v1.UnfollowRequest;
import dev.quoin.social.v1.UnfollowResponse;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.social.v1.Graph}. */
public final class GraphService implements BindableService {
  private static final int PAGE = 100;

  private final Kernel kernel;
  private final Social social;
  private final BlockCalls asked;
  private final ListCalls lists;

  public GraphService(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
    this.asked = new BlockCalls(social);
    this.lists = new ListCalls(social);
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(GraphGrpc.getServiceDescriptor())
        .unary(GraphGrpc.getFollowMethod(), this::follow)
        .unary(GraphGrpc.getUnfollowMethod(), this::unfollow)
        .unary(GraphGrpc.getGetRelationshipMethod(), this::relationship)
        .unary(GraphGrpc.getListFollowersMethod(), this::followers)
        .unary(GraphGrpc.getListFollowingMethod(), this::following)
        .streaming(GraphGrpc.getStreamFollowersMethod(), this::stream)
        .unary(GraphGrpc.getRequestFollowMethod(), asked::requestFollow)
        .unary(GraphGrpc.getApproveMethod(), asked::approve)
        .unary(GraphGrpc.getDenyMethod(), asked::deny)
        .unary(GraphGrpc.getListFollowRequestsMethod(), this::requests)
        .unary(GraphGrpc.getBlockMethod(), asked::block)
        .unary(GraphGrpc.getUnblockMethod(), asked::unblock)
        .unary(GraphGrpc.getMuteMethod(), asked::mute)
        .unary(GraphGrpc.getUnmuteMethod(), asked::unmute)
        .unary(GraphGrpc.getCreateListMethod(), lists::create)
        .unary(GraphGrpc.getAddToListMethod(), lists::add)
        .unary(GraphGrpc.getRemoveFromListMethod(), lists::remove)
        .unary(GraphGrpc.getDeleteListMethod(), lists::delete)
        .unary(GraphGrpc.getListListsMethod(), lists::list)
        .unary(GraphGrpc.getMutualsMethod(), lists::mutuals)
        .unary(GraphGrpc.getSuggestMethod(), lists::suggest)
        .build();
  }

  private CompletionStage<FollowResponse> follow(FollowRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = other(scope, request.getUserId(), request.getOtherId());
    return social
        .values()
        .user(scope, other)
        .thenCompose(
            found -> {
              checkFollowable(found);
              if (found.isPrivate()) {
                return checkApproved(scope, user, other);
              }
              return CompletableFuture.completedFuture(null);
            })
        .thenCompose(ok -> social.graph().follow(scope, user, other.id(), social.mostFollowed()))
        .thenApply(
            followed ->
                FollowResponse.newBuilder()
                    .setCreated(followed.created())
                    .setFollowTime(Timestamps.fromMillis(followed.millis()))
                    .build());
  }

  static void checkFollowable(UserValue user) {
    if (user.isSuspended()) {
      throw new ApiException(
          ErrorReason.ERROR_REASON_USER_SUSPENDED, "a moderator has suspended the other user");
    }
  }

  private CompletionStage<Void> checkApproved(RequestContext scope, Ref user, Ref other) {
    return checkApproved(social, scope, user, other);
  }

  /** Who follows a private user already may say so again, or put it on a list. */
  static CompletionStage<Void> checkApproved(
      Social social, RequestContext scope, Ref user, Ref other) {
    return social
        .graph()
        .relations(scope, user, List.of(other.id()))
        .thenAccept(
            relations -> {
              if (!relations.get(0).follows()) {
                throw new ApiException(
                    ErrorReason.ERROR_REASON_USER_PRIVATE,
                    "the other user is private: ask with RequestFollow",
                    Map.of("other_id", other.id()),
                    null);
              }
            });
  }

  static Ref other(RequestContext scope, long user, long other) {
    if (user == other) {
      throw InvalidRequest.of("other_id", "must be another user than user_id");
    }
    return Ref.user(scope, other);
  }

  private CompletionStage<UnfollowResponse> unfollow(UnfollowRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = Ref.user(scope, request.getOtherId());
    return social
        .graph()
        .unfollow(scope, user, other.id(), true)
        .thenCompose(
            unfollowed ->
                unfollowed.removed()
                    ? CompletableFuture.completedFuture(unfollowed)
                    // It may have asked and takes that back.
                    : social
                        .blocks()
                        .set(scope, other, "requests", user.id(), false)
                        .thenApply(withdrawn -> unfollowed))
        .thenApply(
            unfollowed ->
                UnfollowResponse.newBuilder()
                    .setRemovedEdge(unfollowed.removed())
                    .setPurged((int) unfollowed.purged())
                    .build());
  }

  private CompletionStage<GetRelationshipResponse> relationship(
      GetRelationshipRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Ref other = other(scope, request.getUserId(), request.getOtherId());
    return Futures.each(
            List.of(
                social.graph().relations(scope, user, List.of(other.id())),
                social.graph().relations(scope, other, List.of(user.id()))))
        .thenCombine(
            social
                .values()
                .user(scope, user)
                .thenCombine(social.values().user(scope, other), (a, b) -> a),
            (both, exist) -> {
              Relation there = both.get(0).get(0);
              Relation back = both.get(1).get(0);
              return GetRelationshipResponse.newBuilder()
                  .setFollows(there.follows())
                  .setFollowedBy(back.follows())
                  .setRequested(there.hasAsked())
                  .setBlocks(there.blocks())
                  .setBlockedBy(there.isBlocked())
                  .setMutes(there.mutes())
                  .build();
            });
  }

  private CompletionStage<ListFollowersResponse> followers(
      ListFollowersRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Paging paging = paging(call, request.getPageSize(), request.getPageToken(), user);
    return social
        .values()
        .user(scope, user)
        .thenCompose(
            found ->
                social
                    .followers()
                    .merged(scope, user, found.buckets(), after(paging), paging.rows()))
        .thenApply(
            edges -> {
              Paging.Page<Edge> page = paging.page(edges, Edge::text);
              return ListFollowersResponse.newBuilder()
                  .addAllEdges(messages(page.rows()))
                  .setNextPageToken(page.nextPageToken())
                  .build();
            });
  }

  private CompletionStage<ListFollowingResponse> following(
      ListFollowingRequest request, Call call) {
    Ref user = Ref.user(call.scope(), request.getUserId());
    Paging paging = paging(call, request.getPageSize(), request.getPageToken(), user);
    return edges(call.scope(), user, "following", paging, true)
        .thenApply(
            page ->
                ListFollowingResponse.newBuilder()
                    .addAllEdges(messages(page.rows()))
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }

  private CompletionStage<ListFollowRequestsResponse> requests(
      ListFollowRequestsRequest request, Call call) {
    Ref user = Ref.user(call.scope(), request.getUserId());
    Paging paging = paging(call, request.getPageSize(), request.getPageToken(), user);
    return edges(call.scope(), user, "requests", paging, false)
        .thenApply(
            page ->
                ListFollowRequestsResponse.newBuilder()
                    .addAllEdges(messages(page.rows()))
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }

  private static Paging paging(Call call, int size, String token, Ref user) {
    return Paging.of(call.scope(), size, PAGE, token, user.id());
  }

  private static Edge after(Paging paging) {
    return paging.position().isEmpty() ? null : Edge.parse(paging.position());
  }

  private CompletionStage<Paging.Page<Edge>> edges(
      RequestContext scope, Ref user, String part, Paging paging, boolean newest) {
    String key = UserKeys.of(social.keyspace(), user).key(part);
    return social
        .values()
        .user(scope, user)
        .thenCombine(
            social.followers().edges(scope, key, after(paging), paging.rows(), newest),
            (exists, edges) -> paging.page(edges, Edge::text));
  }

  static List<dev.quoin.social.v1.Edge> messages(List<Edge> edges) {
    return edges.stream()
        .map(
            edge ->
                dev.quoin.social.v1.Edge.newBuilder()
                    .setUserId(Long.parseLong(edge.id()))
                    .setTime(Timestamps.fromMillis(edge.millis()))
                    .build())
        .toList();
  }

  private void stream(
      StreamFollowersRequest request,
      Call call,
      ResponseStream<StreamFollowersResponse> responses) {
    new FollowerStream(social, Ref.user(call.scope(), request.getUserId()), responses).begin(call);
  }
}
