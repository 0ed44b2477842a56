// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;

/** What all rounds measured, by row. */
final class Results {
  private final Map<String, List<Measurement>> rounds = new LinkedHashMap<>();
  private final Map<String, Row> rows = new LinkedHashMap<>();

  void add(Row row, Measurement measurement) {
    rows.put(row.id(), row);
    rounds.computeIfAbsent(row.id(), id -> new ArrayList<>()).add(measurement);
  }

  /** The rows that were measured and have a certain metric. */
  List<Row> with(String metric) {
    return rows.values().stream().filter(row -> !Double.isNaN(median(row.id(), metric))).toList();
  }

  boolean has(String row) {
    return rows.containsKey(row);
  }

  List<Measurement> rounds(String row) {
    return rounds.get(row);
  }

  Map<String, Row> rows() {
    return rows;
  }

  /** The median over the rounds; not a number when there is none. */
  double median(String row, String metric) {
    return median(values(row, metric));
  }

  /** What each round measured. */
  double[] values(String row, String metric) {
    return rounds.getOrDefault(row, List.of()).stream()
        .mapToDouble(round -> round.values().getOrDefault(metric, Double.NaN))
        .toArray();
  }

  static double median(double[] values) {
    double[] sorted = DoubleStream.of(values).filter(value -> !Double.isNaN(value)).toArray();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    if (sorted.length == 0) {
      return Double.NaN;
    }
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
