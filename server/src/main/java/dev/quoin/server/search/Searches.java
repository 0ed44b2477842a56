// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.search.v1.Explanation;
import dev.quoin.search.v1.FacetCounts;
import dev.quoin.search.v1.Highlight;
import dev.quoin.search.v1.Hit;
import dev.quoin.search.v1.ReadPreference;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.RequestContext;
import io.grpc.Deadline;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Runs queries and brings the documents they find. */
final class Searches {
  private static final int PAGE_BYTES = 1 << 20;

  private final Documents documents;
  private final PartitionReader reader;
  private final WordReader words;
  private final Workers workers;

  Searches(PartitionReader reader, Documents documents, WordReader words, Workers workers) {
    this.documents = documents;
    this.reader = reader;
    this.words = words;
    this.workers = workers;
  }

  PartitionReader reader() {
    return reader;
  }

  /**
   * A page of hits.
   *
   * @param size how many hits at most
   * @param position where to go on; empty for the beginning
   */
  CompletionStage<Page> page(
      RequestContext scope, SearchRequest request, int size, String position) {
    if (request.asked().getReadPreference() != ReadPreference.READ_PREFERENCE_REPLICA) {
      return from(scope, request, size, position);
    }
    // A replica may not know the index yet, or not be one any more.
    return from(scope.readingReplicas(true), request, size, position)
        .handle(
            (page, failure) ->
                failure == null && page.failed().isEmpty()
                    ? CompletableFuture.completedFuture(page)
                    : from(scope, request, size, position))
        .thenCompose(page -> page);
  }

  private CompletionStage<Page> from(
      RequestContext scope, SearchRequest request, int size, String position) {
    long nanos = request.nanos(scope.deadline());
    RequestContext limited = within(scope, nanos);
    RequestContext preparing = within(scope, nanos / 2);
    // What is found has to be brought, too.
    long end = System.nanoTime() + nanos * 4 / 5;
    QueryRun run =
        new QueryRun(reader, words, workers, limited, preparing, request, size, position, end);
    return run.run()
        .thenCompose(result -> bring(scope, request, run, result, size))
        .whenComplete((page, failure) -> run.close());
  }

  private static RequestContext within(RequestContext scope, long nanos) {
    return scope.until(Deadline.after(nanos, TimeUnit.NANOSECONDS));
  }

  private CompletionStage<Page> bring(
      RequestContext scope, SearchRequest request, QueryRun run, QueryRun.Result result, int size) {
    List<Collector.Candidate> page = result.best().subList(0, Math.min(size, result.best().size()));
    Map<Integer, List<Integer>> byPartition = new LinkedHashMap<>();
    for (int i = 0; i < page.size(); i++) {
      byPartition.computeIfAbsent(page.get(i).partition(), p -> new ArrayList<>()).add(i);
    }
    StoredDocument[] found = new StoredDocument[page.size()];
    List<CompletableFuture<?>> reads = new ArrayList<>();
    byPartition.forEach(
        (partition, places) ->
            reads.add(
                documents
                    .get(
                        scope,
                        request.index(),
                        partition,
                        places.stream().map(i -> id(page.get(i))).toList(),
                        PAGE_BYTES / byPartition.size())
                    .thenAccept(
                        read ->
                            IntStream.range(0, read.size())
                                .forEach(i -> found[places.get(i)] = read.get(i)))
                    .toCompletableFuture()));
    return CompletableFuture.allOf(reads.toArray(CompletableFuture<?>[]::new))
        .thenCompose(
            done ->
                workers.compute(
                    scope,
                    cost(request, result, found),
                    () -> page(request, run, result, page, found)));
  }

  private static long cost(SearchRequest request, QueryRun.Result result, StoredDocument[] found) {
    // An explanation evaluates the query once more.
    long cost =
        request.asked().getExplain()
            ? result.searched().stream().mapToLong(one -> one.found().cost()).sum()
                + (long) found.length * request.asked().getSerializedSize()
            : 0;
    for (StoredDocument document : found) {
      cost +=
          document == null || request.highlighted().isEmpty()
              ? 0
              : document.fields().getSerializedSize() / 8;
    }
    return cost;
  }

  private static String id(Collector.Candidate hit) {
    return Bytes.text(hit.place().id(), 0, hit.place().id().length);
  }

  /** The page that ends before the first document that did not fit. */
  private Page page(
      SearchRequest request,
      QueryRun run,
      QueryRun.Result result,
      List<Collector.Candidate> page,
      StoredDocument[] found) {
    List<Page.PlacedHit> hits = new ArrayList<>();
    Map<Collector.Candidate, Explanation> explained = explained(request, result, page);
    int end = 0;
    int left = PAGE_BYTES;
    while (end < page.size() && found[end] != null) {
      Collector.Candidate hit = page.get(end);
      left -= found[end].fields().getSerializedSize();
      if (left < 0 && end > 0) {
        break;
      }
      if (found[end].exists()) {
        hits.add(
            new Page.PlacedHit(
                hit(request, hit, found[end], explained.get(hit)),
                run.position(result.statistics(), hit.place())));
      }
      end++;
    }
    List<FacetCounts> facets = new ArrayList<>();
    for (int i = 0; i < request.facets().size(); i++) {
      int facet = i;
      facets.add(
          FacetCounter.shown(
              request.facets().get(i),
              result.searched().stream().map(one -> one.found().counts().get(facet)).toList()));
    }
    return new Page(
        hits,
        end < result.best().size(),
        end == 0 ? "" : run.position(result.statistics(), page.get(end - 1).place()),
        result.searched().stream().mapToLong(one -> one.found().total()).sum(),
        result.searched().stream().allMatch(one -> one.found().complete()),
        result.failed(),
        facets,
        result.searched().stream().mapToLong(one -> one.found().cost()).sum());
  }

  private static Hit hit(
      SearchRequest request,
      Collector.Candidate candidate,
      StoredDocument document,
      Explanation explanation) {
    Hit.Builder hit =
        Hit.newBuilder()
            .setId(id(candidate))
            .setScore(candidate.score())
            .setVersion(document.version())
            .setFields(returned(request, document.fields()))
            .addAllSortValues(request.ranking().shown(candidate.place()));
    Highlighter highlighter = new Highlighter(request.whole());
    for (IndexField field : request.highlighted()) {
      Value value = document.fields().getFieldsMap().get(field.name());
      Highlight highlight =
          value == null || value.hasNullValue() ? null : highlighter.of(field, value);
      if (highlight != null) {
        hit.addHighlights(highlight);
      }
    }
    if (explanation != null) {
      hit.setExplanation(explanation);
    }
    return hit.build();
  }

  private static Map<Collector.Candidate, Explanation> explained(
      SearchRequest request, QueryRun.Result result, List<Collector.Candidate> page) {
    Map<Collector.Candidate, Explanation> explained = new IdentityHashMap<>();
    if (request.asked().getExplain()) {
      for (QueryRun.Searched one : result.searched()) {
        List<Collector.Candidate> own =
            page.stream().filter(hit -> hit.partition() == one.search().partition()).toList();
        Map<Integer, List<Matcher.Part>> parts =
            one.search().explain(own.stream().map(Collector.Candidate::ordinal).toList());
        own.forEach(hit -> explained.put(hit, explanation(hit.score(), parts.get(hit.ordinal()))));
      }
    }
    return explained;
  }

  private static Struct returned(SearchRequest request, Struct fields) {
    if (request.asked().getReturnFieldsCount() == 0) {
      return fields;
    }
    Struct.Builder returned = Struct.newBuilder();
    for (String name : request.asked().getReturnFieldsList()) {
      Value value = fields.getFieldsMap().get(name);
      if (value != null) {
        returned.putFields(name, value);
      }
    }
    return returned.build();
  }

  private static Explanation explanation(double score, List<Matcher.Part> parts) {
    Explanation.Builder explanation = Explanation.newBuilder().setScore(score);
    parts.forEach(
        part ->
            explanation
                .addScorePartsBuilder()
                .setField(part.field())
                .setTerm(part.term())
                .setPartScore(part.score())
                .setCalculation(part.calculation()));
    return explanation.build();
  }
}
