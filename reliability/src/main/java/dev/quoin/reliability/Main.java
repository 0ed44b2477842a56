// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Looks for what breaks Quoin; see docs/reliability.md. */
@Command(
    name = "quoin-reliability",
    mixinStandardHelpOptions = true,
    subcommands = {FuzzCommand.class, IsolationCommand.class, ChaosCommand.class})
public final class Main {
  private Main() {}

  public static void main(String[] arguments) {
    Logger.getLogger("").setLevel(Level.SEVERE);
    System.exit(new CommandLine(new Main()).execute(arguments));
  }
}
