// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.util.Timestamps;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.rpc.Call;
import dev.quoin.server.rpc.Defaults;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.rpc.Paging;
import dev.quoin.server.rpc.ResponseStream;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.social.v1.Group;
import dev.quoin.social.v1.GroupKind;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsCreateResponse;
import dev.quoin.social.v1.GroupsDeleteRequest;
import dev.quoin.social.v1.GroupsDeleteResponse;
import dev.quoin.social.v1.GroupsGetRequest;
import dev.quoin.social.v1.GroupsGetResponse;
import dev.quoin.social.v1.GroupsGetTimelineRequest;
import dev.quoin.social.v1.GroupsGetTimelineResponse;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.GroupsJoinRequest;
import dev.quoin.social.v1.GroupsJoinResponse;
import dev.quoin.social.v1.GroupsLeaveRequest;
import dev.quoin.social.v1.GroupsLeaveResponse;
import dev.quoin.social.v1.GroupsListGroupsRequest;
import dev.quoin.social.v1.GroupsListGroupsResponse;
import dev.quoin.social.v1.GroupsListMembersRequest;
import dev.quoin.social.v1.GroupsListMembersResponse;
import dev.quoin.social.v1.GroupsListRequest;
import dev.quoin.social.v1.GroupsListResponse;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.GroupsPostResponse;
import dev.quoin.social.v1.GroupsSetRoleRequest;
import dev.quoin.social.v1.GroupsSetRoleResponse;
import dev.quoin.social.v1.GroupsUpdateRequest;
import dev.quoin.social.v1.GroupsUpdateResponse;
import dev.quoin.social.v1.GroupsWatchRequest;
import dev.quoin.social.v1.GroupsWatchResponse;
import dev.quoin.social.v1.Member;
import dev.quoin.social.v1.Role;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.TimelineEvent;
import dev.quoin.streams.v1.Gap;
import dev.quoin.streams.v1.Heartbeat;
import dev.quoin.streams.v1.Reconnect;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** Serves {@code quoin.social.v1.Groups}. */
public final class GroupsService implements BindableService {
  private static final int PAGE = 30;
  private static final int MEMBERS = 100;

  private final Kernel kernel;
  private final Social social;

  public GroupsService(Kernel kernel, Social social) {
    this.kernel = kernel;
    this.social = social;
  }

  @Override
  public ServerServiceDefinition bindService() {
    return kernel
        .rpc()
        .service(GroupsGrpc.getServiceDescriptor())
        .unary(GroupsGrpc.getCreateMethod(), this::create)
        .unary(GroupsGrpc.getGetMethod(), this::get)
        .unary(GroupsGrpc.getListMethod(), this::list)
        .unary(GroupsGrpc.getUpdateMethod(), this::update)
        .unary(GroupsGrpc.getDeleteMethod(), this::delete)
        .unary(GroupsGrpc.getJoinMethod(), this::join)
        .unary(GroupsGrpc.getLeaveMethod(), this::leave)
        .unary(GroupsGrpc.getSetRoleMethod(), this::setRole)
        .unary(GroupsGrpc.getListMembersMethod(), this::members)
        .unary(GroupsGrpc.getListGroupsMethod(), this::groups)
        .unary(GroupsGrpc.getPostMethod(), this::post)
        .unary(GroupsGrpc.getGetTimelineMethod(), this::timeline)
        .streaming(GroupsGrpc.getWatchMethod(), this::watch)
        .build();
  }

  private static GroupKind kind(GroupKind asked) {
    return asked == GroupKind.GROUP_KIND_UNSPECIFIED ? GroupKind.GROUP_KIND_PUBLIC : asked;
  }

  private CompletionStage<GroupsCreateResponse> create(GroupsCreateRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref owner = Ref.user(scope, request.getUserId());
    Group draft =
        Group.newBuilder()
            .setName(request.getName())
            .putAllAttributes(request.getAttributesMap())
            .setGroupKind(kind(request.getGroupKind()))
            .build();
    return social
        .tickets()
        .next()
        .thenCompose(
            id ->
                social
                    .users()
                    .once(
                        scope, owner, Once.of(request.getRequestId(), request), Long.toString(id)))
        .thenCompose(id -> social.groups().create(scope, owner, draft, Long.parseLong(id)))
        .thenApply(id -> GroupsCreateResponse.newBuilder().setGroupId(id).build());
  }

  private CompletionStage<GroupsGetResponse> get(GroupsGetRequest request, Call call) {
    return social
        .groups()
        .access(call.scope(), Ref.group(call.scope(), request.getGroupId()), "0")
        .thenApply(access -> GroupsGetResponse.newBuilder().setGroup(access.group()).build());
  }

  private CompletionStage<GroupsListResponse> list(GroupsListRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .listed()
        .page(
            scope,
            Ref.GROUP,
            Defaults.orElse(request.getPageSize(), PAGE),
            request.getPageToken(),
            ids -> social.groups().all(scope, ids))
        .thenApply(
            page ->
                GroupsListResponse.newBuilder()
                    .addAllGroups(page.rows())
                    .setNextPageToken(page.nextPageToken())
                    .build());
  }

  private CompletionStage<GroupsUpdateResponse> update(GroupsUpdateRequest request, Call call) {
    RequestContext scope = call.scope();
    Group changes =
        Group.newBuilder()
            .setName(request.getName())
            .putAllAttributes(request.getAttributesMap())
            .setGroupKind(request.getGroupKind())
            .build();
    return social
        .groups()
        .update(
            scope,
            Ref.group(scope, request.getGroupId()),
            Ref.user(scope, request.getActorId()),
            changes)
        .thenApply(group -> GroupsUpdateResponse.newBuilder().setGroup(group).build());
  }

  private CompletionStage<GroupsDeleteResponse> delete(GroupsDeleteRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .groups()
        .delete(
            scope, Ref.group(scope, request.getGroupId()), Ref.user(scope, request.getActorId()))
        .thenApply(deleted -> GroupsDeleteResponse.newBuilder().setDeleted(deleted).build());
  }

  private CompletionStage<GroupsJoinResponse> join(GroupsJoinRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .groups()
        .join(
            scope,
            Ref.group(scope, request.getGroupId()),
            Ref.user(scope, request.getActorId()),
            about(scope, request.getUserId(), request.getActorId()))
        .thenApply(joined -> GroupsJoinResponse.newBuilder().setJoined(joined).build());
  }

  private CompletionStage<GroupsLeaveResponse> leave(GroupsLeaveRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .groups()
        .leave(
            scope,
            Ref.group(scope, request.getGroupId()),
            Ref.user(scope, request.getActorId()),
            about(scope, request.getUserId(), request.getActorId()))
        .thenApply(left -> GroupsLeaveResponse.newBuilder().setLeft(left).build());
  }

  private static Ref about(RequestContext scope, long user, long actor) {
    return Ref.user(scope, user == 0 ? actor : user);
  }

  private CompletionStage<GroupsSetRoleResponse> setRole(GroupsSetRoleRequest request, Call call) {
    RequestContext scope = call.scope();
    return social
        .groups()
        .setRole(
            scope,
            Ref.group(scope, request.getGroupId()),
            Ref.user(scope, request.getActorId()),
            Ref.user(scope, request.getUserId()),
            request.getRole())
        .thenApply(changed -> GroupsSetRoleResponse.newBuilder().setChanged(changed).build());
  }

  private CompletionStage<GroupsListMembersResponse> members(
      GroupsListMembersRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref group = Ref.group(scope, request.getGroupId());
    Paging paging =
        Paging.of(
            scope,
            request.getPageSize(),
            MEMBERS,
            request.getPageToken(),
            group.id(),
            request.getViewerId());
    String key = UserKeys.of(social.keyspace(), group).key("following");
    return social
        .groups()
        .readable(scope, group, Long.toString(request.getViewerId()))
        .thenCompose(
            access -> social.followers().edges(scope, key, after(paging), paging.rows(), true))
        .thenCombine(
            social.groups().roles(scope, group),
            (edges, roles) -> {
              Paging.Page<Edge> page = paging.page(edges, Edge::text);
              GroupsListMembersResponse.Builder response =
                  GroupsListMembersResponse.newBuilder().setNextPageToken(page.nextPageToken());
              page.rows().forEach(edge -> response.addMembers(member(edge, roles)));
              return response.build();
            });
  }

  private static Edge after(Paging paging) {
    return paging.position().isEmpty() ? null : Edge.parse(paging.position());
  }

  private static Member member(Edge edge, Map<String, Role> roles) {
    return Member.newBuilder()
        .setUserId(Long.parseLong(edge.id()))
        .setRole(roles.getOrDefault(edge.id(), Role.ROLE_MEMBER))
        .setJoinTime(Timestamps.fromMillis(edge.millis()))
        .build();
  }

  private CompletionStage<GroupsListGroupsResponse> groups(
      GroupsListGroupsRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref user = Ref.user(scope, request.getUserId());
    Paging paging =
        Paging.of(scope, request.getPageSize(), PAGE, request.getPageToken(), user.id());
    String key = UserKeys.of(social.keyspace(), user).key("groups");
    return social
        .followers()
        .edges(scope, key, after(paging), paging.rows(), true)
        .thenCompose(edges -> social.values().ofUser(scope, user, edges))
        .thenCompose(
            edges -> {
              Paging.Page<Edge> page = paging.page(edges, Edge::text);
              return social
                  .groups()
                  .groups(scope, user, page.rows())
                  .thenApply(
                      groups ->
                          GroupsListGroupsResponse.newBuilder()
                              .addAllGroups(groups)
                              .setNextPageToken(page.nextPageToken())
                              .build());
            });
  }

  private CompletionStage<GroupsPostResponse> post(GroupsPostRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref group = Ref.group(scope, request.getGroupId());
    Status draft =
        Status.newBuilder()
            .setAuthorId(request.getAuthorId())
            .setGroupId(request.getGroupId())
            .setText(request.getText())
            .putAllAttributes(request.getAttributesMap())
            .setInReplyTo(request.getInReplyTo())
            .setRepostOf(0)
            .setVisibility(dev.quoin.social.v1.Visibility.VISIBILITY_PUBLIC)
            .build();
    return social
        .groups()
        .access(scope, group, Long.toString(request.getAuthorId()))
        .thenCompose(
            access -> {
              if (!access.isMember()) {
                throw GroupStore.notMember(group.id());
              }
              if (!access.mayPost()) {
                throw GroupStore.notAllowed(group.id(), "only those who run the group post");
              }
              return social.posting().post(scope, draft, Once.of(request.getRequestId(), request));
            })
        .thenApply(
            id ->
                GroupsPostResponse.newBuilder()
                    .setStatusId(id)
                    .setCreateTime(Timestamps.fromMillis(Tickets.millis(id)))
                    .build());
  }

  private CompletionStage<GroupsGetTimelineResponse> timeline(
      GroupsGetTimelineRequest request, Call call) {
    RequestContext scope = call.scope();
    Ref group = Ref.group(scope, request.getGroupId());
    Paging paging =
        Paging.of(
            scope,
            request.getPageSize(),
            PAGE,
            request.getPageToken(),
            group.id(),
            request.getViewerId());
    String viewer = Long.toString(request.getViewerId());
    String key = UserKeys.of(social.keyspace(), group).key("home");
    return social
        .groups()
        .readable(scope, group, viewer)
        .thenCompose(
            access ->
                social
                    .pages()
                    .page(
                        scope,
                        viewer,
                        social.places().newest(scope, key),
                        paging.position(),
                        paging.size(),
                        gone -> social.refills().forget(scope.detached(), key, gone)))
        .thenApply(
            page ->
                GroupsGetTimelineResponse.newBuilder()
                    .addAllStatuses(page.statuses())
                    .setNextPageToken(paging.token(page.next()))
                    .build());
  }

  private void watch(
      GroupsWatchRequest request, Call call, ResponseStream<GroupsWatchResponse> responses) {
    RequestContext scope = call.scope();
    Ref group = Ref.group(scope, request.getGroupId());
    String viewer = Long.toString(request.getViewerId());
    TimelineStream<GroupsWatchResponse> stream =
        new TimelineStream<>(
            social,
            kernel.tails(),
            kernel.timer(),
            call,
            viewer,
            request.getCursor(),
            new GroupMessages(),
            responses);
    social
        .groups()
        .readable(scope, group, viewer)
        .thenAccept(
            access -> stream.open(UserKeys.of(social.keyspace(), group).entity(), List.of()))
        .whenComplete(stream::opened);
  }

  private static final class GroupMessages implements TimelineStream.Messages<GroupsWatchResponse> {
    @Override
    public GroupsWatchResponse added(TimelineEvent event) {
      return GroupsWatchResponse.newBuilder().setAdded(event).build();
    }

    @Override
    public GroupsWatchResponse removed(TimelineEvent event) {
      return GroupsWatchResponse.newBuilder().setRemovedStatus(event).build();
    }

    @Override
    public GroupsWatchResponse gap(Gap gap) {
      return GroupsWatchResponse.newBuilder().setGap(gap).build();
    }

    @Override
    public GroupsWatchResponse heartbeat(Heartbeat heartbeat) {
      return GroupsWatchResponse.newBuilder().setHeartbeat(heartbeat).build();
    }

    @Override
    public GroupsWatchResponse reconnect(Reconnect reconnect) {
      return GroupsWatchResponse.newBuilder().setReconnect(reconnect).build();
    }
  }
}
