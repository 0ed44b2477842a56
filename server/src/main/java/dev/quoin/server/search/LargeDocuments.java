// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * Documents with too many words for one step: they are written before the document is put, and
 * taken away when it is deleted or replaced, in steps during which no query sees them. What a
 * server did not come to the end of, any other takes away when it notices it.
 */
final class LargeDocuments {
  private static final Logger LOG = Logger.getLogger(LargeDocuments.class.getName());
  private static final LuaScript STAGE = LuaScript.load("search/stage");
  private static final LuaScript SWEEP = LuaScript.load("search/sweep");

  /** How many terms are changed in one step. */
  static final int AT_ONCE = 256;

  /** After as much work as so many terms with few documents take, a step ends before. */
  private static final int MOST_WORK = 320;

  /** When its writer has taken no step for so long, a document is taken away. */
  private static final int LEFT_MILLIS = 10_000;

  private static final long LOOKS_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final int REMEMBERED = 10_000;

  private final Scripts scripts;
  private final Indexes indexes;
  private final int leftMillis;

  /** When partitions with hidden documents were looked at. */
  private final Map<String, Long> looked = new ConcurrentHashMap<>();

  LargeDocuments(Scripts scripts, Indexes indexes) {
    this(scripts, indexes, LEFT_MILLIS);
  }

  LargeDocuments(Scripts scripts, Indexes indexes, int leftMillis) {
    this.scripts = scripts;
    this.indexes = indexes;
    this.leftMillis = leftMillis;
  }

  /**
   * What became of a step, as the script tells it.
   *
   * @param detail when it was done, ordinal and stamp for the next one
   * @param done how many terms were written
   */
  record Step(long outcome, byte[] detail, int done) {}

  /**
   * Writes all words of a document.
   *
   * @param expected stamp of the document that is stored
   * @return the last step
   */
  CompletionStage<Step> write(
      RequestContext scope,
      IndexDefinition index,
      String id,
      byte[] expected,
      IndexedDocument document) {
    List<Map.Entry<String, IndexedDocument.Posting>> terms = List.copyOf(document.terms.entrySet());
    return write(scope, index, id, expected, terms, Bytes.NONE);
  }

  private CompletionStage<Step> write(
      RequestContext scope,
      IndexDefinition index,
      String id,
      byte[] expected,
      List<Map.Entry<String, IndexedDocument.Posting>> terms,
      byte[] written) {
    return step(scope, index, id, expected, terms, written)
        .whenComplete(
            (step, failure) -> {
              if (failure != null && written.length > 0) {
                sweep(scope, index, index.partitionOf(id), written);
              }
            })
        .thenCompose(
            step ->
                step.outcome() == 1 && step.done() < terms.size()
                    ? write(
                        scope,
                        index,
                        id,
                        expected,
                        terms.subList(step.done(), terms.size()),
                        step.detail())
                    : CompletableFuture.completedFuture(step));
  }

  /** Writes the first of some terms. */
  CompletionStage<Step> step(
      RequestContext scope,
      IndexDefinition index,
      String id,
      byte[] expected,
      List<Map.Entry<String, IndexedDocument.Posting>> terms,
      byte[] written) {
    Arguments arguments =
        Arguments.of(index.id(), index.revision(), id, expected, written, MOST_WORK);
    terms.stream()
        .limit(AT_ONCE)
        .forEach(term -> arguments.add(term.getKey(), term.getValue().stored()));
    return scripts
        .run(
            STAGE,
            scope,
            indexes.partition(scope, index, index.partitionOf(id)).staged(),
            arguments.toArray())
        .thenApply(
            reply ->
                new Step(
                    StaleDefinition.checked(reply.integer()),
                    reply.bytes(),
                    reply.hasMore() ? reply.count() : 0));
  }

  /**
   * Takes away what is hidden of a document. Nobody depends on that, so it never fails: what it
   * leaves is noticed later.
   *
   * @param written ordinal and, if it was being written, stamp of the last step
   */
  CompletionStage<Void> sweep(
      RequestContext scope, IndexDefinition index, int partition, byte[] written) {
    return sweep(scope.detached(), index, partition, written, false)
        .handle((done, failure) -> null);
  }

  /**
   * Takes away what is hidden of a document.
   *
   * @param written as above; empty for any that has been left
   * @param all whether to go on with others that have been left
   */
  CompletionStage<Void> sweep(
      RequestContext scope, IndexDefinition index, int partition, byte[] written, boolean all) {
    return scripts
        .run(
            SWEEP,
            scope,
            indexes.partition(scope, index, partition).swept(),
            index.id(),
            index.revision(),
            written,
            leftMillis,
            MOST_WORK)
        .thenCompose(
            reply -> {
              StaleDefinition.checked(reply.integer());
              byte[] ordinal = reply.bytes();
              if (ordinal.length == 0) {
                return CompletableFuture.completedFuture(null);
              }
              if (reply.integer() > 0) {
                return sweep(scope, index, partition, ordinal, all);
              }
              return all
                  ? sweep(scope, index, partition, Bytes.NONE, true)
                  : CompletableFuture.completedFuture(null);
            });
  }

  /** Documents are hidden in a partition: sees, now and then, whether they have been left. */
  void notice(RequestContext scope, IndexDefinition index, int partition) {
    String name = indexes.partition(scope, index, partition).entity() + index.id();
    long now = System.nanoTime();
    if (looked.size() > REMEMBERED) {
      looked.clear();
    }
    long last =
        looked.compute(name, (n, at) -> at == null || now - at > LOOKS_NANOS ? (Long) now : at);
    if (last == now) {
      sweep(scope.detached(), index, partition, Bytes.NONE, true)
          .whenComplete(
              (done, failure) -> {
                if (failure != null) {
                  LOG.log(Level.FINE, "what is left of documents is taken away later", failure);
                }
              });
    }
  }

  /** The terms of a document, in lists as the scripts keep them: packed by MessagePack. */
  static List<byte[]> lists(IndexedDocument document) {
    List<String> terms = List.copyOf(document.terms.keySet());
    List<byte[]> lists = new ArrayList<>();
    for (int from = 0; from < terms.size(); from += AT_ONCE) {
      List<String> some = terms.subList(from, Math.min(terms.size(), from + AT_ONCE));
      ByteArrayOutputStream list = new ByteArrayOutputStream();
      list.write(0xDC);
      list.writeBytes(Bytes.write(some.size(), 2));
      for (String term : some) {
        byte[] bytes = Bytes.utf8(term);
        list.write(0xDA);
        list.writeBytes(Bytes.write(bytes.length, 2));
        list.writeBytes(bytes);
      }
      lists.add(list.toByteArray());
    }
    return lists;
  }
}
