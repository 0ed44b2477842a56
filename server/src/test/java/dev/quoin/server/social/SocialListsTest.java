// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.PagingKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.AddToListRequest;
import dev.quoin.social.v1.CreateListRequest;
import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.GetListRequest;
import dev.quoin.social.v1.GetProfileRequest;
import dev.quoin.social.v1.GetTagRequest;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.Group;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsDeleteRequest;
import dev.quoin.social.v1.GroupsGetTimelineRequest;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.GroupsJoinRequest;
import dev.quoin.social.v1.GroupsListGroupsRequest;
import dev.quoin.social.v1.GroupsListMembersRequest;
import dev.quoin.social.v1.GroupsListRequest;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.ListFollowRequestsRequest;
import dev.quoin.social.v1.ListFollowersRequest;
import dev.quoin.social.v1.ListFollowingRequest;
import dev.quoin.social.v1.ListListsRequest;
import dev.quoin.social.v1.ListReportsRequest;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.Profile;
import dev.quoin.social.v1.ReportKind;
import dev.quoin.social.v1.ReportRequest;
import dev.quoin.social.v1.RequestFollowRequest;
import dev.quoin.social.v1.StatusesFavoriteRequest;
import dev.quoin.social.v1.StatusesGetConversationRequest;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesListFavoritesRequest;
import dev.quoin.social.v1.StatusesListMentionsRequest;
import dev.quoin.social.v1.StatusesListTagRequest;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.UsersGrpc;
import dev.quoin.social.v1.UsersListRequest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class SocialListsTest {
  private final Network network = Network.first();
  private long user;
  private long other;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    user = network.user("user");
    other = network.user("other");
  }

  @TestFactory
  Stream<DynamicTest> listFollowersKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        GraphGrpc.getListFollowersMethod(),
        ListFollowersRequest.newBuilder().setUserId(user),
        ListFollowersRequest.newBuilder().setUserId(other),
        i -> network.follow(network.user("f" + i), user));
  }

  @TestFactory
  Stream<DynamicTest> listFollowingKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        GraphGrpc.getListFollowingMethod(),
        ListFollowingRequest.newBuilder().setUserId(user),
        ListFollowingRequest.newBuilder().setUserId(other),
        i -> network.follow(user, network.user("f" + i)));
  }

  @TestFactory
  Stream<DynamicTest> listFollowRequestsKeepsTheLawsOfPaging() {
    long closed = network.privateUser("closed");
    return PagingKit.tests(
        GraphGrpc.getListFollowRequestsMethod(),
        ListFollowRequestsRequest.newBuilder().setUserId(closed),
        ListFollowRequestsRequest.newBuilder().setUserId(other),
        i ->
            network.graph.requestFollow(
                RequestFollowRequest.newBuilder()
                    .setUserId(network.user("f" + i))
                    .setOtherId(closed)
                    .build()));
  }

  @TestFactory
  Stream<DynamicTest> usersAreListedByTheLawsOfPaging() {
    TestRedis.clear();
    return PagingKit.testsOfOnlyList(
        UsersGrpc.getListMethod(), UsersListRequest.newBuilder(), i -> network.user("u" + i));
  }

  @TestFactory
  Stream<DynamicTest> groupsAreListedByTheLawsOfPaging() {
    return PagingKit.testsOfOnlyList(
        GroupsGrpc.getListMethod(), GroupsListRequest.newBuilder(), i -> group("group " + i));
  }

  private List<Long> listedUsers() {
    return network.users.list(UsersListRequest.getDefaultInstance()).getProfilesList().stream()
        .map(Profile::getUserId)
        .toList();
  }

  private List<Long> listedGroups() {
    return network.groups.list(GroupsListRequest.getDefaultInstance()).getGroupsList().stream()
        .map(Group::getGroupId)
        .toList();
  }

  @Test
  void whatEndsIsListedNoMore() {
    long first = group("first");
    long second = group("second");
    assertThat(listedUsers()).containsExactly(user, other);
    assertThat(listedGroups()).containsExactly(first, second);
    network.groups.delete(
        GroupsDeleteRequest.newBuilder().setActorId(user).setGroupId(first).build());
    assertThat(listedGroups()).containsExactly(second);
    network.delete(user);
    network.delete(other);
    assertThat(listedUsers()).isEmpty();
    assertThat(listedGroups()).isEmpty();
    Network.settle();
    assertThat(TestRedis.commands().keys("*{%names*")).isEmpty();
  }

  @Test
  void whatNeverCameToBeIsTakenOut() {
    String index = "quoin:default:social:{%namesusers}:";
    String never = "1000000000000000000";
    TestRedis.commands().zadd(index + "order", 0, never);
    TestRedis.commands().zadd(index + "seen", Double.POSITIVE_INFINITY, never);
    assertThat(listedUsers()).containsExactly(user, other);
    Eventually.until(
        "it is taken out", () -> TestRedis.commands().zrange(index + "order", 0, -1).size() == 2);
  }

  private long list(String name) {
    return network
        .graph
        .createList(CreateListRequest.newBuilder().setUserId(user).setName(name).build())
        .getListId();
  }

  @TestFactory
  Stream<DynamicTest> listListsKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        GraphGrpc.getListListsMethod(),
        ListListsRequest.newBuilder().setUserId(user),
        ListListsRequest.newBuilder().setUserId(other),
        i -> list("list " + i));
  }

  private long reply(long to, String text) {
    return network.post(
        StatusesPostRequest.newBuilder().setAuthorId(other).setText(text).setInReplyTo(to));
  }

  @TestFactory
  Stream<DynamicTest> getConversationKeepsTheLawsOfPaging() {
    long root = network.post(user, "root");
    long alone = network.post(user, "alone");
    return PagingKit.tests(
        StatusesGrpc.getGetConversationMethod(),
        StatusesGetConversationRequest.newBuilder().setStatusId(root),
        StatusesGetConversationRequest.newBuilder().setStatusId(alone),
        i -> {
          if (i > 0) {
            reply(root, "reply " + i);
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> listMentionsKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        StatusesGrpc.getListMentionsMethod(),
        StatusesListMentionsRequest.newBuilder().setUserId(user),
        StatusesListMentionsRequest.newBuilder().setUserId(other),
        i -> network.post(other, "to @user " + i));
  }

  @TestFactory
  Stream<DynamicTest> listTagKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        StatusesGrpc.getListTagMethod(),
        StatusesListTagRequest.newBuilder().setTag("#Redis"),
        StatusesListTagRequest.newBuilder().setTag("lua"),
        i -> network.post(other, "on #redis " + i));
  }

  @TestFactory
  Stream<DynamicTest> getTagKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        TimelinesGrpc.getGetTagMethod(),
        GetTagRequest.newBuilder().setTag("redis"),
        GetTagRequest.newBuilder().setTag("lua"),
        i -> network.post(other, "on #redis " + i));
  }

  @TestFactory
  Stream<DynamicTest> listFavoritesKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        StatusesGrpc.getListFavoritesMethod(),
        StatusesListFavoritesRequest.newBuilder().setUserId(user),
        StatusesListFavoritesRequest.newBuilder().setUserId(other),
        i ->
            network.statuses.favorite(
                StatusesFavoriteRequest.newBuilder()
                    .setUserId(user)
                    .setStatusId(network.post(other, "good " + i))
                    .build()));
  }

  @TestFactory
  Stream<DynamicTest> getHomeKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        TimelinesGrpc.getGetHomeMethod(),
        GetHomeRequest.newBuilder().setUserId(user),
        GetHomeRequest.newBuilder().setUserId(other),
        i -> network.post(user, "p" + i));
  }

  @TestFactory
  Stream<DynamicTest> getProfileKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        TimelinesGrpc.getGetProfileMethod(),
        GetProfileRequest.newBuilder().setUserId(user),
        GetProfileRequest.newBuilder().setUserId(other),
        i -> network.post(user, "p" + i));
  }

  @TestFactory
  Stream<DynamicTest> getListKeepsTheLawsOfPaging() {
    long list = list("friends");
    network.graph.addToList(
        AddToListRequest.newBuilder().setUserId(user).setListId(list).setOtherId(other).build());
    return PagingKit.tests(
        TimelinesGrpc.getGetListMethod(),
        GetListRequest.newBuilder().setListId(list),
        GetListRequest.newBuilder().setListId(list("others")),
        i -> network.post(other, "p" + i));
  }

  private long group(String name) {
    return network
        .groups
        .create(GroupsCreateRequest.newBuilder().setUserId(user).setName(name).build())
        .getGroupId();
  }

  @TestFactory
  Stream<DynamicTest> listMembersKeepsTheLawsOfPaging() {
    long group = group("many");
    return PagingKit.tests(
        GroupsGrpc.getListMembersMethod(),
        GroupsListMembersRequest.newBuilder().setGroupId(group),
        GroupsListMembersRequest.newBuilder().setGroupId(group("few")),
        i -> {
          if (i > 0) {
            network.groups.join(
                GroupsJoinRequest.newBuilder()
                    .setGroupId(group)
                    .setActorId(network.user("m" + i))
                    .build());
          }
        });
  }

  @TestFactory
  Stream<DynamicTest> listGroupsKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        GroupsGrpc.getListGroupsMethod(),
        GroupsListGroupsRequest.newBuilder().setUserId(user),
        GroupsListGroupsRequest.newBuilder().setUserId(other),
        i -> group("group " + i));
  }

  @TestFactory
  Stream<DynamicTest> getTimelineKeepsTheLawsOfPaging() {
    long group = group("many");
    return PagingKit.tests(
        GroupsGrpc.getGetTimelineMethod(),
        GroupsGetTimelineRequest.newBuilder().setGroupId(group),
        GroupsGetTimelineRequest.newBuilder().setGroupId(group("few")),
        i ->
            network.groups.post(
                GroupsPostRequest.newBuilder()
                    .setGroupId(group)
                    .setAuthorId(user)
                    .setText("p" + i)
                    .build()));
  }

  @TestFactory
  Stream<DynamicTest> listReportsKeepsTheLawsOfPaging() {
    return PagingKit.tests(
        ModerationGrpc.getListReportsMethod(),
        ListReportsRequest.newBuilder(),
        ListReportsRequest.newBuilder().setResolved(true),
        i ->
            network.moderation.report(
                ReportRequest.newBuilder()
                    .setReporterId(network.user("r" + i))
                    .setUserId(other)
                    .setReportKind(ReportKind.REPORT_KIND_SPAM)
                    .build()));
  }
}
