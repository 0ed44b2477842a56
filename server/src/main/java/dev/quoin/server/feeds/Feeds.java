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

  Feeds(FeedStore store, Tails tails, Timer timer) {
    this.store = store;
    this.tails = tails;
    this.timer = timer;
  }

  /** A feed that is read while somebody uses it. */
  final class Open {
    private final String namespace;
    private final Feed feed;
    private final CompletionStage<Feed> opened;
    private int users;

    private Open(RequestContext scope) {
      this.namespace = scope.namespace();
      this.feed = new Feed(store, tails, timer, scope.detached());
      this.opened = feed.open();
    }

    private boolean isOfUse() {
      return !feed.hasFailed() && !opened.toCompletableFuture().isCompletedExceptionally();
    }

    /** Done when it is read. */
    CompletionStage<Feed> opened() {
      return opened;
    }

    /** One user less; also after it has failed. */
    void leave() {
      open.compute(
          namespace,
          (name, known) -> {
            users--;
            if (users > 0) {
              return known;
            }
            feed.close();
            return known == this ? null : known;
          });
    }
  }

  /** The feed of a namespace, until {@link Open#leave}. One that has failed is read anew. */
  Open join(RequestContext scope) {
    return open.compute(
        scope.namespace(),
        (namespace, known) -> {
          Open joined = known != null && known.isOfUse() ? known : new Open(scope);
          joined.users++;
          return joined;
        });
  }
}
