// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Status;
import dev.quoin.server.kernel.Kernel;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.tail.Cursor;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.ReadBatch;
import dev.quoin.server.tail.Tails;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** Feeds in Redis. */
final class FeedStore {
  /** An author is in one of these. */
  static final int PARTITIONS = 16;

  private static final LuaScript PUBLISH = LuaScript.load("feeds/publish");
  private static final LuaScript RETRACT = LuaScript.load("feeds/retract");
  private static final LuaScript READ = LuaScript.load("feeds/read");
  private static final int READ_BYTES = 256 * 1024;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final int mostPerPartition;
  private final Duration retention;

  /**
   * @param most how many entries a feed keeps
   * @param retention for how long it keeps them
   */
  FeedStore(Scripts scripts, Keyspace keyspace, int most, Duration retention) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.mostPerPartition = Math.max(1, most / PARTITIONS);
    this.retention = retention;
  }

  static FeedStore of(Kernel kernel) {
    return new FeedStore(
        kernel.scripts(),
        kernel.keyspace("feeds"),
        kernel.settings().feedsMaxEvents(),
        kernel.settings().feedsRetention());
  }

  /**
   * A status that is in the feed.
   *
   * @param channel of its partition
   * @param position in its partition
   */
  record Published(boolean duplicate, String channel, long position, long micros) {}

  Duration retention() {
    return retention;
  }

  /** How many entries a partition keeps. */
  int mostPerPartition() {
    return mostPerPartition;
  }

  Scripts scripts() {
    return scripts;
  }

  /** Adds a status, once for each id. */
  CompletionStage<Published> publish(RequestContext scope, Status status) {
    FeedKeys keys = keys(scope, partition(status.getAuthor()));
    return scripts
        .run(
            PUBLISH,
            scope,
            keys.all(),
            status.getId(),
            status.toByteArray(),
            mostPerPartition,
            retention.toMillis())
        .thenApply(
            reply -> new Published(reply.flag(), keys.hints(), reply.integer(), reply.integer()));
  }

  /**
   * Adds that a status was deleted.
   *
   * @param status as it was, or its id and author alone
   * @param whole whether that is all it was
   * @return whether that was new and could be added
   */
  CompletionStage<Boolean> retract(RequestContext scope, Status status, boolean whole) {
    return scripts
        .run(
            RETRACT,
            scope,
            keys(scope, partition(status.getAuthor())).all(),
            status.getId(),
            whole ? status.toByteArray() : "",
            mostPerPartition,
            retention.toMillis())
        .thenApply(Reply::flag);
  }

  private static int partition(String author) {
    long hash = Cursor.id(author);
    return (int) ((hash ^ hash >>> 32 ^ hash >>> 16) & PARTITIONS - 1);
  }

  /** The logs of all partitions, in their order. What is read has no deadline. */
  List<LogSource<FeedEntry>> sources(RequestContext scope) {
    return IntStream.range(0, PARTITIONS)
        .<LogSource<FeedEntry>>mapToObj(
            partition -> new Source(scope.detached(), partition, keys(scope, partition)))
        .toList();
  }

  private FeedKeys keys(RequestContext scope, int partition) {
    return FeedKeys.of(keyspace, scope.namespace(), partition);
  }

  private final class Source implements LogSource<FeedEntry> {
    private final RequestContext scope;
    private final int partition;
    private final FeedKeys keys;

    private Source(RequestContext scope, int partition, FeedKeys keys) {
      this.scope = scope;
      this.partition = partition;
      this.keys = keys;
    }

    @Override
    public String channel() {
      return keys.hints();
    }

    @Override
    public CompletionStage<ReadBatch<FeedEntry>> read(long after, int limit, boolean listens) {
      return scripts
          .run(
              READ,
              scope,
              new String[] {keys.head(), keys.events()},
              after,
              limit,
              READ_BYTES,
              listens ? Tails.LISTENS_MILLIS : 0)
          .thenApply(this::batch);
    }

    private ReadBatch<FeedEntry> batch(Reply reply) {
      long first = reply.integer();
      long newest = reply.integer();
      List<FeedEntry> entries = new ArrayList<>();
      while (reply.hasMore()) {
        entries.add(FeedEntry.next(partition, reply));
      }
      return new ReadBatch<>(first, newest, entries);
    }
  }
}
