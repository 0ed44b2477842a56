// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.access.Policy;
import dev.quoin.server.access.Principal;
import dev.quoin.server.access.Tokens;
import dev.quoin.server.settings.BadSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The command line: {@code quoin token new} and {@code quoin policy test}. */
final class AccessCommands {
  private static final int DENIED = 1;
  private static final int USAGE = 2;

  private AccessCommands() {}

  static CommandSpec token() {
    CommandSpec make = CommandSpec.create().mixinStandardHelpOptions(true);
    make.usageMessage().description("Prints a new token, and the entry of the tokens file for it.");
    make.addOption(needed("--principal", "NAME", "Whose token it is."));
    CommandSpec token = CommandSpec.create().mixinStandardHelpOptions(true);
    token.usageMessage().description("Tokens of callers.");
    return token.addSubcommand("new", make);
  }

  static CommandSpec policy() {
    CommandSpec test = CommandSpec.create().mixinStandardHelpOptions(true);
    test.usageMessage().description("Tells whether a policy allows a call, and why.");
    test.addOption(
        option("--policy", "FILE", "The policy; QUOIN_POLICY if it is not given.").build());
    test.addOption(needed("--principal", "NAME", "Who calls."));
    test.addOption(option("--namespace", "NAME", "Where.").defaultValue("default").build());
    test.addOption(
        needed("--rpc", "SERVICE/METHOD", "What, such as quoin.locks.v1.Locks/Acquire."));
    test.addOption(
        OptionSpec.builder("--claim")
            .paramLabel("NAME=VALUE")
            .type(Map.class)
            .auxiliaryTypes(String.class, String.class)
            .description("Claims of its JWT.")
            .build());
    CommandSpec policy = CommandSpec.create().mixinStandardHelpOptions(true);
    policy.usageMessage().description("What callers may do.");
    return policy.addSubcommand("test", test);
  }

  private static OptionSpec needed(String name, String label, String text) {
    return option(name, label, text).required(true).build();
  }

  private static OptionSpec.Builder option(String name, String label, String text) {
    return OptionSpec.builder(name).paramLabel(label).type(String.class).description(text);
  }

  static int execute(ParseResult command, Map<String, String> environment) {
    if (!command.hasSubcommand()) {
      command.commandSpec().commandLine().usage(System.out);
      return USAGE;
    }
    ParseResult called = command.subcommand();
    return called.commandSpec().name().equals("new")
        ? newToken(called.matchedOptionValue("--principal", ""))
        : testPolicy(called, environment);
  }

  private static int newToken(String principal) {
    if (!Principal.isName(principal)) {
      throw new BadSettings("--principal: must be 1 to 200 bytes without control characters");
    }
    String token = Tokens.random();
    System.out.println(token);
    System.out.println();
    System.out.println("# It is shown only now. What the tokens file keeps of it:");
    System.out.println("tokens:");
    System.out.println("  - principal: '" + principal.replace("'", "''") + "'");
    System.out.println("    digest: " + Tokens.digest(token));
    return 0;
  }

  private static int testPolicy(ParseResult test, Map<String, String> environment) {
    String file = test.matchedOptionValue("--policy", environment.getOrDefault("QUOIN_POLICY", ""));
    if (file.isEmpty()) {
      throw new BadSettings("--policy: names the file that is tested");
    }
    Map<String, String> claims = test.matchedOptionValue("--claim", new HashMap<>());
    Policy.Decision decision =
        policyOf(file)
            .decide(
                Principal.of(test.matchedOptionValue("--principal", ""), claims),
                test.matchedOptionValue("--namespace", "default"),
                Services.methods().find(test.matchedOptionValue("--rpc", "")));
    System.out.println((decision.allowed() ? "allowed: " : "denied: ") + decision.reason());
    return decision.allowed() ? 0 : DENIED;
  }

  private static Policy policyOf(String file) {
    try {
      return Policy.parse(Files.readString(Path.of(file)), Services.methods());
    } catch (IOException e) {
      throw new BadSettings("--policy: cannot read " + file);
    } catch (BadSettings e) {
      throw new BadSettings("--policy: " + file + ": " + e.getMessage());
    }
  }
}
