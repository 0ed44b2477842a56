// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.ReadBatch;
import dev.quoin.server.tail.Tails;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.StreamMessage;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** Logs in Redis. */
final class LogStore {
  private static final LuaScript WRITE = LuaScript.load("logs/write");
  private static final LuaScript WRITE_BATCH = LuaScript.load("logs/write_batch");
  private static final LuaScript COMMON = LuaScript.load("logs/common");
  private static final LuaScript READ = LuaScript.load("logs/read");
  private static final int SEVERITIES = 5;
  private static final int READ_BYTES = 256 * 1024;

  /** Far less than the 4 MiB that clients accept by default. */
  private static final int RECENT_BYTES = 1024 * 1024;

  private final Scripts scripts;
  private final Keyspace keyspace;

  LogStore(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /**
   * The messages of an hour.
   *
   * @param hour in hours since 1970
   * @param rarest count of the rarest message when as many are counted as can be, else 0
   */
  record Ranking(long hour, boolean partial, long distinct, long rarest, List<Message> messages) {}

  record Message(String text, long count) {}

  /** Adds entries to a log: all or none, and once for each request id. */
  CompletionStage<Written> write(RequestContext scope, Batch batch) {
    LogKeys keys = keys(scope, batch.name());
    CompletableFuture<Reply> reply =
        batch.entries().size() == 1 && batch.once() == Once.NONE
            ? scripts.run(
                WRITE,
                scope,
                keysOf(keys, batch.entries().get(0)),
                batch.addTo(new Arguments()).toArray())
            : writeBatch(scope, keys, batch);
    return reply.thenApply(written -> new Written(written.integer(), written.integer()));
  }

  private CompletableFuture<Reply> writeBatch(RequestContext scope, LogKeys keys, Batch batch) {
    List<String> all = new ArrayList<>();
    all.addAll(List.of(keys.head(), keys.entries(), keys.request(batch.once().id())));
    IntStream.rangeClosed(1, SEVERITIES).mapToObj(keys::recent).forEach(all::add);
    IntStream.rangeClosed(1, SEVERITIES).mapToObj(keys::common).forEach(all::add);
    return scripts.run(
        WRITE_BATCH,
        scope,
        all.toArray(String[]::new),
        batch.addTo(Arguments.of(batch.once().digest())).toArray());
  }

  private static String[] keysOf(LogKeys keys, LogEntry entry) {
    int severity = Batch.severity(entry).getNumber();
    return new String[] {keys.head(), keys.entries(), keys.recent(severity), keys.common(severity)};
  }

  /**
   * The newest entries, newest first, of all severities when none is specified; fewer when they are
   * large, but at least one.
   */
  CompletionStage<List<LogEntry>> recent(
      RequestContext scope, String name, Severity severity, int limit) {
    LogKeys keys = keys(scope, name);
    String key =
        severity == Severity.SEVERITY_UNSPECIFIED
            ? keys.entries()
            : keys.recent(severity.getNumber());
    return scripts
        .redis()
        .call(
            scope,
            commands -> commands.xrevrange(key, Range.unbounded(), Limit.from(limit)),
            late -> {})
        .thenApply(LogStore::fitting);
  }

  private static List<LogEntry> fitting(List<StreamMessage<String, byte[]>> found) {
    List<LogEntry> entries = new ArrayList<>(found.size());
    int bytes = 0;
    for (StreamMessage<String, byte[]> message : found) {
      bytes += message.getBody().get("e").length;
      if (bytes > RECENT_BYTES && !entries.isEmpty()) {
        break;
      }
      entries.add(entry(message));
    }
    return entries;
  }

  private static LogEntry entry(StreamMessage<String, byte[]> message) {
    String micros = new String(message.getBody().get("t"), StandardCharsets.US_ASCII);
    return Line.entry(micros, message.getBody().get("e"));
  }

  /**
   * Ranks the messages of an hour.
   *
   * @param hour in hours since 1970, or "" for one before the current
   */
  CompletionStage<Ranking> common(
      RequestContext scope, String name, Severity severity, String hour, int hoursAgo, int limit) {
    String key = keys(scope, name).common(severity.getNumber());
    return scripts
        .run(COMMON, scope, new String[] {key}, hour, hoursAgo, limit)
        .thenApply(LogStore::ranking);
  }

  private static Ranking ranking(Reply reply) {
    long hour = reply.integer();
    boolean partial = reply.flag();
    long distinct = reply.integer();
    long rarest = reply.integer();
    List<Message> messages = new ArrayList<>();
    while (reply.hasMore()) {
      messages.add(new Message(reply.text(), reply.integer()));
    }
    return new Ranking(hour, partial, distinct, rarest, messages);
  }

  /** A log, for tails. What is read is not bound to the deadline of a call. */
  LogSource<Line> source(RequestContext scope, String name) {
    return new Source(scope.detached(), name, keys(scope, name));
  }

  private LogKeys keys(RequestContext scope, String name) {
    return LogKeys.of(keyspace, scope.namespace(), name);
  }

  /** Where hints of a log are published. */
  String channel(RequestContext scope, String name) {
    return keys(scope, name).hints();
  }

  final class Source implements LogSource<Line> {
    private final RequestContext scope;
    private final String name;
    private final LogKeys keys;

    private Source(RequestContext scope, String name, LogKeys keys) {
      this.scope = scope;
      this.name = name;
      this.keys = keys;
    }

    String name() {
      return name;
    }

    @Override
    public String channel() {
      return keys.hints();
    }

    @Override
    public CompletionStage<ReadBatch<Line>> read(long after, int limit, boolean listens) {
      return scripts
          .run(
              READ,
              scope,
              new String[] {keys.head(), keys.entries()},
              after,
              limit,
              READ_BYTES,
              listens ? Tails.LISTENS_MILLIS : 0)
          .thenApply(LogStore::batch);
    }
  }

  private static ReadBatch<Line> batch(Reply reply) {
    long first = reply.integer();
    long newest = reply.integer();
    List<Line> lines = new ArrayList<>();
    while (reply.hasMore()) {
      lines.add(Line.stored(reply.integer(), reply.text(), reply.bytes()));
    }
    return new ReadBatch<>(first, newest, lines);
  }
}
