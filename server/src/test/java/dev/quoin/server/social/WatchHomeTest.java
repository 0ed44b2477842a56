// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.social.v1.TimelinesGrpc;
import dev.quoin.social.v1.WatchHomeRequest;
import dev.quoin.social.v1.WatchHomeResponse;
import io.grpc.MethodDescriptor;
import java.util.List;
import org.junit.jupiter.api.Tag;

/** A stream of a home timeline that is resumed at other servers. */
@Tag("redis")
final class WatchHomeTest extends ResumingKit<WatchHomeRequest, WatchHomeResponse> {
  private final Network network = Network.first();
  private long[] authors = {};
  private long reader;

  private void begin() {
    if (authors.length == 0) {
      authors = new long[] {network.user("a"), network.user("b"), network.user("c")};
      reader = network.user("reader");
      for (long author : authors) {
        network.follow(reader, author);
      }
    }
  }

  @Override
  protected MethodDescriptor<WatchHomeRequest, WatchHomeResponse> method() {
    return TimelinesGrpc.getWatchHomeMethod();
  }

  @Override
  protected WatchHomeRequest request(String cursor) {
    begin();
    return WatchHomeRequest.newBuilder().setUserId(reader).setCursor(cursor).build();
  }

  @Override
  protected List<Told> told(WatchHomeResponse message) {
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
    network.post(authors[log], text);
    Network.settle();
  }

  @Override
  protected void overflow(int log) {
    TestRedis.commands().xtrim("quoin:default:social:{%u:" + reader + "}:events", 0);
    write(log, "later");
  }
}
