// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * The definitions of indexes. The server remembers those it used: every script compares what it is
 * told with its partition, so that a stale one is found out and read again.
 */
final class Indexes {
  private static final LuaScript DEFINE = LuaScript.load("search/define");
  private static final LuaScript LOOK = LuaScript.load("search/look");
  private static final LuaScript REDEFINE = LuaScript.load("search/redefine");
  private static final LuaScript UNDEFINE = LuaScript.load("search/undefine");
  private static final LuaScript OPEN = LuaScript.load("search/open");
  private static final LuaScript DROP = LuaScript.load("search/drop");
  private static final LuaScript TOTALS = LuaScript.load("search/totals");
  private static final int TRIES = 4;
  private static final int REMEMBERED = 2_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Map<String, IndexDefinition> known = new ConcurrentHashMap<>();

  Indexes(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /** What all partitions hold together. */
  record Totals(long documents, long queries) {
    Totals plus(Totals other) {
      return new Totals(documents + other.documents, Math.max(queries, other.queries));
    }
  }

  /** A definition, and whether this call made it. */
  record Defined(IndexDefinition index, boolean created) {}

  PartitionKeys partition(RequestContext scope, IndexDefinition index, int partition) {
    return PartitionKeys.of(keyspace, scope.namespace(), index.name(), partition);
  }

  /** Defines an index and opens its partitions, also those a call before did not come to. */
  CompletionStage<Defined> create(RequestContext scope, String name, CreateIndexRequest settings) {
    String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
    String[] keys = {IndexKeys.of(keyspace, scope.namespace(), name).definition()};
    return scripts
        .run(DEFINE, scope, keys, id, TextAnalyzer.VERSION, settings.toByteArray())
        .thenCompose(
            reply -> {
              boolean created = reply.flag();
              if (reply.flag()) {
                throw exists("an index of this name is being dropped: call DropIndex once more");
              }
              IndexDefinition index = read(name, reply);
              if (!index.settings().equals(settings)) {
                throw exists("there is an index of this name with other settings");
              }
              return open(scope, index).thenApply(done -> new Defined(index, created));
            });
  }

  private static ApiException exists(String text) {
    return new ApiException(ErrorReason.ERROR_REASON_SEARCH_INDEX_EXISTS, text);
  }

  /** Lets all partitions know the definition; fails when the index was dropped meanwhile. */
  CompletionStage<Void> open(RequestContext scope, IndexDefinition index) {
    return onPartitions(
            index,
            p ->
                scripts
                    .run(
                        OPEN,
                        scope,
                        new String[] {partition(scope, index, p).meta()},
                        index.id(),
                        index.revision())
                    .thenApply(reply -> reply.integer() == 1))
        .thenApply(
            opened -> {
              if (opened.contains(false)) {
                throw notFound();
              }
              return null;
            });
  }

  /** What the partitions of an index hold. */
  CompletionStage<Totals> totals(RequestContext scope, IndexDefinition index) {
    return onPartitions(
            index,
            p ->
                scripts
                    .run(
                        TOTALS,
                        scope,
                        new String[] {partition(scope, index, p).meta()},
                        index.id(),
                        index.revision())
                    .thenApply(
                        reply -> {
                          StaleDefinition.checked(reply.integer());
                          reply.bytes();
                          return new Totals(reply.integer(), reply.integer());
                        }))
        .thenApply(all -> all.stream().reduce(new Totals(0, 0), Totals::plus));
  }

  /** Replaces a definition and lets all partitions know; false when others were faster. */
  CompletionStage<Boolean> redefine(
      RequestContext scope, IndexDefinition from, CreateIndexRequest settings) {
    String[] keys = {IndexKeys.of(keyspace, scope.namespace(), from.name()).definition()};
    forget(scope, from.name());
    return scripts
        .run(REDEFINE, scope, keys, from.id(), from.revision(), settings.toByteArray())
        .thenApply(Reply::flag);
  }

  /** Deletes the partitions, and the definition when all are gone. */
  CompletionStage<Boolean> drop(RequestContext scope, String name) {
    String[] keys = {IndexKeys.of(keyspace, scope.namespace(), name).definition()};
    forget(scope, name);
    return scripts
        .run(UNDEFINE, scope, keys, "", 0)
        .thenCompose(
            reply -> {
              if (!reply.flag()) {
                return CompletableFuture.completedFuture(false);
              }
              String id = reply.text();
              IndexDefinition index =
                  IndexDefinition.of(name, id, 0, TextAnalyzer.VERSION, settings(reply));
              return onPartitions(
                      index, p -> scripts.run(DROP, scope, partition(scope, index, p).all(), id))
                  .thenCompose(dropped -> scripts.run(UNDEFINE, scope, keys, id, 1))
                  .thenApply(Reply::flag);
            });
  }

  /** Runs a step on every partition at once. */
  static <T> CompletionStage<List<T>> onPartitions(
      IndexDefinition index, IntFunction<CompletionStage<T>> step) {
    return onPartitions(0, index.partitions(), step);
  }

  static <T> CompletionStage<List<T>> onPartitions(
      int from, int to, IntFunction<CompletionStage<T>> step) {
    List<CompletableFuture<T>> steps =
        IntStream.range(from, to)
            .mapToObj(partition -> step.apply(partition).toCompletableFuture())
            .toList();
    return CompletableFuture.allOf(steps.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> steps.stream().map(one -> one.getNow(null)).toList());
  }

  private void forget(RequestContext scope, String name) {
    known.remove(scope.namespace() + ' ' + name);
  }

  /**
   * Does something with an index, again with a newer definition when a partition says that the one
   * used is not that of the index any more.
   */
  <T> CompletionStage<T> with(
      RequestContext scope, String name, Function<IndexDefinition, CompletionStage<T>> work) {
    return with(scope, name, work, TRIES);
  }

  private <T> CompletionStage<T> with(
      RequestContext scope,
      String name,
      Function<IndexDefinition, CompletionStage<T>> work,
      int tries) {
    return find(scope, name).thenCompose(index -> attempt(scope, index, work, tries));
  }

  private <T> CompletionStage<T> attempt(
      RequestContext scope,
      IndexDefinition index,
      Function<IndexDefinition, CompletionStage<T>> work,
      int tries) {
    CompletionStage<T> attempt;
    try {
      attempt = work.apply(index);
    } catch (RuntimeException e) {
      attempt = CompletableFuture.failedFuture(e);
    }
    return attempt
        .handle(
            (done, failure) ->
                failure == null
                    ? CompletableFuture.completedFuture(done)
                    : again(scope, index, work, tries, failure))
        .thenCompose(result -> result);
  }

  /** Tries again if the definition was not that of the index any more. */
  private <T> CompletionStage<T> again(
      RequestContext scope,
      IndexDefinition index,
      Function<IndexDefinition, CompletionStage<T>> work,
      int tries,
      Throwable failure) {
    Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
    boolean isStale = cause instanceof StaleDefinition;
    if (!isStale && !(cause instanceof InvalidRequest)) {
      return CompletableFuture.failedFuture(failure);
    }
    return look(scope, index.name())
        .thenCompose(
            now -> {
              boolean same = now.isSame(index);
              if (!isStale && same) {
                return CompletableFuture.<T>failedFuture(failure);
              }
              if (tries == 1) {
                return CompletableFuture.<T>failedFuture(notFound());
              }
              // Whoever created the index, or let its partitions know of fields, did not come to
              // the end.
              return same
                  ? open(scope, now).thenCompose(done -> attempt(scope, now, work, tries - 1))
                  : attempt(scope, now, work, tries - 1);
            });
  }

  /** The definition of an index, as this server knows it. */
  CompletionStage<IndexDefinition> find(RequestContext scope, String name) {
    IndexDefinition cached = known.get(scope.namespace() + ' ' + name);
    return cached != null ? CompletableFuture.completedFuture(cached) : look(scope, name);
  }

  /** The definition of an index, as it is in Redis. */
  CompletionStage<IndexDefinition> look(RequestContext scope, String name) {
    String[] keys = {IndexKeys.of(keyspace, scope.namespace(), name).definition()};
    return scripts
        .run(LOOK, scope, keys)
        .thenApply(
            reply -> {
              boolean exists = reply.flag();
              boolean dropping = reply.flag();
              if (!exists || dropping) {
                forget(scope, name);
                throw notFound();
              }
              IndexDefinition index = read(name, reply);
              IndexDefinition before = known.get(scope.namespace() + ' ' + name);
              if (before != null && before.isSame(index)) {
                return before;
              }
              if (known.size() >= REMEMBERED) {
                known.clear();
              }
              known.put(scope.namespace() + ' ' + name, index);
              return index;
            });
  }

  static ApiException notFound() {
    return new ApiException(
        ErrorReason.ERROR_REASON_SEARCH_INDEX_NOT_FOUND, "there is no such index");
  }

  private static IndexDefinition read(String name, Reply reply) {
    return IndexDefinition.of(name, reply.text(), reply.integer(), reply.count(), settings(reply));
  }

  private static CreateIndexRequest settings(Reply reply) {
    try {
      return CreateIndexRequest.parseFrom(reply.bytes());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("the settings of an index cannot be read", e);
    }
  }
}
