// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.server.social.GraphStore.Relation;
import dev.quoin.social.v1.AddToListRequest;
import dev.quoin.social.v1.AddToListResponse;
import dev.quoin.social.v1.CreateListRequest;
import dev.quoin.social.v1.CreateListResponse;
import dev.quoin.social.v1.DeleteListRequest;
import dev.quoin.social.v1.DeleteListResponse;
import dev.quoin.social.v1.ListListsRequest;
import dev.quoin.social.v1.ListListsResponse;
import dev.quoin.social.v1.MutualsRequest;
import dev.quoin.social.v1.MutualsResponse;
import dev.quoin.social.v1.RemoveFromListRequest;
import dev.quoin.social.v1.RemoveFromListResponse;
import dev.quoin.social.v1.SuggestRequest;
import dev.quoin.social.v1.SuggestResponse;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The RPCs of Graph about lists of users, and about whom to follow. */
final class ListCalls {
  private static final int PAGE = 100;
  private static final int SAMPLE = 3;
  private static final int SUGGESTED = 10;

  private final Social social;

  ListCalls(Social social) {
    this.social = social;
  }

  CompletionStage<CreateListResponse> create(CreateListRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref owner = Ref.user(scope, request.getUserId());
    Once once = Once.of(request.getRequestId(), request);
    return social
        .tickets()
        .next()
        .thenCompose(id -> social.users().once(scope, owner, once, Long.toString(id)))
        .thenCompose(
            id -> social.lists().create(scope, owner, request.getName(), Long.parseLong(id)))
        .thenApply(id -> CreateListResponse.newBuilder().setListId(id).build());
  }

  CompletionStage<AddToListResponse> add(AddToListRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref owner = Ref.user(scope, request.getUserId());
    Ref list = Ref.list(scope, request.getListId());
    Ref other = Ref.user(scope, request.getOtherId());
    return social
        .lists()
        .owned(scope, owner, list)
        .thenCompose(owned -> social.values().user(scope, other))
        .thenCompose(
            found ->
                social
                    .graph()
                    .relations(scope, owner, List.of(other.id()))
                    .thenCompose(relations -> check(scope, owner, other, found, relations.get(0))))
        .thenCompose(ok -> social.graph().follow(scope, list, other.id(), social.mostFollowed()))
        .thenApply(
            followed -> AddToListResponse.newBuilder().setCreated(followed.created()).build());
  }

  private CompletionStage<Void> check(
      RequestContext scope, Ref owner, Ref other, UserValue found, Relation relation) {
    if (relation.isCut()) {
      throw GraphStore.blocked();
    }
    return found.isPrivate() && !owner.equals(other)
        ? GraphService.checkApproved(social, scope, owner, other)
        : java.util.concurrent.CompletableFuture.completedFuture(null);
  }

  CompletionStage<RemoveFromListResponse> remove(RemoveFromListRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref list = Ref.list(scope, request.getListId());
    return social
        .lists()
        .owned(scope, Ref.user(scope, request.getUserId()), list)
        .thenCompose(
            owned ->
                social.graph().unfollow(scope, list, Long.toString(request.getOtherId()), true))
        .thenApply(
            done -> RemoveFromListResponse.newBuilder().setRemovedEdge(done.removed()).build());
  }

  CompletionStage<DeleteListResponse> delete(DeleteListRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .lists()
        .delete(scope, Ref.user(scope, request.getUserId()), Ref.list(scope, request.getListId()))
        .thenApply(deleted -> DeleteListResponse.newBuilder().setDeleted(deleted).build());
  }

  CompletionStage<ListListsResponse> list(ListListsRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Paging paging =
        Paging.of(scope, request.getPageSize(), PAGE, request.getPageToken(), user.id());
    Edge after = paging.position().isEmpty() ? null : Edge.parse(paging.position());
    String key = UserKeys.of(social.keyspace(), user).key("lists");
    return social
        .followers()
        .edges(scope, key, after, paging.rows(), false)
        .thenCompose(edges -> social.values().ofUser(scope, user, edges))
        .thenCompose(
            edges -> {
              Paging.Page<Edge> page = paging.page(edges, Edge::text);
              return social
                  .lists()
                  .lists(scope, user, page.rows())
                  .thenApply(
                      lists ->
                          ListListsResponse.newBuilder()
                              .addAllLists(lists)
                              .setNextPageToken(page.nextPageToken())
                              .build());
            });
  }

  CompletionStage<MutualsResponse> mutuals(MutualsRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .discovery()
        .mutuals(
            scope,
            Ref.user(scope, request.getUserId()),
            GraphService.other(scope, request.getUserId(), request.getOtherId()),
            Defaults.orElse(request.getMaxItems(), SAMPLE));
  }

  CompletionStage<SuggestResponse> suggest(SuggestRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .discovery()
        .suggest(
            scope,
            Ref.user(scope, request.getUserId()),
            Defaults.orElse(request.getMaxItems(), SUGGESTED))
        .thenApply(found -> SuggestResponse.newBuilder().addAllSuggestions(found).build());
  }
}
