// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.errors.ErrorMapper;
import dev.quoin.server.kernel.Workers;
import dev.quoin.server.redis.RequestContext;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/**
 * One query: asks all partitions at once for what it needs to know, adds up their statistics,
 * evaluates it on each, and merges what they found.
 */
final class QueryRun {
  private static final long COST_OF_A_TERM = 4;
  private static final long COST_OF_A_PREFIX = 1_024;

  private final PartitionReader reader;
  private final WordReader words;
  private final Workers workers;
  private final RequestContext scope;
  private final RequestContext preparing;
  private final SearchRequest request;
  private final QueryPlan plan;
  private final int size;
  private final String position;
  private final long end;
  private final List<Integer> failed = new ArrayList<>();
  private final List<PartitionView> views = new ArrayList<>();

  /** A partition that is ready to be searched. */
  private record Ready(int partition, PartitionView view, QueryPlan.Expansions expansions) {}

  /** What a partition found, and where it was found. */
  record Searched(PartitionSearch search, PartitionSearch.Found found) {}

  /**
   * What all partitions found.
   *
   * @param best the hits of the page in order, and one more if there is one
   */
  record Result(
      Statistics statistics,
      List<Searched> searched,
      List<Collector.Candidate> best,
      List<Integer> failed) {}

  /**
   * @param scope with a deadline when time is up
   * @param preparing with a deadline when partitions that have not answered yet are given up: the
   *     others need time for what they find
   * @param size how many hits
   * @param position where to go on; empty for the beginning
   * @param end when time is up, in nanoseconds of this machine
   */
  QueryRun(
      PartitionReader reader,
      WordReader words,
      Workers workers,
      RequestContext scope,
      RequestContext preparing,
      SearchRequest request,
      int size,
      String position,
      long end) {
    this.reader = reader;
    this.words = words;
    this.workers = workers;
    this.scope = scope;
    this.preparing = preparing;
    this.request = request;
    this.plan = new QueryPlan(request.whole());
    this.size = size;
    this.position = position;
    this.end = end;
  }

  CompletionStage<Result> run() {
    return expand()
        .thenCompose(
            expansions ->
                Indexes.onPartitions(
                    request.index(), p -> tolerant(p, () -> prepare(p, expansions))))
        .thenCompose(
            all -> {
              List<Ready> ready = all.stream().filter(one -> one != null).toList();
              long estimate =
                  ready.stream().mapToLong(r -> plan.estimate(r.view(), r.expansions())).sum();
              refuseExpensive(estimate);
              Statistics statistics =
                  position.isEmpty()
                      ? Statistics.of(plan, ready.stream().map(Ready::view).toList())
                      : Statistics.read(plan, position.substring(0, position.indexOf('|')));
              return search(ready, statistics, estimate + effort(ready));
            });
  }

  private CompletionStage<QueryPlan.Expansions> expand() {
    if (plan.prefixes().isEmpty()) {
      return CompletableFuture.completedFuture(new QueryPlan.Expansions());
    }
    return Indexes.onPartitions(
            request.index(),
            p -> tolerant(p, () -> words.expand(preparing, request.index(), p, plan)))
        .thenCompose(
            all ->
                workers.compute(
                    scope,
                    COST_OF_A_PREFIX * plan.prefixes().size(),
                    () ->
                        WordReader.merge(
                            all.stream().filter(one -> one != null).toList(),
                            plan.wordsOfAPrefix(),
                            request.warnings())));
  }

  private CompletionStage<Ready> prepare(int partition, QueryPlan.Expansions expansions) {
    PartitionView view = reader.open(preparing, request.index(), partition);
    synchronized (views) {
      views.add(view);
    }
    return view.read(plan.terms(expansions), plan.sums())
        .thenApply(read -> new Ready(partition, view, expansions));
  }

  /** Terms take some time even where no document has them. */
  private long effort(List<Ready> ready) {
    return ready.isEmpty()
        ? 0
        : COST_OF_A_TERM * ready.size() * plan.terms(ready.get(0).expansions()).size();
  }

  private void refuseExpensive(long estimate) {
    if (request.asked().getRefuseExpensive() && estimate > request.mostCost()) {
      throw new ApiException(
              ErrorReason.ERROR_REASON_SEARCH_QUERY_TOO_EXPENSIVE,
              "the query costs about %,d, more than its max_cost %,d"
                  .formatted(estimate, request.mostCost()))
          .with("cost", String.valueOf(estimate));
    }
  }

  private CompletionStage<Result> search(List<Ready> ready, Statistics statistics, long estimate) {
    Ranking.Place after =
        position.isEmpty() ? null : request.ranking().read(position, position.indexOf('|') + 1);
    long costs = Math.max(1, request.mostCost() / Math.max(1, ready.size()));
    boolean scores = request.asked().getExplain();
    List<CompletableFuture<Searched>> all =
        ready.stream()
            .map(
                one -> {
                  one.view().readFor(scope);
                  PartitionSearch search =
                      new PartitionSearch(
                          request,
                          one.view(),
                          one.partition(),
                          new QueryPlan.Build(one.view(), statistics, one.expansions()),
                          after,
                          size + 1,
                          scores,
                          costs,
                          end);
                  return tolerant(one.partition(), () -> evaluate(search, estimate))
                      .toCompletableFuture();
                })
            .toList();
    return CompletableFuture.allOf(all.toArray(CompletableFuture<?>[]::new))
        .thenApply(done -> merge(statistics, all));
  }

  private CompletionStage<Searched> evaluate(PartitionSearch search, long estimate) {
    return workers
        .compute(scope, estimate, search::evaluate)
        .thenCompose(
            found ->
                found != null
                    ? CompletableFuture.completedFuture(new Searched(search, found))
                    : search.view().readMissing().thenCompose(read -> evaluate(search, estimate)));
  }

  private Result merge(Statistics statistics, List<CompletableFuture<Searched>> all) {
    List<Searched> searched =
        all.stream().map(one -> one.getNow(null)).filter(one -> one != null).toList();
    if (searched.isEmpty()) {
      throw ApiException.storeUnavailable("no partition of the index could be reached");
    }
    List<Collector.Candidate> best =
        searched.stream()
            .flatMap(one -> one.found().best().stream())
            .sorted((one, other) -> request.ranking().compare(one.place(), other.place()))
            .limit(size + 1L)
            .toList();
    synchronized (failed) {
      return new Result(statistics, searched, best, failed.stream().sorted().toList());
    }
  }

  /** What a partition has to say; null, and noted, when it cannot be reached in time. */
  private <T> CompletionStage<T> tolerant(int partition, Supplier<CompletionStage<T>> asking) {
    synchronized (failed) {
      if (failed.contains(partition)) {
        return CompletableFuture.completedFuture(null);
      }
    }
    return asking
        .get()
        .handle(
            (answer, failure) -> {
              if (failure == null) {
                return answer;
              }
              // What this server has too much to do for is refused as a whole.
              if (!ErrorMapper.isTemporary(failure) || ErrorMapper.isOverloaded(failure)) {
                throw failure instanceof CompletionException known
                    ? known
                    : new CompletionException(failure);
              }
              synchronized (failed) {
                if (!failed.contains(partition)) {
                  failed.add(partition);
                }
                if (failed.size() == request.index().partitions()) {
                  throw new CompletionException(failure);
                }
              }
              return null;
            });
  }

  /** Lets go of what was read. */
  void close() {
    synchronized (views) {
      views.forEach(PartitionView::close);
    }
  }

  /** The position after a place, for the page that follows. */
  String position(Statistics statistics, Ranking.Place place) {
    return statistics.write() + '|' + request.ranking().write(place);
  }
}
