// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.GroupsCreateRequest;
import dev.quoin.social.v1.GroupsGrpc;
import dev.quoin.social.v1.GroupsJoinRequest;
import dev.quoin.social.v1.GroupsPostRequest;
import dev.quoin.social.v1.GroupsWatchRequest;
import dev.quoin.social.v1.GroupsWatchResponse;
import io.grpc.MethodDescriptor;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** A stream of a group that is resumed at other servers. */
@Tag("redis")
final class WatchGroupTest extends ResumingKit<GroupsWatchRequest, GroupsWatchResponse> {
  private final Network network = Network.first();
  private long[] authors = {};
  private long group;

  private void begin() {
    if (authors.length == 0) {
      authors = new long[] {network.user("a"), network.user("b"), network.user("c")};
      group =
          network
              .groups
              .create(GroupsCreateRequest.newBuilder().setUserId(authors[0]).setName("g").build())
              .getGroupId();
      for (int i = 1; i < authors.length; i++) {
        network.groups.join(
            GroupsJoinRequest.newBuilder().setGroupId(group).setActorId(authors[i]).build());
      }
    }
  }

  @Override
  protected MethodDescriptor<GroupsWatchRequest, GroupsWatchResponse> method() {
    return GroupsGrpc.getWatchMethod();
  }

  @Override
  protected GroupsWatchRequest request(String cursor) {
    begin();
    return GroupsWatchRequest.newBuilder().setGroupId(group).setCursor(cursor).build();
  }

  @Override
  protected List<Told> told(GroupsWatchResponse message) {
    return switch (message.getEventCase()) {
      case ADDED ->
          List.of(
              Told.event(message.getAdded().getStatus().getText(), message.getAdded().getCursor()));
      case GAP -> List.of(Told.gap(message.getGap().getCursor()));
      case HEARTBEAT -> List.of(Told.heartbeat(message.getHeartbeat().getCursor()));
      default -> List.of();
    };
  }

  @Override
  protected void write(int log, String text) {
    begin();
    network.groups.post(
        GroupsPostRequest.newBuilder()
            .setGroupId(group)
            .setAuthorId(authors[log])
            .setText(text)
            .build());
    Network.settle();
  }

  @Override
  protected void overflow(int log) {
    TestRedis.commands().xtrim("quoin:default:social:{%g:" + group + "}:events", 0);
    write(log, "later");
  }
}
