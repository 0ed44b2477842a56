// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.testing.Eventually;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.FollowRequest;
import dev.quoin.social.v1.GetHomeRequest;
import dev.quoin.social.v1.GetHomeResponse;
import dev.quoin.social.v1.GetProfileRequest;
import dev.quoin.social.v1.GetProfileResponse;
import dev.quoin.social.v1.GraphGrpc;
import dev.quoin.social.v1.GraphGrpc.GraphBlockingStub;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.Profile;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.StatusesDeleteRequest;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesGrpc.StatusesBlockingStub;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.TimelinesGrpc.TimelinesBlockingStub;
import dev.quoin.social.v1.UnfollowRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersDeleteRequest;
import dev.quoin.social.v1.UsersGetRequest;
import dev.quoin.social.v1.UsersGrpc;
import dev.quoin.social.v1.UsersGrpc.UsersBlockingStub;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.List;

/** The social network as tests call it, over one server. */
final class Network {
  final UsersBlockingStub users;
  final GraphBlockingStub graph;
  final StatusesBlockingStub statuses;
  final TimelinesBlockingStub timelines;
  final GroupsGrpc.GroupsBlockingStub groups;
  final ModerationGrpc.ModerationBlockingStub moderation;

  Network(Channel channel) {
    users = UsersGrpc.newBlockingStub(channel);
    graph = GraphGrpc.newBlockingStub(channel);
    statuses = StatusesGrpc.newBlockingStub(channel);
    timelines = TimelinesGrpc.newBlockingStub(channel);
    groups = GroupsGrpc.newBlockingStub(channel);
    moderation = ModerationGrpc.newBlockingStub(channel);
  }

  static Network first() {
    return new Network(TestServer.first().channel());
  }

  static Network second() {
    return new Network(TestServer.second().channel());
  }

  long user(String login) {
    return users
        .create(UsersCreateRequest.newBuilder().setLogin(login).setName(login).build())
        .getUserId();
  }

  long privateUser(String login) {
    return users
        .create(
            UsersCreateRequest.newBuilder().setLogin(login).setName(login).setPrivate(true).build())
        .getUserId();
  }

  Profile profile(long user) {
    return users.get(UsersGetRequest.newBuilder().setUserId(user).build()).getProfile();
  }

  boolean follow(long user, long other) {
    return graph
        .follow(FollowRequest.newBuilder().setUserId(user).setOtherId(other).build())
        .getCreated();
  }

  boolean unfollow(long user, long other) {
    return graph
        .unfollow(UnfollowRequest.newBuilder().setUserId(user).setOtherId(other).build())
        .getRemovedEdge();
  }

  long post(long author, String text) {
    return post(StatusesPostRequest.newBuilder().setAuthorId(author).setText(text));
  }

  long post(StatusesPostRequest.Builder request) {
    return statuses.post(request.build()).getStatusId();
  }

  boolean delete(long author, long status) {
    return statuses
        .delete(StatusesDeleteRequest.newBuilder().setAuthorId(author).setStatusId(status).build())
        .getDeleted();
  }

  /** Deletes a user with all it brought. */
  void delete(long user) {
    users
        .delete(UsersDeleteRequest.newBuilder().setUserId(user).build())
        .forEachRemaining(message -> {});
  }

  GetHomeResponse homePage(long user, int size, String token) {
    return timelines.getHome(
        GetHomeRequest.newBuilder().setUserId(user).setPageSize(size).setPageToken(token).build());
  }

  /** The ids of a whole home timeline. */
  List<Long> home(long user) {
    List<Long> ids = new ArrayList<>();
    String token = "";
    do {
      GetHomeResponse page = homePage(user, 200, token);
      page.getStatusesList().forEach(status -> ids.add(status.getStatusId()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return ids;
  }

  /** The ids of all a viewer sees in a profile. */
  List<Long> posts(long user, long viewer) {
    List<Long> ids = new ArrayList<>();
    String token = "";
    do {
      GetProfileResponse page =
          timelines.getProfile(
              GetProfileRequest.newBuilder()
                  .setUserId(user)
                  .setViewerId(viewer)
                  .setPageSize(200)
                  .setPageToken(token)
                  .build());
      page.getStatusesList().forEach(status -> ids.add(status.getStatusId()));
      token = page.getNextPageToken();
    } while (!token.isEmpty());
    return ids;
  }

  static List<String> texts(List<Status> statuses) {
    return statuses.stream().map(Status::getText).toList();
  }

  /** The members of the timeline key, whether their statuses are there or not. */
  static List<String> raw(long user, String part) {
    return TestRedis.commands().zrange("quoin:default:social:{%u:" + user + "}:" + part, 0, -1);
  }

  /** Waits until nothing is to be delivered any more. */
  static void settle() {
    Eventually.until(
        java.time.Duration.ofSeconds(60),
        "all outboxes are empty",
        () -> TestRedis.commands().keys("quoin:default:social:*:outbox").isEmpty());
  }
}
