// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The results as Markdown. */
final class Report {
  /** Clients; acquires with WATCH and with Lua, on the machine of the book. */
  private static final Map<Integer, int[]> BOOK =
      Map.of(
          1, new int[] {31_359, 44_494},
          2, new int[] {22_507, 42_199},
          5, new int[] {19_695, 40_826},
          10, new int[] {14_361, 33_990});

  private final StringBuilder text = new StringBuilder();
  private final Setting setting;
  private final Results results;

  private Report(Setting setting, Results results) {
    this.setting = setting;
    this.results = results;
  }

  static String of(Setting setting, Results results) {
    Report report = new Report(setting, results);
    report.machine();
    report.loads();
    report.handOvers();
    report.book();
    report.waiters();
    report.tasks();
    report.catchUps();
    report.documents();
    report.ads();
    report.filtered();
    report.fanOuts();
    report.graphs();
    report.holds();
    report.overload();
    report.ratios();
    return report.text.toString();
  }

  private void machine() {
    Setting.Run run = setting.run();
    line(
        "Measured on %s at commit %s: %d cores, %s; %s; %s.",
        setting.date(),
        setting.commit(),
        setting.cores(),
        setting.cpu(),
        setting.kernel(),
        setting.jvm());
    line(
        "Each row: %d s warm-up, %d s measured, median of %d rounds.",
        run.warmUpSeconds(), run.measuredSeconds(), run.rounds());
    if (!run.serverJvm().isEmpty() || !run.serverFlags().isEmpty()) {
      line("Server started with `%s` `%s`.", run.serverJvm(), run.serverFlags());
    }
    double others =
        results.with(Measurement.OTHERS_CORES).stream()
            .mapToDouble(row -> results.median(row.id(), Measurement.OTHERS_CORES))
            .max()
            .orElse(Double.NaN);
    line("Other processes of the machine used up to %.2f cores meanwhile.", others);
  }

  private void loads() {
    List<Row> rows = results.with(Measurement.CALLS_PER_SECOND);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| row | in flight | per second | p50 µs | p99 µs | p99.9 µs"
            + " | server CPU µs | Redis CPU µs | client CPU µs | total CPU µs |");
    line("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %d | %,.0f | %,.0f | %,.0f | %,.0f | %s | %.1f | %.1f | %.1f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.CALLS_PER_SECOND),
          median(row, Measurement.P50),
          median(row, Measurement.P99),
          median(row, Measurement.P999),
          row.usesServer() ? format("%.1f", median(row, Measurement.SERVER_CPU)) : "–",
          median(row, Measurement.REDIS_CPU),
          median(row, Measurement.CLIENT_CPU),
          median(row, Measurement.TOTAL_CPU));
    }
  }

  private void handOvers() {
    List<Row> rows = results.with(Measurement.LUCKIEST);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| one thing, wanted by all | clients | hand-overs/s | share of the luckiest"
            + " | share of the unluckiest | luckiest / unluckiest |");
    line("|---|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      double luckiest = median(row, Measurement.LUCKIEST);
      double unluckiest = median(row, Measurement.UNLUCKIEST);
      line(
          "| %s | %d | %,.0f | %.1f %% | %.1f %% | %.2f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.CALLS_PER_SECOND),
          luckiest * 100,
          unluckiest * 100,
          luckiest / unluckiest);
    }
  }

  /** Acquires in ten seconds as the book counted them, beside what is measured here. */
  private void book() {
    List<Row> rows =
        results.with(Measurement.LUCKIEST).stream()
            .filter(row -> BOOK.containsKey(row.inFlight()) && row.name().equals(Rows.HANDOVER))
            .toList();
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line("| clients of one lock | the book, WATCH: acquires in 10 s | the book, Lua | Quoin |");
    line("|--:|--:|--:|--:|");
    for (Row row : rows) {
      int[] counted = BOOK.get(row.inFlight());
      line(
          "| %d | %,d | %,d | %,.0f |",
          row.inFlight(), counted[0], counted[1], 10 * median(row, Measurement.CALLS_PER_SECOND));
    }
  }

  private void holds() {
    List<Row> rows = results.with(Measurement.HEAP_PER_STREAM);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| held by streams | streams | heap of the server per stream | server cores | Redis cores |");
    line("|---|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f bytes | %.2f | %.2f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.HEAP_PER_STREAM),
          median(row, Measurement.SERVER_CORES),
          median(row, Measurement.REDIS_CORES));
    }
  }

  private void overload() {
    List<Row> rows = results.with(Measurement.GOODPUT);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| more than there can be served | callers | served/s | p99 ms of those"
            + " | refused/s | longest ms until refused |");
    line("|---|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f | %,.0f | %,.0f | %,.0f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.GOODPUT),
          median(row, Measurement.SERVED_P99) / 1000,
          median(row, Measurement.REFUSED),
          median(row, Measurement.REFUSED_LONGEST) / 1000);
    }
  }

  private void waiters() {
    List<Row> rows = results.with(Measurement.REDIS_COMMANDS);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| waiting for a held lock | callers | commands/s the server sends to Redis"
            + " | commands/s Redis executes, inside scripts too |");
    line("|---|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %.1f | %.1f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.CLIENT_COMMANDS),
          median(row, Measurement.REDIS_COMMANDS));
    }
  }

  private void tasks() {
    List<Row> rows = results.with(Measurement.TASKS_PER_SECOND);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line("| many tasks, from adding to done | in flight | tasks/s |");
    line("|---|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f |",
          row.name(), row.inFlight(), median(row, Measurement.TASKS_PER_SECOND));
    }
  }

  private void catchUps() {
    List<Row> rows = results.with(Measurement.MESSAGES_PER_SECOND);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line("| a stream that catches up | stored messages | messages/s | seconds |");
    line("|---|--:|--:|--:|");
    for (Row row : rows) {
      double speed = median(row, Measurement.MESSAGES_PER_SECOND);
      line(
          "| %s | %,d | %,.0f | %.2f |", row.name(), row.inFlight(), speed, row.inFlight() / speed);
    }
  }

  private void documents() {
    List<Row> rows = results.with(Measurement.DOCUMENTS_PER_SECOND);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| documents of 100 words | documents | documents/s | bytes of Redis each"
            + " | server CPU µs | Redis CPU µs |");
    line("|---|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f | %,.0f | %.0f | %.0f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.DOCUMENTS_PER_SECOND),
          median(row, Measurement.REDIS_BYTES),
          median(row, Measurement.SERVER_CPU),
          median(row, Measurement.REDIS_CPU));
    }
  }

  private void ads() {
    List<Row> rows = results.with(Measurement.BYTES_PER_AD);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| a catalogue | ads | put/s | bytes of an ad in Redis | heap of an ad in a server"
            + " | bytes of an open decision |");
    line("|---|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f | %,.0f | %,.0f | %,.0f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.ADS_PER_SECOND),
          median(row, Measurement.BYTES_PER_AD),
          median(row, Measurement.HEAP_PER_AD),
          median(row, Measurement.BYTES_PER_DECISION));
    }
  }

  private void filtered() {
    List<Row> rows = results.with(Measurement.FILTERED_PER_SECOND);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| statuses through filters | streams | deliveries/s | deliveries per s of server CPU"
            + " | server CPU µs | Redis CPU µs | client CPU µs | p50 µs | p99 µs |");
    line("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f | %,.0f | %.1f | %.1f | %.1f | %,.0f | %,.0f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.FILTERED_PER_SECOND),
          median(row, Measurement.FILTERED_PER_CORE),
          median(row, Measurement.SERVER_CPU_PER_DELIVERY),
          median(row, Measurement.REDIS_CPU_PER_DELIVERY),
          median(row, Measurement.CLIENT_CPU_PER_DELIVERY),
          median(row, Measurement.P50),
          median(row, Measurement.P99));
    }
  }

  private void fanOuts() {
    List<Row> rows = results.with(Measurement.ENTRY_BYTES);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| a post that all followers get | followers | deliveries/s | ms until the last has it | longest ms | bytes per user | bytes per edge | bytes per entry |");
    line("|---|--:|--:|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f | %,.1f | %,.1f | %,.0f | %,.0f | %,.0f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.DELIVERIES_PER_SECOND),
          median(row, Measurement.LAST_HOME),
          median(row, Measurement.LAST_HOME_LONGEST),
          median(row, Measurement.USER_BYTES),
          median(row, Measurement.EDGE_BYTES),
          median(row, Measurement.ENTRY_BYTES));
    }
  }

  private void graphs() {
    List<Row> rows = results.with(Measurement.FOLLOWS_PER_SECOND);
    if (rows.isEmpty()) {
      return;
    }
    line("");
    line(
        "| a network | users | follows/s | followers of the best-known | ms until the last has its post | `GetHome` p50 µs | p99 µs | bytes per user | bytes per edge |");
    line("|---|--:|--:|--:|--:|--:|--:|--:|--:|");
    for (Row row : rows) {
      line(
          "| %s | %,d | %,.0f | %,.0f | %,.1f | %,.0f | %,.0f | %,.0f | %,.0f |",
          row.name(),
          row.inFlight(),
          median(row, Measurement.FOLLOWS_PER_SECOND),
          median(row, Measurement.MOST_FOLLOWERS),
          median(row, Measurement.LAST_HOME),
          median(row, Measurement.P50),
          median(row, Measurement.P99),
          median(row, Measurement.USER_BYTES),
          median(row, Measurement.EDGE_BYTES));
    }
  }

  private void ratios() {
    List<Ratio> ratios = Ratio.all(results);
    if (ratios.isEmpty()) {
      return;
    }
    line("");
    line("| ratio | goal | median | lowest round | highest round |");
    line("|---|--:|--:|--:|--:|");
    for (Ratio ratio : ratios) {
      line(
          "| %s | %s | %.2f | %.2f | %.2f |",
          ratio.text(),
          ratio.goal(),
          ratio.median(),
          Arrays.stream(ratio.perRound()).min().orElse(Double.NaN),
          Arrays.stream(ratio.perRound()).max().orElse(Double.NaN));
    }
  }

  private double median(Row row, String metric) {
    return results.median(row.id(), metric);
  }

  private static String format(String format, Object... values) {
    return String.format(Locale.ROOT, format, values);
  }

  private void line(String format, Object... values) {
    text.append(values.length == 0 ? format : format(format, values)).append('\n');
  }
}
