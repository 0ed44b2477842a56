// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import com.google.protobuf.util.Timestamps;
import dev.quoin.feeds.v1.Trend;
import dev.quoin.feeds.v1.TrendInterval;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.StartPosition;
import dev.quoin.server.tail.Subscriber;
import dev.quoin.server.tail.Subscription;
import dev.quoin.server.tail.Subscription.SlowReader;
import dev.quoin.server.tail.Tails;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Counts what is posted in a namespace, by minute: first what the feed still keeps, then what
 * comes. Every server counts the same log, so all agree.
 */
final class TrendReader implements Subscriber<FeedEntry> {
  static final long MINUTE_MILLIS = 60_000;
  private static final int MINUTES = 61;

  private final List<LogSource<FeedEntry>> sources;
  private final Subscription<FeedEntry> subscription;
  private final TreeMap<Long, Minute> minutes = new TreeMap<>();

  /** For each partition how many entries were read of what there was at first. */
  private final int[] atFirst = new int[FeedStore.PARTITIONS];

  private final long[] firstMillis = new long[FeedStore.PARTITIONS];
  private final int mostAtFirst;
  private boolean isLive;

  /** Before this time some entries were taken out because there were too many; in ms. */
  private long cutMillis;

  private Throwable failure;

  /** What was posted in a minute. */
  private static final class Minute {
    long statuses;
    final TrendCounts tags = new TrendCounts();
    final TrendCounts mentions = new TrendCounts();
    final TrendCounts links = new TrendCounts();

    void add(StatusTerms status) {
      statuses++;
      tags.add(status.tags());
      mentions.add(status.mentions());
      links.add(status.links());
    }

    void finish() {
      tags.finish();
      mentions.finish();
      links.finish();
    }

    void add(Minute other) {
      statuses += other.statuses;
      tags.add(other.tags);
      mentions.add(other.mentions);
      links.add(other.links);
    }
  }

  TrendReader(FeedStore store, Tails tails, RequestContext scope) {
    this.sources = store.sources(scope);
    this.mostAtFirst = store.mostPerPartition();
    this.subscription = tails.subscribe(Feed.domain(scope), this, SlowReader.CATCH_UP);
  }

  CompletionStage<Void> open() {
    return CompletableFuture.allOf(
            sources.stream()
                .map(source -> subscription.follow(source, StartPosition.after(0)))
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new))
        .thenRun(subscription::start);
  }

  void close() {
    subscription.end(() -> {});
  }

  /** Whether everything was counted that this server knows of. */
  boolean hasCaughtUp() {
    return subscription.hasCaughtUp();
  }

  /** From when on all that was posted was counted, unless it was kept no longer: in ms. */
  synchronized long cutMillis() {
    return cutMillis;
  }

  /** What the reading failed with, for a reason that will not pass; null if it did not. */
  synchronized Throwable failure() {
    return failure;
  }

  /**
   * What was posted in intervals.
   *
   * @param first the minute with which the first one begins
   * @param count how many intervals
   * @param length of each, in minutes
   */
  synchronized List<TrendInterval> intervals(long first, int count, int length, int most) {
    List<TrendInterval> intervals = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      long begin = first + (long) i * length;
      Minute sum = new Minute();
      minutes.subMap(begin, begin + length).values().forEach(sum::add);
      intervals.add(
          TrendInterval.newBuilder()
              .setStartTime(Timestamps.fromMillis(begin * MINUTE_MILLIS))
              .setCount(sum.statuses)
              .addAllTopTags(trends(sum.tags, most))
              .addAllTopMentions(trends(sum.mentions, most))
              .addAllTopLinks(trends(sum.links, most))
              .build());
    }
    return intervals;
  }

  private static List<Trend> trends(TrendCounts counts, int most) {
    List<Trend> trends = new ArrayList<>();
    for (Map.Entry<String, Long> one : counts.top(most)) {
      trends.add(Trend.newBuilder().setName(one.getKey()).setCount(one.getValue()).build());
    }
    return trends;
  }

  /** How many names are counted, each in every minute. */
  synchronized long names() {
    return minutes.values().stream()
        .mapToLong(one -> one.tags.size() + one.mentions.size() + one.links.size())
        .sum();
  }

  @Override
  public boolean isReady() {
    return true;
  }

  @Override
  public synchronized boolean entries(LogSource<FeedEntry> log, List<FeedEntry> entries) {
    countAtFirst(entries);
    for (FeedEntry entry : entries) {
      if (!entry.isDeleted()) {
        minutes.computeIfAbsent(entry.millis() / MINUTE_MILLIS, this::begin).add(entry.terms());
      }
    }
    while (minutes.size() > MINUTES) {
      minutes.pollFirstEntry();
    }
    return true;
  }

  /** Partitions are read one after the other: those before a new minute may still add to others. */
  private Minute begin(long number) {
    minutes.headMap(number - 1).values().forEach(Minute::finish);
    return new Minute();
  }

  /** A log that is as long as it may be begins with what was not taken out. */
  private void countAtFirst(List<FeedEntry> entries) {
    int partition = entries.get(0).partition();
    if (firstMillis[partition] == 0) {
      firstMillis[partition] = entries.get(0).millis();
    }
    if (!isLive) {
      atFirst[partition] += entries.size();
      if (atFirst[partition] >= mostAtFirst) {
        cutMillis = Math.max(cutMillis, firstMillis[partition]);
      }
      isLive = subscription.hasCaughtUp();
    }
  }

  @Override
  public void gap(LogSource<FeedEntry> log, long from, long to) {
    // What is kept no longer is not counted.
  }

  @Override
  public void heartbeat() {
    // Nobody waits for it.
  }

  @Override
  public void fellBehind() {
    throw new IllegalStateException("counting is always ready");
  }

  @Override
  public synchronized void failed(Throwable reason) {
    failure = reason;
  }
}
