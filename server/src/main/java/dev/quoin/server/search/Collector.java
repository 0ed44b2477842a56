// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/** Takes the documents that match in one partition and keeps those that come first. */
final class Collector {
  /** A document that may be a hit. */
  record Candidate(int partition, int ordinal, Ranking.Place place, double score) {}

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
  }

  private double score(int ordinal) {
    double score = ranking.textWeight() == 0 ? 0 : ranking.textWeight() * matcher.score(ordinal);
    for (int i = 0; i < weighted.length; i++) {
      double value = weighted[i].number(ordinal);
      if (value == value) {
        score += weights[i] * value;
      }
    }
    return score;
  }

  /** Takes a document that matches. */
  void take(int ordinal) {
    double score = scores ? score(ordinal) : 0;
    Object[] place = new Object[values.length];
    boolean isLess = false;
    for (int i = 0; i < place.length; i++) {
      place[i] = value(i, ordinal, score);
      if (worst != null && !isLess) {
        int order = ranking.compareValues(i, place[i], worst.values()[i]);
        if (order > 0) {
          return;
        }
        isLess = order < 0;
      }
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
    return List.copyOf(best);
  }
}
