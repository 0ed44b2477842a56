// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Status;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.RequestContext;
import java.util.concurrent.CompletionStage;

/** Writes to feeds for other features, with the same effect as the RPCs. */
public final class FeedWriter {
  private final FeedStore feeds;

  public FeedWriter(Kernel kernel) {
    this.feeds = FeedStore.of(kernel);
  }

  /** Publishes a status, once for each id. */
  public CompletionStage<?> publish(RequestContext scope, Status status) {
    return feeds.publish(scope, status);
  }

  /** Tells that a status was deleted, if it was published and is still kept. */
  public CompletionStage<?> retract(RequestContext scope, String id, String author) {
    Status status = Status.newBuilder().setId(id).setAuthor(author).build();
    return feeds.retract(scope, status, false);
  }
}
