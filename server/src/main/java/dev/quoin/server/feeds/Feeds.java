// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.tail.Tails;
import io.netty.util.Timer;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The feeds this server reads: those that have readers. What the filters of all readers take is
 * bounded.
 */
final class Feeds {
  private final long mostFilterBytes;
  private final AtomicLong filterBytes = new AtomicLong();
  private final FeedStore store;
  private final Tails tails;
  private final Timer timer;
  private final Map<String, Open> open = new ConcurrentHashMap<>();

  /**
   * @param mostFilterBytes what the filters of all readers may take
   */
  Feeds(FeedStore store, Tails tails, Timer timer, long mostFilterBytes) {
    this.mostFilterBytes = mostFilterBytes;
    this.store = store;
    this.tails = tails;
    this.timer = timer;
  }

  /** A feed that is read while somebody uses it. */
  private final class Open {
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

  /** One reader of a feed. */
  final class Membership {
    private final Open of;
    private long bytes;

    private Membership(Open of, long bytes) {
      this.of = of;
      this.bytes = bytes;
    }

    /** Done when the feed is read. */
    CompletionStage<Feed> opened() {
      return of.opened;
    }

    /** The reader has another filter; throws when there is no room for it. */
    synchronized void resize(long newBytes) {
      take(newBytes);
      filterBytes.addAndGet(-bytes);
      bytes = newBytes;
    }

    /** It reads no longer; also after the feed has failed. Once. */
    synchronized void leave() {
      filterBytes.addAndGet(-bytes);
      bytes = 0;
      of.leave();
    }
  }

  private void take(long bytes) {
    if (filterBytes.addAndGet(bytes) > mostFilterBytes && bytes > 0) {
      filterBytes.addAndGet(-bytes);
      throw new ApiException(
          ErrorReason.ERROR_REASON_OVERLOADED,
          "the filters of open streams take as much as this server allows; call again");
    }
  }

  /**
   * The feed of a namespace, until {@link Membership#leave}. One that has failed is read anew.
   *
   * @param bytes what the filter of the reader takes; throws when there is no room for it
   */
  Membership join(RequestContext scope, long bytes) {
    take(bytes);
    Open joined =
        open.compute(
            scope.namespace(),
            (namespace, known) -> {
              Open used = known != null && known.isOfUse() ? known : new Open(scope);
              used.users++;
              return used;
            });
    return new Membership(joined, bytes);
  }
}
