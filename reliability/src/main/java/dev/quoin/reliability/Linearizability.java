// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Asks a program whether what several callers saw of a register could have happened one after the
 * other, each operation at some moment between its call and its answer.
 */
final class Linearizability {
  private final Path checker;
  private final Path folder;
  private final Findings findings;

  /**
   * @param checker takes files of histories; null when it could not be built
   * @param folder for histories
   */
  Linearizability(Path checker, Path folder, Findings findings) {
    this.checker = checker;
    this.folder = folder;
    this.findings = findings;
  }

  void check(String register, List<String> history) throws IOException, InterruptedException {
    Path file = Files.write(folder.resolve(register + ".history"), history);
    if (checker == null) {
      findings.say(register + " is not checked for linearizability: that needs Go");
      return;
    }
    Process process =
        new ProcessBuilder(checker.toAbsolutePath().toString(), file.toString())
            .redirectErrorStream(true)
            .start();
    String said =
        new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    if (process.waitFor() != 0) {
      findings.broken("%s is not linearizable: %s", register, said);
    }
  }
}
