// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A query on one partition. It is evaluated over what has been read; while something is missing it
 * is evaluated again when that is there, or, when time is up, over the documents before the first
 * that lacks something.
 */
final class PartitionSearch {
  private final SearchRequest request;
  private final PartitionView view;
  private final int partition;
  private final QueryPlan.Build build;
  private final Ranking.Place after;
  private final int most;
  private final boolean scores;
  private final long costs;
  private final long end;

  /**
   * What a partition found.
   *
   * @param complete whether all documents were looked at
   */
  record Found(
      List<Collector.Candidate> best,
      long total,
      boolean complete,
      List<Map<String, Long>> counts,
      long cost) {}

  /**
   * @param costs how much may be looked at
   * @param end when time is up, in nanoseconds of this machine
   */
  PartitionSearch(
      SearchRequest request,
      PartitionView view,
      int partition,
      QueryPlan.Build build,
      Ranking.Place after,
      int most,
      boolean scores,
      long costs,
      long end) {
    this.request = request;
    this.view = view;
    this.partition = partition;
    this.build = build;
    this.after = after;
    this.most = most;
    this.scores = scores;
    this.costs = costs;
    this.end = end;
  }

  int partition() {
    return partition;
  }

  PartitionView view() {
    return view;
  }

  /** Evaluates the query; null when something has to be read first and there is time for it. */
  Found evaluate() {
    Found found = evaluate(Matcher.END);
    if (view.isComplete()) {
      return found;
    }
    if (System.nanoTime() < end && view.mayRead()) {
      return null;
    }
    int limit;
    do {
      limit = view.completeUpTo();
      found = limit == 0 ? null : evaluate(limit);
    } while (found != null && view.completeUpTo() < limit);
    return found != null
        ? new Found(found.best(), found.total(), false, found.counts(), found.cost())
        : new Found(List.of(), 0, false, request.facets().stream().map(f -> none()).toList(), 0);
  }

  private static Map<String, Long> none() {
    return Map.of();
  }

  private Found evaluate(int limit) {
    view.begin(costs, end);
    Matcher matcher = build.of(request.root());
    List<Matcher> optional = new ArrayList<>();
    request.optional().forEach(node -> optional.add(node == null ? null : build.of(node)));
    Collector collector =
        new Collector(view, partition, request.ranking(), most, after, matcher, scores);
    List<FacetCounter> facets =
        request.facets().stream().map(facet -> new FacetCounter(facet, view)).toList();
    long total = 0;
    boolean complete = limit == Matcher.END;
    List<Collector.Candidate> best;
    try {
      for (int at = matcher.next(0); at < limit; at = matcher.next(at + 1)) {
        if (view.isHidden(at)) {
          continue;
        }
        int missed = missed(optional, at);
        if (missed < 0) {
          collector.take(at);
          for (FacetCounter facet : facets) {
            facet.take(at);
          }
          total++;
        } else if (missed < facets.size()) {
          facets.get(missed).take(at);
        }
      }
      best = collector.best();
    } catch (Budget.Spent e) {
      complete = false;
      // Looking closely at those put by costs a little more.
      view.budget.allow();
      best = collector.best();
    }
    return new Found(
        best,
        total,
        complete,
        facets.stream().map(FacetCounter::counts).toList(),
        view.budget.cost());
  }

  /** Which one of the optional conditions is not met: -1 for none, their number for several. */
  private static int missed(List<Matcher> optional, int ordinal) {
    int missed = -1;
    for (int i = 0; i < optional.size(); i++) {
      if (optional.get(i) != null && !optional.get(i).matches(ordinal)) {
        if (missed >= 0) {
          return optional.size();
        }
        missed = i;
      }
    }
    return missed;
  }

  /**
   * The parts of scores, for people.
   *
   * @param ordinals of documents that were found
   */
  Map<Integer, List<Matcher.Part>> explain(Collection<Integer> ordinals) {
    view.begin(Long.MAX_VALUE, end);
    view.budget.allow();
    Map<Integer, List<Matcher.Part>> explained = new HashMap<>();
    Matcher matcher = build.of(request.whole());
    // Matchers only go forward.
    ordinals.stream().sorted().forEach(at -> explained.put(at, explain(matcher, at)));
    return explained;
  }

  private List<Matcher.Part> explain(Matcher matcher, int ordinal) {
    List<Matcher.Part> parts = new ArrayList<>();
    if (request.ranking().textWeight() != 0 && matcher.matches(ordinal)) {
      List<Matcher.Part> text = new ArrayList<>();
      matcher.explain(ordinal, text);
      double weight = request.ranking().textWeight();
      text.forEach(
          part ->
              parts.add(
                  weight == 1
                      ? part
                      : new Matcher.Part(
                          part.field(),
                          part.term(),
                          weight * part.score(),
                          "_score %s * (%s)"
                              .formatted(FieldValues.number(weight), part.calculation()))));
    }
    request
        .ranking()
        .weights()
        .forEach(
            (field, weight) -> {
              double value = ColumnCursor.of(view, field).number(ordinal);
              parts.add(
                  new Matcher.Part(
                      field.name(),
                      "",
                      value == value ? weight * value : 0,
                      value == value
                          ? "weight %s * value %s"
                              .formatted(FieldValues.number(weight), FieldValues.number(value))
                          : "no value counts as 0"));
            });
    return parts;
  }
}
