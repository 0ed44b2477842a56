// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.FeedsGrpc;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.FilterResponse;
import dev.quoin.server.tail.ResumingKit;
import dev.quoin.server.tail.ResumingReader.Told;
import dev.quoin.server.testing.TestRedis;
import io.grpc.MethodDescriptor;
import java.util.List;
import org.junit.jupiter.api.Tag;

@Tag("redis")
final class FilterResumingTest extends ResumingKit<FilterRequest, FilterResponse> {
  private final String author = "author" + System.nanoTime();
  private int written;

  @Override
  protected MethodDescriptor<FilterRequest, FilterResponse> method() {
    return FeedsGrpc.getFilterMethod();
  }

  @Override
  protected FilterRequest request(String cursor) {
    return FilterRequest.newBuilder()
        .addFollow(author + 0)
        .addFollow(author + 1)
        .addFollow(author + 2)
        .setCursor(cursor)
        .build();
  }

  @Override
  protected List<Told> told(FilterResponse message) {
    return switch (message.getEventCase()) {
      case STATUS_CREATED ->
          List.of(
              Told.event(
                  message.getStatusCreated().getStatus().getText(),
                  message.getStatusCreated().getCursor()));
      case GAP -> List.of(Told.gap(message.getGap().getCursor()));
      default -> List.of(Told.heartbeat(message.getHeartbeat().getCursor()));
    };
  }

  @Override
  protected void write(int number, String text) {
    FeedCalls.publish(author + '/' + written++, author + number, text);
  }

  /** As if it had become too old. */
  @Override
  protected void overflow(int number) {
    write(number, "kept");
    TestRedis.nodes()
        .forEach(
            node ->
                node.commands()
                    .keys("*:feeds:*:events")
                    .forEach(key -> TestRedis.commands().xtrim(key, 1)));
  }
}
