// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.QueryWarning;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Reads the words of fields in byte order. */
final class WordReader {
  private static final LuaScript WORDS = LuaScript.load("search/words");

  private final Scripts scripts;
  private final Indexes indexes;

  WordReader(Scripts scripts, Indexes indexes) {
    this.scripts = scripts;
    this.indexes = indexes;
  }

  /** The words that prefixes stand for in a partition. */
  CompletionStage<QueryPlan.Expansions> expand(
      RequestContext scope, IndexDefinition index, int partition, QueryPlan plan) {
    QueryPlan.Expansions expansions = new QueryPlan.Expansions();
    List<CompletableFuture<?>> reads = new ArrayList<>();
    for (Node.Prefix prefix : plan.prefixes()) {
      for (IndexField field : prefix.fields()) {
        reads.add(
            read(scope, index, partition, field, prefix.text(), "", plan.wordsOfAPrefix() + 1)
                .thenAccept(found -> expansions.add(prefix, field, found))
                .toCompletableFuture());
      }
    }
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> expansions);
  }

  /**
   * The words that prefixes stand for in all partitions together, so that what is found does not
   * depend on how many there are.
   *
   * @param most for how many words each stands at most
   * @param warnings hears of prefixes that stand for more
   */
  static QueryPlan.Expansions merge(
      List<QueryPlan.Expansions> partitions, int most, Set<QueryWarning> warnings) {
    QueryPlan.Expansions all = new QueryPlan.Expansions();
    partitions.forEach(all::addAll);
    if (all.cut(most)) {
      warnings.add(QueryWarning.QUERY_WARNING_PREFIX_TRUNCATED);
    }
    return all;
  }

  /**
   * Reads words of a field that begin with something.
   *
   * @param after a word after which to begin, empty for the first one
   */
  CompletionStage<List<String>> read(
      RequestContext scope,
      IndexDefinition index,
      int partition,
      IndexField field,
      String prefix,
      String after,
      int most) {
    PartitionKeys keys = indexes.partition(scope, index, partition);
    byte[] begin = Bytes.utf8(field.listed(prefix));
    byte[] from =
        after.isEmpty()
            ? Bytes.join(new byte[] {'['}, begin)
            : Bytes.join(new byte[] {'('}, Bytes.utf8(field.listed(after)));
    // No byte of UTF-8 is as great.
    byte[] to = Bytes.join(new byte[] {'('}, begin, new byte[] {(byte) 0xFF});
    return scripts
        .run(
            WORDS,
            scope,
            new String[] {keys.meta(), keys.words()},
            index.id(),
            index.revision(),
            from,
            to,
            most)
        .thenApply(
            reply -> {
              StaleDefinition.checked(reply.integer());
              reply.bytes();
              List<String> words = new ArrayList<>();
              while (reply.hasMore()) {
                words.add(reply.text().substring(1));
              }
              return words;
            });
  }
}
