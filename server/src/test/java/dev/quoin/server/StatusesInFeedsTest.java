// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FirehoseRequest;
import dev.quoin.feeds.v1.FirehoseResponse;
import dev.quoin.server.testing.OpenStream;
import dev.quoin.server.testing.ServerProcess;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import dev.quoin.social.v1.GroupKind;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.HideRequest;
import dev.quoin.social.v1.Location;
import dev.quoin.social.v1.ModerationGrpc;
import dev.quoin.social.v1.StatusesDeleteRequest;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.StatusesRepostRequest;
import dev.quoin.social.v1.UsersCreateRequest;
import dev.quoin.social.v1.UsersDeleteRequest;
import dev.quoin.social.v1.UsersGrpc;
import dev.quoin.social.v1.Visibility;
import io.grpc.Channel;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What is posted to the social network, as those see it who listen to the feed. */
@Tag("redis")
final class StatusesInFeedsTest {
  private final Channel channel = TestServer.first().channel();
  private final OpenStream<FirehoseRequest, FirehoseResponse> feed = new OpenStream<>();

  @BeforeEach
  void listen() {
    TestRedis.clear();
    FeedsGrpc.newStub(TestServer.second().channel())
        .firehose(FirehoseRequest.getDefaultInstance(), feed);
    assertThat(feed.any().hasHeartbeat()).isTrue();
  }

  @AfterEach
  void leave() {
    OpenStream.cancelAll();
  }

  private long user(String login, boolean isPrivate) {
    return UsersGrpc.newBlockingStub(channel)
        .create(
            UsersCreateRequest.newBuilder()
                .setLogin(login)
                .setName(login)
                .setPrivate(isPrivate)
                .build())
        .getUserId();
  }

  private static String post(Channel at, StatusesPostRequest.Builder request) {
    return Long.toString(StatusesGrpc.newBlockingStub(at).post(request.build()).getStatusId());
  }

  private static StatusesPostRequest.Builder by(long author, String text) {
    return StatusesPostRequest.newBuilder().setAuthorId(author).setText(text);
  }

  private static void delete(Channel at, long author, String status) {
    StatusesGrpc.newBlockingStub(at)
        .delete(
            StatusesDeleteRequest.newBuilder()
                .setAuthorId(author)
                .setStatusId(Long.parseLong(status))
                .build());
  }

  private FirehoseResponse next() {
    FirehoseResponse message = feed.any();
    while (message.hasHeartbeat()) {
      message = feed.any();
    }
    return message;
  }

  @Test
  void publicStatusesAreToldWhenTheyComeAndGo() {
    long ann = user("ann", false);
    String status =
        post(
            channel,
            by(ann, "#news for @bob")
                .putAttributes("lang", "en")
                .putAttributes("k".repeat(65), "longer than Feeds takes")
                .setLocation(Location.newBuilder().setLatitude(48.1).setLongitude(11.6)));

    dev.quoin.feeds.v1.Status told = next().getStatusCreated().getStatus();
    assertThat(told.getId()).isEqualTo(status);
    assertThat(told.getAuthor()).isEqualTo(Long.toString(ann));
    assertThat(told.getText()).isEqualTo("#news for @bob");
    assertThat(told.getAttributesMap()).containsExactly(java.util.Map.entry("lang", "en"));
    assertThat(told.getLocation().getLatitude()).isEqualTo(48.1);

    delete(channel, ann, status);
    assertThat(next().getStatusDeleted().getId()).isEqualTo(status);

    String hidden = post(channel, by(ann, "bad words"));
    assertThat(next().getStatusCreated().getStatus().getId()).isEqualTo(hidden);
    ModerationGrpc.newBlockingStub(channel)
        .hide(HideRequest.newBuilder().setStatusId(Long.parseLong(hidden)).setHidden(true).build());
    assertThat(next().getStatusDeleted().getId()).isEqualTo(hidden);

    String last = post(channel, by(ann, "last words"));
    assertThat(next().getStatusCreated().getStatus().getId()).isEqualTo(last);
    UsersGrpc.newBlockingStub(channel)
        .delete(UsersDeleteRequest.newBuilder().setUserId(ann).build())
        .forEachRemaining(progress -> {});
    assertThat(next().getStatusDeleted().getId()).isEqualTo(last);
  }

  @Test
  void whatNotEverybodyMaySeeIsNotTold() {
    long ann = user("ann", false);
    long closed = user("closed", true);
    String secret = post(channel, by(closed, "for friends"));
    delete(channel, closed, secret);
    post(channel, by(ann, "for friends").setVisibility(Visibility.VISIBILITY_FOLLOWERS));
    post(channel, by(ann, "for @closed").setVisibility(Visibility.VISIBILITY_MENTIONED));
    GroupsGrpc.GroupsBlockingStub groups = GroupsGrpc.newBlockingStub(channel);
    GroupsPostRequest.Builder toGroup =
        GroupsPostRequest.newBuilder().setAuthorId(ann).setText("among us");
    for (GroupKind kind : List.of(GroupKind.GROUP_KIND_PRIVATE, GroupKind.GROUP_KIND_PUBLIC)) {
      long group =
          groups
              .create(
                  GroupsCreateRequest.newBuilder()
                      .setUserId(ann)
                      .setName("group")
                      .setGroupKind(kind)
                      .build())
              .getGroupId();
      groups.post(toGroup.setGroupId(group).setText(kind.name()).build());
    }
    String status = post(channel, by(ann, "for all"));
    StatusesGrpc.newBlockingStub(channel)
        .repost(
            StatusesRepostRequest.newBuilder()
                .setUserId(ann)
                .setStatusId(Long.parseLong(status))
                .build());
    String end = post(channel, by(ann, "end"));

    List<String> told = new ArrayList<>();
    do {
      told.add(next().getStatusCreated().getStatus().getText());
    } while (!told.contains("end"));
    assertThat(told).containsExactly("GROUP_KIND_PUBLIC", "for all", "end");
    assertThat(end).isGreaterThan(status);
  }

  @Test
  void whatWasAcknowledgedIsToldWhoeverIsKilled() {
    long ann = user("ann", false);
    Set<String> posted = new LinkedHashSet<>();
    Set<String> deleted = new LinkedHashSet<>();
    try (ServerProcess victim =
        ServerProcess.start("--redis", TestRedis.uri(), "--allow-volatile-redis", "true")) {
      for (int i = 0; i < 60; i++) {
        String status = post(victim.channel(), by(ann, "post " + i));
        posted.add(status);
        if (i % 3 == 2) {
          delete(victim.channel(), ann, status);
          deleted.add(status);
        }
      }
      victim.kill();
    }
    // What was deleted before it was delivered may not be told at all.
    String end = post(channel, by(ann, "end"));

    Set<String> created = new LinkedHashSet<>();
    Set<String> gone = new LinkedHashSet<>();
    for (FirehoseResponse message = next();
        !message.getStatusCreated().getStatus().getId().equals(end);
        message = next()) {
      if (message.hasStatusCreated()) {
        created.add(message.getStatusCreated().getStatus().getId());
      } else {
        assertThat(created).contains(message.getStatusDeleted().getId());
        gone.add(message.getStatusDeleted().getId());
      }
    }
    Set<String> live = new LinkedHashSet<>(posted);
    live.removeAll(deleted);
    created.removeAll(gone);
    assertThat(created).containsExactlyElementsOf(live);
  }
}
