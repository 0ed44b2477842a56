// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.feeds.v1.Location;
import dev.quoin.server.feeds.FeedWriter;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.social.StatusSink;
import dev.quoin.social.v1.Status;
import java.util.concurrent.CompletionStage;

/** Public statuses of the social network in Feeds, by their ids and those of their authors. */
final class StatusesInFeeds implements StatusSink {
  private static final int KEY_BYTES = 64;

  private final FeedWriter feeds;

  StatusesInFeeds(FeedWriter feeds) {
    this.feeds = feeds;
  }

  @Override
  public CompletionStage<?> created(RequestContext scope, Status status) {
    dev.quoin.feeds.v1.Status.Builder told =
        dev.quoin.feeds.v1.Status.newBuilder()
            .setId(Long.toString(status.getStatusId()))
            .setAuthor(Long.toString(status.getAuthorId()))
            .setText(status.getText());
    if (status.hasLocation()) {
      told.setLocation(
          Location.newBuilder()
              .setLatitude(status.getLocation().getLatitude())
              .setLongitude(status.getLocation().getLongitude()));
    }
    status
        .getAttributesMap()
        .forEach(
            (key, value) -> {
              if (fits(key)) {
                told.putAttributes(key, value);
              }
            });
    return feeds.publish(scope, told.build());
  }

  /** Feeds allows shorter names than the social network. */
  private static boolean fits(String key) {
    int bytes = key.getBytes(java.nio.charset.StandardCharsets.UTF_8).length;
    return bytes > 0 && bytes <= KEY_BYTES;
  }

  @Override
  public CompletionStage<?> deleted(RequestContext scope, Status status) {
    return feeds.retract(
        scope, Long.toString(status.getStatusId()), Long.toString(status.getAuthorId()));
  }
}
