// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The results as a file that programs can read. */
final class JsonFile {
  private JsonFile() {}

  /** One row: the median of every metric, and what each round measured. */
  record Line(
      String row, int inFlight, Map<String, Double> median, List<Map<String, Double>> rounds) {}

  record Content(Setting setting, List<Line> rows, List<Ratio> ratios) {}

  static void write(Path file, Setting setting, Results results) throws IOException {
    List<Line> lines = results.rows().values().stream().map(row -> line(row, results)).toList();
    Files.createDirectories(file.toAbsolutePath().getParent());
    new ObjectMapper()
        .writerWithDefaultPrettyPrinter()
        .writeValue(file.toFile(), new Content(setting, lines, Ratio.all(results)));
  }

  private static Line line(Row row, Results results) {
    List<Map<String, Double>> rounds =
        results.rounds(row.id()).stream().map(Measurement::values).toList();
    Map<String, Double> medians = new LinkedHashMap<>();
    for (String metric : new TreeSet<>(rounds.get(0).keySet())) {
      medians.put(metric, results.median(row.id(), metric));
    }
    return new Line(row.name(), row.inFlight(), medians, rounds);
  }
}
