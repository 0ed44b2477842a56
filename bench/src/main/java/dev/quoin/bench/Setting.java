// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.stream.Stream;

/** Where, when and of what a run measured. */
record Setting(
    int cores, String cpu, String jvm, String kernel, String date, String commit, Run run) {

  /** How long it measured, and what it changed in the way the server is started. */
  record Run(
      int warmUpSeconds, int measuredSeconds, int rounds, String serverJvm, String serverFlags) {}

  static Setting of(Options options) {
    return new Setting(
        Runtime.getRuntime().availableProcessors(),
        cpuModel(),
        System.getProperty("java.vm.name") + ' ' + System.getProperty("java.vm.version"),
        System.getProperty("os.name") + ' ' + System.getProperty("os.version"),
        LocalDate.now(ZoneOffset.UTC).toString(),
        currentCommit(),
        new Run(
            options.warmUp(),
            options.duration(),
            options.rounds(),
            String.join(" ", options.serverJvm()),
            String.join(" ", options.serverFlags())));
  }

  private static String cpuModel() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).trim())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }

  /** The commit of the working copy, with a plus sign when it was changed since. */
  private static String currentCommit() {
    String commit = git("rev-parse", "--short", "HEAD");
    return git("status", "--porcelain", "--untracked-files=no").isEmpty() ? commit : commit + '+';
  }

  private static String git(String... arguments) {
    try {
      Process git =
          new ProcessBuilder(
                  Stream.concat(Stream.of("git"), Stream.of(arguments)).toArray(String[]::new))
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      return new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
    } catch (IOException e) {
      return "";
    }
  }
}
