// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Takes the documents that match in one partition and keeps those that come first. */
final class Collector {
  /** A document that may be a hit. */
  record Candidate(int partition, int ordinal, Ranking.Place place, double score) {}

  private static final int PUT_BY = 1_024;

  private final Ranking ranking;
  private final int most;
  private final Ranking.Place after;
  private final int partition;
  private final Matcher matcher;
  private final ColumnCursor ids;
  private final ColumnCursor[] values;
  private final ColumnCursor[] weighted;
  private final double[] weights;
  private final boolean scores;
  private final PriorityQueue<Candidate> best;
  private final double afterRank;
  private final double[] ranks;
  private final double[] found;
  private final int[] ordinals;
  private int waiting;

  /** So many as are kept have no greater rank. */
  private double limit = Double.POSITIVE_INFINITY;

  private Ranking.Place worst;

  /**
   * @param most how many are kept
   * @param after where hits begin; null for the beginning
   */
  Collector(
      PartitionView view,
      int partition,
      Ranking ranking,
      int most,
      Ranking.Place after,
      Matcher matcher,
      boolean scores) {
    this.ranking = ranking;
    this.most = most;
    this.after = after;
    this.partition = partition;
    this.matcher = matcher;
    this.scores = scores || ranking.needsScore();
    this.ids = new ColumnCursor(view, 0, Columns.Kind.TEXT);
    this.values =
        ranking.keys().stream()
            .map(key -> key.field() == null ? null : ColumnCursor.of(view, key.field()))
            .toArray(ColumnCursor[]::new);
    List<Map.Entry<IndexField, Double>> blend = List.copyOf(ranking.weights().entrySet());
    this.weighted =
        blend.stream()
            .map(entry -> ColumnCursor.of(view, entry.getKey()))
            .toArray(ColumnCursor[]::new);
    this.weights = blend.stream().mapToDouble(Map.Entry::getValue).toArray();
    this.best =
        new PriorityQueue<>(
            Math.max(1, Math.min(most, 1_000)),
            (one, other) -> ranking.compare(other.place(), one.place()));
    this.ranks = new double[Math.max(PUT_BY, 4 * most)];
    this.found = new double[ranks.length];
    this.ordinals = new int[ranks.length];
    this.afterRank = after == null ? 0 : ranking.firstRank(after);
  }

  private double score(int ordinal) {
    double score = ranking.textWeight() == 0 ? 0 : ranking.textWeight() * matcher.score(ordinal);
    for (int i = 0; i < weighted.length; i++) {
      double value = weighted[i].number(ordinal);
      if (value == value) {
        score += weights[i] * value;
      }
    }
    // Weights and values can be so large that their sum is no number any more.
    return score != score ? 0 : Math.max(-Double.MAX_VALUE, Math.min(Double.MAX_VALUE, score));
  }

  /**
   * Takes a document that matches. Where numbers are sorted by first, most documents need no more
   * than that number: they are put by, and of many put by only those that may be among the best are
   * looked at closely. Otherwise documents that come in the order of their numbers, as times do,
   * would each be the best so far.
   */
  void take(int ordinal) {
    // Now, because the matcher goes on.
    double score = scores ? score(ordinal) : 0;
    if (!ranking.keys().get(0).isNumeric()) {
      compare(ordinal, score);
      return;
    }
    double rank = rank(ordinal, score);
    if (after != null && rank <= afterRank) {
      if (rank == afterRank) {
        compare(ordinal, score);
      }
      return;
    }
    if (rank > limit) {
      return;
    }
    ranks[waiting] = rank;
    found[waiting] = score;
    ordinals[waiting++] = ordinal;
    if (waiting == ranks.length) {
      settle();
    }
  }

  /** The first number that is sorted by: the less the better. */
  private double rank(int ordinal, double score) {
    Ranking.Key key = ranking.keys().get(0);
    return ranking.rank(values[0] == null ? score : values[0].number(ordinal), key);
  }

  /** Looks closely at those put by that may be among the best. */
  private void settle() {
    if (waiting > most) {
      double[] sorted = Arrays.copyOf(ranks, waiting);
      Arrays.sort(sorted);
      limit = sorted[most - 1];
    }
    while (waiting > 0) {
      int last = --waiting;
      if (ranks[last] <= limit) {
        compare(ordinals[last], found[last]);
      }
    }
  }

  private void compare(int ordinal, double score) {
    Object[] place = new Object[values.length];
    boolean isLess = false;
    for (int i = 0; i < place.length; i++) {
      if (worst != null && !isLess) {
        int order = compareToWorst(i, ordinal, score);
        if (order > 0) {
          return;
        }
        isLess = order < 0;
      }
    }
    for (int i = 0; i < place.length; i++) {
      place[i] = value(i, ordinal, score);
    }
    byte[] id = ids.text(ordinal, 0);
    if (id == null) {
      return;
    }
    Ranking.Place own = new Ranking.Place(place, id);
    if (after != null && ranking.compare(own, after) <= 0
        || worst != null && ranking.compare(own, worst) >= 0) {
      return;
    }
    best.add(new Candidate(partition, ordinal, own, score));
    if (best.size() > most) {
      best.remove();
    }
    worst = best.size() == most ? best.peek().place() : null;
  }

  private int compareToWorst(int key, int ordinal, double score) {
    Object other = worst.values()[key];
    if (ranking.keys().get(key).isNumeric() || other == null) {
      return ranking.compareValues(key, value(key, ordinal, score), other);
    }
    Columns.Block block = values[key].block(ordinal);
    int slot = ordinal % Columns.BLOCK;
    if (block == null || !block.has(slot)) {
      return ranking.compareValues(key, null, other);
    }
    int order = block.compare(slot, 1, (byte[]) other);
    return ranking.keys().get(key).descending() ? -order : order;
  }

  private Object value(int key, int ordinal, double score) {
    ColumnCursor column = values[key];
    if (column == null) {
      return score;
    }
    if (ranking.keys().get(key).isNumeric()) {
      double number = column.number(ordinal);
      return number == number ? number : null;
    }
    return column.text(ordinal, 1);
  }

  /** Those kept, in no order. */
  List<Candidate> best() {
    settle();
    return List.copyOf(best);
  }
}
