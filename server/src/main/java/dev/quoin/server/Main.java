// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import dev.quoin.server.doctor.Doctor;
import dev.quoin.server.settings.BadSettings;
import dev.quoin.server.settings.Settings;
import dev.quoin.server.settings.SettingsReader;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.logging.Level;
import java.util.logging.Logger;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** The command line: {@code quoin serve [flags]} and others. */
public final class Main {
  private static final int EXIT_WRONG = 1;
  private static final int EXIT_BAD_SETTINGS = 2;
  private static final String CARRIED_NOTE =
      ", which gets no security fixes: for more than trying, put a newer one on the PATH";

  private Main() {}

  public static void main(String[] arguments) {
    // Finding leaks of Netty buffers is for tests: sampling them costs a few percent of every call.
    if (System.getProperty("io.netty.leakDetection.level") == null) {
      System.setProperty("io.netty.leakDetection.level", "disabled");
    }
    System.exit(commandLine().execute(arguments));
  }

  static CommandLine commandLine() {
    CommandSpec quoin = CommandSpec.create().name("quoin").mixinStandardHelpOptions(true);
    quoin
        .usageMessage()
        .description("Locks, semaphores, queues, chat, counters and more on Redis, as gRPC calls.");
    quoin.version("quoin " + version());
    quoin.addSubcommand("serve", withSettings("Starts the server."));
    quoin.addSubcommand(
        "doctor",
        withSettings(
            "Looks at Redis and the settings of a server, says what is wrong and what to do, and ends with 1 if anything is."));
    quoin.addSubcommand("token", AccessCommands.token());
    quoin.addSubcommand("policy", AccessCommands.policy());
    CommandLine line = new CommandLine(quoin);
    line.setExecutionStrategy(Main::execute);
    return line;
  }

  private static CommandSpec withSettings(String about) {
    CommandSpec command = CommandSpec.create().mixinStandardHelpOptions(true);
    command.usageMessage().description(about).width(100);
    command.addOption(
        OptionSpec.builder("--config")
            .paramLabel("FILE")
            .type(Path.class)
            .description("YAML file with settings, one 'setting: value' a line. (QUOIN_CONFIG)")
            .build());
    for (SettingsReader.Entry entry : SettingsReader.entries()) {
      String fallback =
          entry.defaultText().isEmpty() ? "" : " Default " + entry.defaultText() + ".";
      boolean isSwitch = entry.type() == boolean.class;
      command.addOption(
          OptionSpec.builder(entry.flag())
              .paramLabel("VALUE")
              .type(String.class)
              .arity(isSwitch ? "0..1" : "1")
              .fallbackValue("true")
              .description(
                  "%s Allowed is %s.%s (%s)"
                      .formatted(entry.about(), entry.allowed(), fallback, entry.variable()))
              .build());
    }
    return command;
  }

  private static int execute(ParseResult parsed) {
    Integer help = CommandLine.executeHelpRequest(parsed);
    if (help != null) {
      return help;
    }
    if (!parsed.hasSubcommand()) {
      parsed.commandSpec().commandLine().usage(System.out);
      return EXIT_BAD_SETTINGS;
    }
    try {
      ParseResult command = parsed.subcommand();
      return switch (command.commandSpec().name()) {
        case "serve" -> run(settings(command, System.getenv()));
        case "doctor" -> look(settings(command, System.getenv()));
        default -> AccessCommands.execute(command, System.getenv());
      };
    } catch (BadSettings e) {
      System.err.println("quoin: " + e.getMessage());
      return EXIT_BAD_SETTINGS;
    }
  }

  static Settings settings(ParseResult parsed, Map<String, String> environment) {
    Map<String, String> flags = new HashMap<>();
    for (OptionSpec option : parsed.matchedOptions()) {
      flags.put(option.longestName().substring(2), option.getValue().toString());
    }
    String config = flags.remove("config");
    String file = config != null ? config : environment.get("QUOIN_CONFIG");
    return SettingsReader.read(file == null ? null : Path.of(file), environment, flags);
  }

  private static int look(Settings settings) {
    LogLines.install("error", settings.logFormat());
    return Doctor.look(settings, System.out) ? 0 : EXIT_WRONG;
  }

  private static int run(Settings settings) {
    LogLines.install(settings.logLevel(), settings.logFormat());
    QuoinServer server = QuoinServer.start(settings);
    AtomicBoolean stopping = new AtomicBoolean();
    SignalHandler stop =
        signal -> {
          if (stopping.compareAndSet(false, true)) {
            stop(server);
          }
        };
    Signal.handle(new Signal("TERM"), stop);
    Signal.handle(new Signal("INT"), stop);
    announce(settings, server);
    try {
      // The signal handlers end the process.
      new CountDownLatch(1).await();
    } catch (InterruptedException e) {
      server.close();
    }
    return 0;
  }

  private static void stop(QuoinServer server) {
    Logger log = Logger.getLogger(Main.class.getName());
    int code = 0;
    try {
      log.info("draining");
      server.close();
      log.info("stopped");
    } catch (RuntimeException e) {
      log.log(Level.SEVERE, "did not stop cleanly", e);
      code = 1;
    }
    System.exit(code);
  }

  private static void announce(Settings settings, QuoinServer server) {
    String address = settings.host() + ":" + server.port();
    StringBuilder text = new StringBuilder();
    text.append("Quoin ").append(version()).append(" serves ").append(address);
    text.append(settings.isTls() ? " with TLS" : " without TLS");
    text.append(
        ", %.1f s after the start of the JVM%n"
            .formatted(ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0));
    server
        .embedded()
        .ifPresentOrElse(
            redis ->
                text.append(
                    "  data      %s (embedded %s%s)"
                        .formatted(
                            redis.folder(),
                            redis.program().version(),
                            redis.program().isCarried() ? CARRIED_NOTE : "")),
            () -> text.append("  data      in the Redis you configured"));
    text.append(
        "%n  services  %s%n"
            .formatted(String.join("%n            ".formatted(), server.services())));
    if (settings.metricsPort() != 0) {
      text.append(
          "  metrics   http://%s:%d/metrics%n"
              .formatted(settings.metricsHost(), settings.metricsPort()));
    }
    text.append(
        "  try       grpcurl %s-d '{\"name\": \"hello\"}' %s quoin.locks.v1.Locks/Acquire"
            .formatted(settings.isTls() ? "" : "-plaintext ", address));
    if (server.httpPort() != 0) {
      text.append(
          "%n  open      %s://%s:%d/"
              .formatted(settings.isTls() ? "https" : "http", settings.host(), server.httpPort()));
    }
    System.out.println(text);
  }

  static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }
}
