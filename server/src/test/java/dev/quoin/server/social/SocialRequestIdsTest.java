// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.testing.RequestIdKit;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.CreateListRequest;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.GroupsListGroupsRequest;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.ListListsRequest;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.UsersCheckLoginRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersGrpc;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

@Tag("redis")
final class SocialRequestIdsTest {
  private final Network network = Network.first();
  private long user;

  @BeforeEach
  void clear() {
    TestRedis.clear();
    user = network.user("user");
  }

  @TestFactory
  Stream<DynamicTest> createKeepsTheLawsOfRequestIds() {
    return RequestIdKit.tests(
        UsersGrpc.getCreateMethod(),
        name -> UsersCreateRequest.newBuilder().setLogin(name).setName(name),
        request -> request.setName("other name"),
        name ->
            network.users.checkLogin(UsersCheckLoginRequest.newBuilder().setLogin(name).build()));
  }

  @TestFactory
  Stream<DynamicTest> postKeepsTheLawsOfRequestIds() {
    return RequestIdKit.tests(
        StatusesGrpc.getPostMethod(),
        name -> StatusesPostRequest.newBuilder().setAuthorId(user).setText(name),
        request -> request.setText("other text"),
        name -> network.posts(user, 0));
  }

  @TestFactory
  Stream<DynamicTest> createListKeepsTheLawsOfRequestIds() {
    return RequestIdKit.tests(
        GraphGrpc.getCreateListMethod(),
        name -> CreateListRequest.newBuilder().setUserId(user).setName(name),
        request -> request.setName("other name"),
        name -> network.graph.listLists(ListListsRequest.newBuilder().setUserId(user).build()));
  }

  @TestFactory
  Stream<DynamicTest> createGroupKeepsTheLawsOfRequestIds() {
    return RequestIdKit.tests(
        GroupsGrpc.getCreateMethod(),
        name -> GroupsCreateRequest.newBuilder().setUserId(user).setName(name),
        request -> request.setName("other name"),
        name ->
            network.groups.listGroups(
                GroupsListGroupsRequest.newBuilder().setUserId(user).build()));
  }

  @TestFactory
  Stream<DynamicTest> postToGroupKeepsTheLawsOfRequestIds() {
    long group =
        network
            .groups
            .create(GroupsCreateRequest.newBuilder().setUserId(user).setName("g").build())
            .getGroupId();
    return RequestIdKit.tests(
        GroupsGrpc.getPostMethod(),
        name -> GroupsPostRequest.newBuilder().setGroupId(group).setAuthorId(user).setText(name),
        request -> request.setText("other text"),
        name -> Network.raw(user, "group_posts"));
  }
}
