// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntFunction;

/**
 * Saved queries. Every partition has all of them, each under its rarest required terms, so that the
 * step that puts a document can see to it that all were tried that there are.
 */
final class SavedQueries {
  private static final LuaScript PUT = LuaScript.load("search/put_query");
  private static final LuaScript DELETE = LuaScript.load("search/delete_query");
  private static final LuaScript SAVED_BY = LuaScript.load("search/saved_by");
  private static final LuaScript LIST = LuaScript.load("search/list_queries");
  private static final LuaScript CANDIDATES = LuaScript.load("search/candidates");
  private static final int MOST = 100_000;
  private static final int AT_ONCE = 500;
  private static final int REMEMBERED = 100_000;
  private static final long COST_OF_A_CHARACTER = 4;

  private static final int MOST_PROBES = 1_024;

  /** As many values are looked at while one query is parsed and tried. */
  private static final int COST_OF_A_QUERY = 200;

  private final Scripts scripts;
  private final Indexes indexes;
  private final Workers workers;

  /** The stamp of the saved queries of each partition, as far as this server has met some. */
  private final Map<String, byte[]> stamps = new ConcurrentHashMap<>();

  SavedQueries(Scripts scripts, Indexes indexes, Workers workers) {
    this.scripts = scripts;
    this.indexes = indexes;
    this.workers = workers;
  }

  /** A saved query. */
  record Saved(String id, String query) {}

  /** The queries that a document matches, of those there were at a stamp. */
  record Matching(byte[] stamp, List<String> ids) {}

  private PartitionKeys keys(RequestContext scope, IndexDefinition index, String documentId) {
    return indexes.partition(scope, index, index.partitionOf(documentId));
  }

  /** The stamp of the saved queries where a document lives, empty when none are known of. */
  byte[] stampOf(RequestContext scope, IndexDefinition index, String documentId) {
    return stamps.getOrDefault(keys(scope, index, documentId).entity() + index.id(), Bytes.NONE);
  }

  void learn(RequestContext scope, IndexDefinition index, String documentId, byte[] stamp) {
    if (stamps.size() > REMEMBERED) {
      stamps.clear();
    }
    stamps.put(keys(scope, index, documentId).entity() + index.id(), stamp);
  }

  /**
   * Saves a query in every partition.
   *
   * @param node what it means
   * @param counts how many documents have terms
   */
  CompletionStage<Boolean> put(
      RequestContext scope,
      IndexDefinition index,
      String id,
      String query,
      Node node,
      Map<String, Long> counts) {
    if (new Contradictions().isIn(node)) {
      throw InvalidRequest.of("query", "must be one that a document can match, to be saved");
    }
    Probes probes = probes(node, counts);
    if (probes == null) {
      throw InvalidRequest.of(
          "query", "must hold a word, phrase or tag that every match has, to be saved");
    }
    if (probes.terms().size() > MOST_PROBES) {
      throw InvalidRequest.of(
          "query",
          "must be found by at most 1,024 terms to be saved, not %,d: each synonym counts once for"
                  .formatted(probes.terms().size())
              + " each field it may be in");
    }
    return put(scope, index, 0, id, query, probes, Bytes.NONE)
        .thenCompose(
            first ->
                others(index, p -> put(scope, index, p, id, query, probes, first.stamp()))
                    .thenCompose(
                        done ->
                            index.partitions() == 1
                                ? done(true)
                                : stands(scope, index, id, first.stamp()))
                    .thenCompose(
                        stands ->
                            stands
                                ? done(true)
                                : others(
                                        index,
                                        p -> delete(scope, index, p, id, first.stamp(), true))
                                    .thenApply(removed -> true))
                    .thenApply(done -> first.changed()));
  }

  private static CompletionStage<Boolean> done(boolean value) {
    return CompletableFuture.completedFuture(value);
  }

  /** What a step on one partition has changed, and the stamp of the call. */
  private record Step(boolean changed, byte[] stamp) {}

  /** Runs a step on all partitions but the first one, whose order counts. */
  private static CompletionStage<List<Step>> others(
      IndexDefinition index, IntFunction<CompletionStage<Step>> step) {
    return Indexes.onPartitions(1, index.partitions(), step);
  }

  private CompletionStage<Step> put(
      RequestContext scope,
      IndexDefinition index,
      int partition,
      String id,
      String query,
      Probes probes,
      byte[] stamp) {
    return run(
        PUT,
        scope,
        index,
        partition,
        Arguments.of(index.id(), index.revision(), id, query, MOST, stamp).addAll(probes.terms()));
  }

  private CompletionStage<Step> delete(
      RequestContext scope,
      IndexDefinition index,
      int partition,
      String id,
      byte[] stamp,
      boolean onlyOwn) {
    return run(
        DELETE,
        scope,
        index,
        partition,
        Arguments.of(index.id(), index.revision(), id, stamp, onlyOwn ? 1 : 0));
  }

  private CompletionStage<Step> run(
      LuaScript script,
      RequestContext scope,
      IndexDefinition index,
      int partition,
      Arguments arguments) {
    return scripts
        .run(script, scope, indexes.partition(scope, index, partition).saved(), arguments.toArray())
        .thenApply(
            reply -> {
              StaleDefinition.checked(reply.integer());
              reply.bytes();
              return new Step(reply.flag(), reply.bytes());
            });
  }

  /** Whether a query is still that of a call: it may have been deleted before it was everywhere. */
  private CompletionStage<Boolean> stands(
      RequestContext scope, IndexDefinition index, String id, byte[] stamp) {
    PartitionKeys keys = indexes.partition(scope, index, 0);
    return scripts
        .run(
            SAVED_BY,
            scope,
            new String[] {keys.meta(), keys.queries()},
            index.id(),
            index.revision(),
            id)
        .thenApply(
            reply -> {
              StaleDefinition.checked(reply.integer());
              return Arrays.equals(stamp, reply.bytes());
            });
  }

  CompletionStage<Boolean> delete(RequestContext scope, IndexDefinition index, String id) {
    return delete(scope, index, 0, id, Bytes.NONE, false)
        .thenCompose(
            first ->
                others(index, p -> delete(scope, index, p, id, first.stamp(), false))
                    .thenApply(rest -> first.changed() || rest.stream().anyMatch(Step::changed)));
  }

  CompletionStage<List<Saved>> list(
      RequestContext scope, IndexDefinition index, String prefix, String after, int limit) {
    return scripts
        .run(
            LIST,
            scope,
            indexes.partition(scope, index, 0).saved(),
            index.id(),
            index.revision(),
            prefix,
            after,
            limit)
        .thenApply(
            reply -> {
              StaleDefinition.checked(reply.integer());
              reply.bytes();
              List<Saved> saved = new ArrayList<>();
              while (reply.hasMore()) {
                saved.add(new Saved(reply.text(), reply.text()));
              }
              return saved;
            });
  }

  /** Tries the queries that a document may match: those with a term of it. */
  CompletionStage<Matching> matching(
      RequestContext scope, IndexDefinition index, String documentId, IndexedDocument document) {
    List<String> terms =
        document.terms.keySet().stream().filter(term -> term.charAt(0) != 's').toList();
    return candidates(
        scope, index, keys(scope, index, documentId), terms, "", null, document, new TreeMap<>());
  }

  private CompletionStage<Matching> candidates(
      RequestContext scope,
      IndexDefinition index,
      PartitionKeys keys,
      List<String> terms,
      String after,
      byte[] stamp,
      IndexedDocument document,
      Map<String, Boolean> tried) {
    List<String> now = terms.subList(0, Math.min(AT_ONCE, terms.size()));
    return scripts
        .run(
            CANDIDATES,
            scope,
            keys.saved(),
            Arguments.of(index.id(), index.revision(), after, AT_ONCE).addAll(now).toArray())
        .thenCompose(
            reply -> {
              StaleDefinition.checked(reply.integer());
              // The stamp of the first look: when queries change in between, the put finds out.
              byte[] read = reply.bytes();
              byte[] first = stamp == null ? read : stamp;
              int done = reply.count();
              String last = reply.text();
              Map<String, String> untried = new LinkedHashMap<>();
              while (reply.hasMore()) {
                untried.put(reply.text(), reply.text());
              }
              untried.keySet().removeAll(tried.keySet());
              List<String> rest = terms.subList(done, terms.size());
              return workers
                  .compute(
                      scope,
                      untried.values().stream().mapToLong(SavedQueries::cost).sum(),
                      () -> tried(index, untried, document, tried))
                  .thenCompose(
                      all ->
                          rest.isEmpty()
                              ? CompletableFuture.completedFuture(new Matching(first, matches(all)))
                              : candidates(scope, index, keys, rest, last, first, document, all));
            });
  }

  /** What it costs to parse a query and to try it on a document. */
  static long cost(String query) {
    return COST_OF_A_QUERY + COST_OF_A_CHARACTER * query.length();
  }

  private static Map<String, Boolean> tried(
      IndexDefinition index,
      Map<String, String> untried,
      IndexedDocument document,
      Map<String, Boolean> tried) {
    untried.forEach((id, query) -> tried.computeIfAbsent(id, i -> isMatch(index, query, document)));
    return tried;
  }

  private static List<String> matches(Map<String, Boolean> tried) {
    return tried.entrySet().stream().filter(Map.Entry::getValue).map(Map.Entry::getKey).toList();
  }

  private static boolean isMatch(IndexDefinition index, String query, IndexedDocument document) {
    try {
      return new DocumentTest(document).meets(QueryParser.parse(index, query).node());
    } catch (InvalidRequest e) {
      // It was saved for an index that had other fields.
      return false;
    }
  }

  /** Terms of which every match has one. */
  private record Probes(List<String> terms, long count) {}

  /** The rarest terms that a condition needs; null when it needs none. */
  private static Probes probes(Node node, Map<String, Long> counts) {
    if (node instanceof Node.Words words) {
      List<String> terms = new ArrayList<>();
      long count = 0;
      for (Node.FieldTerms field : words.fields()) {
        String rarest = rarest(field.keys(), counts);
        terms.add(rarest);
        count += counts.getOrDefault(rarest, 0L);
      }
      return new Probes(terms, count);
    } else if (node instanceof Node.Tags tags) {
      List<String> terms = tags.values().stream().map(tags.field()::tag).toList();
      return new Probes(terms, terms.stream().mapToLong(t -> counts.getOrDefault(t, 0L)).sum());
    } else if (node instanceof Node.All all) {
      Probes best = null;
      for (Node part : all.required()) {
        Probes probes = probes(part, counts);
        if (probes != null && (best == null || probes.count() < best.count())) {
          best = probes;
        }
      }
      return best;
    } else if (node instanceof Node.Any any) {
      Map<String, Boolean> terms = new LinkedHashMap<>();
      long count = 0;
      for (Node part : any.parts()) {
        Probes probes = probes(part, counts);
        if (probes == null) {
          return null;
        }
        probes.terms().forEach(term -> terms.put(term, true));
        count += probes.count();
      }
      return new Probes(List.copyOf(terms.keySet()), count);
    }
    return null;
  }

  private static String rarest(List<String> terms, Map<String, Long> counts) {
    String rarest = terms.get(0);
    for (String term : terms) {
      if (counts.getOrDefault(term, 0L) < counts.getOrDefault(rarest, 0L)) {
        rarest = term;
      }
    }
    return rarest;
  }
}
