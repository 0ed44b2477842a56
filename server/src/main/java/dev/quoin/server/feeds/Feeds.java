// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.tail.Tails;
import io.netty.util.Timer;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/** The feeds this server reads: those that have readers. */
final class Feeds {
  private final FeedStore store;
  private final Tails tails;
  private final Timer timer;
  private final Map<String, Open> open = new ConcurrentHashMap<>();

  /** A feed and how many use it. */
  private record Open(Feed feed, CompletionStage<Feed> opened, int users) {
    Open with(int more) {
      return new Open(feed, opened, users + more);
    }
  }

  Feeds(FeedStore store, Tails tails, Timer timer) {
    this.store = store;
    this.tails = tails;
    this.timer = timer;
  }

  /** The feed of a namespace, until {@link #leave}. */
  CompletionStage<Feed> join(RequestContext scope) {
    return open.compute(
            scope.namespace(),
            (namespace, known) -> {
              if (known != null) {
                return known.with(1);
              }
              Feed feed = new Feed(store, tails, timer, scope.detached());
              return new Open(feed, feed.open(), 1);
            })
        .opened();
  }

  /** One reader less; also after {@link #join} has failed. */
  void leave(RequestContext scope) {
    open.computeIfPresent(
        scope.namespace(),
        (namespace, known) -> {
          if (known.users() > 1) {
            return known.with(-1);
          }
          known.feed().close();
          return null;
        });
  }
}
