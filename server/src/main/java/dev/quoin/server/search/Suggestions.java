// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.SuggestRequest;
import dev.quoin.search.v1.SuggestResponse;
import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Defaults;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Suggests words that an index has. */
final class Suggestions {
  private static final LuaScript COUNTS = LuaScript.load("search/counts");
  private static final int LOOKED_AT = 4_096;
  private static final int AT_ONCE = 512;
  private static final int USUAL = 10;
  private static final int SHORT = 5;

  /** What a word costs to be looked at. */
  private static final long COST = 8;

  /** By so many letters similar words differ at most. */
  private static final int MOST_APART = 2;

  private final Scripts scripts;
  private final Indexes indexes;
  private final WordReader words;
  private final Workers workers;

  Suggestions(Scripts scripts, Indexes indexes, WordReader words, Workers workers) {
    this.scripts = scripts;
    this.indexes = indexes;
    this.words = words;
    this.workers = workers;
  }

  /**
   * A word that may be suggested.
   *
   * @param term that a search for it looks for
   */
  private record Candidate(String word, String term, int distance) {}

  private record Counted(String word, long count, int distance) {}

  CompletionStage<SuggestResponse> suggest(
      RequestContext scope, IndexDefinition index, SuggestRequest request) {
    IndexField field = index.field(request.getField(), "field");
    if (!field.isText() && !field.isTag()) {
      throw InvalidRequest.of("field", "must be a TEXT or TAG, not " + field.typeWord());
    }
    String given = field.isText() ? TextAnalyzer.fold(request.getPrefix()) : request.getPrefix();
    if (request.getSimilar() && given.isEmpty()) {
      throw InvalidRequest.of("prefix", "must be a word when `similar` words are asked for");
    }
    String prefix =
        request.getSimilar() ? given.substring(0, given.offsetByCodePoints(0, 1)) : given;
    return Indexes.onPartitions(index, p -> all(scope, index, p, field, prefix, new ArrayList<>()))
        .thenCompose(
            found -> {
              long size = found.stream().mapToLong(List::size).sum();
              return workers.compute(
                  scope,
                  size * (COST + given.length()),
                  () -> candidates(found, field, given, request.getSimilar()));
            })
        .thenCompose(
            candidates ->
                counted(scope, index, candidates.words())
                    .thenApply(counted -> response(request, counted, candidates.partial())));
  }

  /** Words to be counted, and whether there are more. */
  private record Candidates(List<Candidate> words, boolean partial) {}

  /**
   * Of the words of all partitions the first in byte order: a word among them is among the first of
   * every partition that has it, too.
   */
  private static Candidates candidates(
      List<List<String>> found, IndexField field, String given, boolean similar) {
    TreeSet<byte[]> all = new TreeSet<>(Arrays::compareUnsigned);
    found.forEach(words -> words.forEach(word -> all.add(Bytes.utf8(word))));
    boolean partial =
        all.size() > LOOKED_AT || found.stream().anyMatch(one -> one.size() >= LOOKED_AT);
    List<Candidate> words =
        all.stream()
            .limit(LOOKED_AT)
            .map(word -> Bytes.text(word, 0, word.length))
            .filter(word -> !similar || isSimilar(given, word))
            .map(
                word ->
                    new Candidate(
                        word,
                        searched(field, word),
                        similar ? distance(given, word, MOST_APART) : 0))
            .toList();
    return new Candidates(words, partial);
  }

  private CompletionStage<List<String>> all(
      RequestContext scope,
      IndexDefinition index,
      int partition,
      IndexField field,
      String prefix,
      List<String> before) {
    String after = before.isEmpty() ? "" : before.get(before.size() - 1);
    return words
        .read(scope, index, partition, field, prefix, after, AT_ONCE)
        .thenCompose(
            found -> {
              before.addAll(found);
              return found.size() < AT_ONCE || before.size() >= LOOKED_AT
                  ? CompletableFuture.completedFuture(before)
                  : all(scope, index, partition, field, prefix, before);
            });
  }

  /** How many documents have terms. */
  CompletionStage<Map<String, Long>> counts(
      RequestContext scope, IndexDefinition index, List<String> terms) {
    return Indexes.onPartitions(index, p -> counts(scope, index, p, terms, 0, new ArrayList<>()))
        .thenApply(
            partitions -> {
              Map<String, Long> counts = new HashMap<>();
              for (int i = 0; i < terms.size(); i++) {
                int at = i;
                counts.put(terms.get(i), partitions.stream().mapToLong(one -> one.get(at)).sum());
              }
              return counts;
            });
  }

  private CompletionStage<List<Counted>> counted(
      RequestContext scope, IndexDefinition index, List<Candidate> candidates) {
    return counts(scope, index, candidates.stream().map(Candidate::term).toList())
        .thenApply(
            counts ->
                candidates.stream()
                    .map(one -> new Counted(one.word(), counts.get(one.term()), one.distance()))
                    .toList());
  }

  /** The term that a search for a word looks for. */
  private static String searched(IndexField field, String word) {
    if (field.isTag()) {
      return field.tag(word);
    }
    List<Term> terms = field.analyzer().terms(word);
    return field.term(terms.isEmpty() ? word : terms.get(0).text());
  }

  private CompletionStage<List<Long>> counts(
      RequestContext scope,
      IndexDefinition index,
      int partition,
      List<String> terms,
      int from,
      List<Long> before) {
    int to = Math.min(terms.size(), from + AT_ONCE);
    if (from == to) {
      return CompletableFuture.completedFuture(before);
    }
    PartitionKeys keys = indexes.partition(scope, index, partition);
    return scripts
        .run(
            COUNTS,
            scope,
            new String[] {keys.meta(), keys.terms()},
            Arguments.of(index.id(), index.revision()).addAll(terms.subList(from, to)).toArray())
        .thenCompose(
            reply -> {
              StaleDefinition.checked(reply.integer());
              reply.bytes();
              while (reply.hasMore()) {
                before.add(reply.integer());
              }
              return counts(scope, index, partition, terms, to, before);
            });
  }

  private static SuggestResponse response(
      SuggestRequest request, List<Counted> counted, boolean partial) {
    SuggestResponse.Builder response = SuggestResponse.newBuilder().setPartial(partial);
    Comparator<Counted> order = Comparator.comparingLong(one -> -one.count());
    if (request.getSimilar()) {
      order = Comparator.comparingInt(Counted::distance).thenComparing(order);
    }
    counted.stream()
        .filter(one -> one.count() > 0)
        .sorted(order.thenComparing(one -> Bytes.utf8(one.word()), Arrays::compareUnsigned))
        .limit(Defaults.orElse(request.getMaxItems(), USUAL))
        .forEach(one -> response.addTermsBuilder().setTerm(one.word()).setCount(one.count()));
    return response.build();
  }

  private static boolean isSimilar(String given, String word) {
    int most = given.length() < SHORT ? 1 : MOST_APART;
    return distance(given, word, most) <= most;
  }

  /**
   * How many letters have to be put in, left out, replaced or exchanged (Damerau-Levenshtein, of
   * the kind that changes no letter twice); more than the most that matters when they are more.
   */
  static int distance(String one, String other, int most) {
    if (Math.abs(one.length() - other.length()) > most) {
      return most + 1;
    }
    int far = most + 1;
    int width = other.length() + 2;
    int[] row = new int[width];
    int[] before = new int[width];
    int[] twoBefore = new int[width];
    for (int i = 0; i <= one.length(); i++) {
      int[] oldest = twoBefore;
      twoBefore = before;
      before = row;
      row = oldest;
      // Farther from the diagonal it is too far anyway.
      int from = Math.max(0, i - most);
      int to = Math.min(other.length(), i + most);
      if (from > 0) {
        row[from - 1] = far;
      }
      row[to + 1] = far;
      int least = far;
      for (int j = from; j <= to; j++) {
        row[j] = i == 0 || j == 0 ? i + j : step(one, other, i, j, row, before, twoBefore);
        least = Math.min(least, row[j]);
      }
      if (least > most) {
        return far;
      }
    }
    return Math.min(far, row[other.length()]);
  }

  private static int step(
      String one, String other, int i, int j, int[] row, int[] before, int[] twoBefore) {
    int replaced = one.charAt(i - 1) == other.charAt(j - 1) ? 0 : 1;
    int least = Math.min(before[j - 1] + replaced, Math.min(before[j], row[j - 1]) + 1);
    return i > 1
            && j > 1
            && one.charAt(i - 1) == other.charAt(j - 2)
            && one.charAt(i - 2) == other.charAt(j - 1)
        ? Math.min(least, twoBefore[j - 2] + 1)
        : least;
  }
}
