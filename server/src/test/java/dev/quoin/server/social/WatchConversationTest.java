// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.StatusesGrpc;
import dev.quoin.social.v1.StatusesPostRequest;
import dev.quoin.social.v1.StatusesWatchConversationRequest;
import dev.quoin.social.v1.StatusesWatchConversationResponse;
import io.grpc.MethodDescriptor;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** A stream of a conversation that is resumed at other servers. */
@Tag("redis")
final class WatchConversationTest
    extends ResumingKit<StatusesWatchConversationRequest, StatusesWatchConversationResponse> {
  private final Network network = Network.first();
  private long[] authors = {};
  private long root;

  private void begin() {
    if (authors.length == 0) {
      authors = new long[] {network.user("a"), network.user("b"), network.user("c")};
      root = network.post(authors[0], "root");
    }
  }

  @Override
  protected MethodDescriptor<StatusesWatchConversationRequest, StatusesWatchConversationResponse>
      method() {
    return StatusesGrpc.getWatchConversationMethod();
  }

  @Override
  protected StatusesWatchConversationRequest request(String cursor) {
    begin();
    return StatusesWatchConversationRequest.newBuilder()
        .setStatusId(root)
        .setCursor(cursor)
        .build();
  }

  @Override
  protected List<Told> told(StatusesWatchConversationResponse message) {
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
    network.post(
        StatusesPostRequest.newBuilder()
            .setAuthorId(authors[log])
            .setText(text)
            .setInReplyTo(root));
    Network.settle();
  }

  @Override
  protected void overflow(int log) {
    TestRedis.commands().xtrim("quoin:default:social:{%c:" + root + "}:events", 0);
    write(log, "later");
  }
}
