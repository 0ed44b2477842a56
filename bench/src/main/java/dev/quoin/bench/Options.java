// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** What can be chosen on the command line or by environment variables. */
final class Options {
  @Option(
      names = "--duration",
      defaultValue = "${env:BENCH_DURATION:-3}",
      description = "Seconds each row is measured. (BENCH_DURATION)")
  private int duration;

  @Option(
      names = "--warm-up",
      defaultValue = "${env:BENCH_WARM_UP:-2}",
      description = "Seconds each row runs before it is measured. (BENCH_WARM_UP)")
  private int warmUp;

  @Option(
      names = "--rounds",
      defaultValue = "${env:BENCH_ROUNDS:-3}",
      description =
          "How often all rows are run, after a first time that does not count; medians are reported. (BENCH_ROUNDS)")
  private int rounds;

  @Option(
      names = "--rows",
      split = ",",
      defaultValue = "${env:BENCH_ROWS:-all}",
      description = "Rows to run, as null or null/128, separated by commas. (BENCH_ROWS)")
  private List<String> rows;

  @Option(names = "--quick", description = "One round of one second a row: only to see it work.")
  private boolean quick;

  @Option(
      names = "--output",
      defaultValue = "${env:BENCH_OUTPUT:-bench/target}",
      description = "Folder for results.json. (BENCH_OUTPUT)")
  private Path output;

  @Option(
      names = "--write-docs",
      paramLabel = "FILE",
      description = "Markdown page in which the results between the two markers are replaced.")
  private Path docs;

  @Option(
      names = "--server-jar",
      defaultValue = "${env:BENCH_SERVER_JAR:-server/target/quoin.jar}",
      description = "The server to measure. (BENCH_SERVER_JAR)")
  private Path serverJar;

  @Option(
      names = "--server-jvm",
      split = " ",
      defaultValue = "${env:BENCH_SERVER_JVM:-}",
      description = "Options for the JVM of the server, separated by spaces. (BENCH_SERVER_JVM)")
  private List<String> serverJvm;

  @Option(
      names = "--server-flags",
      split = " ",
      defaultValue = "${env:BENCH_SERVER_FLAGS:-}",
      description = "More flags for quoin serve, separated by spaces. (BENCH_SERVER_FLAGS)")
  private List<String> serverFlags;

  int duration() {
    return quick ? 1 : duration;
  }

  int warmUp() {
    return quick ? 1 : warmUp;
  }

  /** Round 0 is not reported: until it is over both JVMs compile more than they work. */
  int firstRound() {
    return quick ? 1 : 0;
  }

  int rounds() {
    return quick ? 1 : rounds;
  }

  int rounds(Group group) {
    return quick ? 1 : rounds * group.times();
  }

  boolean selects(Row row) {
    return rows.contains("all") || rows.contains(row.name()) || rows.contains(row.id());
  }

  Path output() {
    return output;
  }

  Path docs() {
    return docs;
  }

  Path serverJar() {
    return serverJar;
  }

  List<String> serverJvm() {
    return words(serverJvm);
  }

  List<String> serverFlags() {
    return words(serverFlags);
  }

  private static List<String> words(List<String> given) {
    return given == null ? List.of() : given.stream().filter(word -> !word.isBlank()).toList();
  }
}
