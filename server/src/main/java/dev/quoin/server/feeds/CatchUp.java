// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Matched;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.StartPosition;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Subscription.SlowReader;
import dev.quoin.server.tail.Tails;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/** Reads the log for a stream that is behind the feed, at the pace of its reader. */
final class CatchUp implements Subscriber<FeedEntry> {
  /** So near it is to the feed when that may offer the stream what is new. */
  private static final int NEAR = FeedBuffer.MOST / 2;

  private final FeedStream<?> stream;
  private final Feed feed;
  private final Subscription<FeedEntry> subscription;
  private boolean begun;

  CatchUp(FeedStream<?> stream, Feed feed, Tails tails, String domain) {
    this.stream = stream;
    this.feed = feed;
    this.subscription = tails.subscribe(domain, this, SlowReader.CATCH_UP);
  }

  void open(IntFunction<StartPosition> start) {
    List<LogSource<FeedEntry>> sources = feed.sources();
    CompletableFuture<?>[] follows =
        IntStream.range(0, sources.size())
            .mapToObj(p -> subscription.follow(sources.get(p), start.apply(p)))
            .map(CompletionStage::toCompletableFuture)
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(follows)
        .whenComplete(
            (followed, failure) -> {
              if (failure == null) {
                subscription.start();
              } else {
                stream.failed(failure);
              }
            });
  }

  void ready() {
    subscription.ready();
  }

  void end() {
    subscription.end(() -> {});
  }

  /** Ends and tells the cursor; until it has begun that is the one it was to begin from. */
  void end(Consumer<String> last, String from) {
    subscription.end(() -> last.accept(begun ? subscription.cursor() : from));
  }

  @Override
  public boolean isReady() {
    return stream.isReady();
  }

  @Override
  public boolean entries(LogSource<FeedEntry> log, List<FeedEntry> entries) {
    LongFunction<String> cursors = subscription.cursors(log);
    FeedFilter filter = stream.filterAfter(cursors.apply(entries.get(0).position() - 1));
    boolean told = false;
    for (FeedEntry entry : entries) {
      Matched matched = filter.match(entry.terms());
      if (matched != null) {
        stream.tell(entry, matched, cursors.apply(entry.position()));
        told = true;
      }
    }
    arrive();
    return told;
  }

  @Override
  public void gap(LogSource<FeedEntry> log, long from, long to) {
    String cursor = subscription.cursor();
    stream.tellGap(Math.max(0, to - from + 1), cursor);
    stream.filterAfter(cursor);
    arrive();
  }

  @Override
  public void heartbeat() {
    begun = true;
    String cursor = subscription.cursor();
    stream.alive(cursor);
    stream.filterAfter(cursor);
    arrive();
  }

  @Override
  public void fellBehind() {
    throw new IllegalStateException("whoever catches up is served from the log");
  }

  @Override
  public void failed(Throwable failure) {
    stream.failed(failure);
  }

  /** Hands the stream over to the feed once it has read what that did not offer. */
  private void arrive() {
    Positions read = Positions.of(p -> subscription.position(feed.sources().get(p)));
    if (stream.attachedAt() == null && read.distanceTo(feed.positions()) < NEAR) {
      feed.attach(stream);
    }
    Positions offered = stream.attachedAt();
    if (offered != null && read.covers(offered) && stream.becomeLive(read)) {
      subscription.end(() -> {});
    }
  }
}
