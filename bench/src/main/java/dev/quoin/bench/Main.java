// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.List;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Measures Quoin on this machine; see docs/performance.md. */
@Command(name = "quoin-bench", mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {
  @Mixin private Options options;

  public static void main(String[] arguments) {
    Logger.getLogger("").setLevel(Level.WARNING);
    System.exit(new CommandLine(new Main()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    if (options.docs() != null) {
      DocsPage.check(options.docs());
    }
    Results results = new Results();
    for (Group group : Rows.groups()) {
      List<Row> rows = group.rows().stream().filter(options::selects).toList();
      if (!rows.isEmpty()) {
        run(rows, options.rounds(group), results);
      }
    }
    Setting setting = Setting.of(options);
    String report = Report.of(setting, results);
    System.out.println(report);
    JsonFile.write(options.output().resolve("results.json"), setting, results);
    if (options.docs() != null) {
      DocsPage.write(options.docs(), report);
    }
    return 0;
  }

  private void run(List<Row> rows, int rounds, Results results) throws Exception {
    try (Testbed testbed = Testbed.start(options)) {
      for (int round = options.firstRound(); round <= rounds; round++) {
        for (Row row : rows) {
          Measurement measurement = row.measure(testbed, options);
          System.err.printf("round %d %s %s%n", round, row.id(), measurement.values());
          if (round > 0) {
            results.add(row, measurement);
          }
        }
      }
    }
  }
}
