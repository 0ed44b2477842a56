// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import java.util.stream.Collectors;

/** One line per log record on standard error, as text or JSON; as text, a trace follows. */
final class LogLines extends Formatter {
  private static final String QUOIN = "dev.quoin";
  private static final int MOST_CAUSES = 5;
  private static final int MOST_FRAMES = 30;

  private final boolean json;

  private LogLines(boolean json) {
    this.json = json;
  }

  /** Logs from now on at a level and in a format of the settings. */
  static void install(String level, String format) {
    LogManager.getLogManager().reset();
    ConsoleHandler handler = new ConsoleHandler();
    handler.setFormatter(new LogLines(format.equals("json")));
    handler.setFilter(new LogRateLimiter());
    handler.setLevel(Level.ALL);
    Logger root = Logger.getLogger("");
    root.addHandler(handler);
    root.setLevel(Level.WARNING);
    Level own =
        switch (level) {
          case "error" -> Level.SEVERE;
          case "warn" -> Level.WARNING;
          case "debug" -> Level.FINE;
          default -> Level.INFO;
        };
    quoin().setLevel(own);
    // Reconnects are reported by the health check, in one line each.
    Logger.getLogger("io.lettuce").setLevel(own == Level.FINE ? Level.INFO : Level.SEVERE);
    Holder.HTTP.setLevel(own == Level.FINE ? Level.INFO : Level.SEVERE);
  }

  static Formatter text() {
    return new LogLines(false);
  }

  private static Logger quoin() {
    return Holder.QUOIN;
  }

  /** Loggers are kept only as long as somebody refers to them. */
  private static final class Holder {
    static final Logger QUOIN = Logger.getLogger(LogLines.QUOIN);

    /** Armeria, which warns of whatever clients do. */
    static final Logger HTTP = Logger.getLogger("com.linecorp.armeria");
  }

  @Override
  public String format(LogRecord entry) {
    String level = level(entry.getLevel());
    String name = entry.getLoggerName() == null ? "" : entry.getLoggerName();
    String logger = name.substring(name.lastIndexOf('.') + 1);
    String time = Instant.ofEpochMilli(entry.getMillis()).toString();
    String text = formatMessage(entry);
    // What others than Quoin warn of concerns a caller mostly: where in their code says little.
    boolean whole =
        isDebugging()
            || name.startsWith(QUOIN)
            || entry.getLevel().intValue() >= Level.SEVERE.intValue();
    List<String> trace = trace(entry.getThrown(), whole);
    return json
        ? "{\"time\":\"%s\",\"level\":\"%s\",\"logger\":\"%s\",\"message\":\"%s\"%s}%n"
            .formatted(
                time,
                level.toLowerCase(Locale.ROOT),
                escapeJson(logger),
                escapeJson(text),
                trace.isEmpty()
                    ? ""
                    : ",\"exception\":\"" + escapeJson(String.join("\n", trace)) + "\"")
        : "%s %-5s %s: %s%n%s"
            .formatted(
                time,
                level,
                logger,
                escape(text),
                trace.stream().map(line -> escape(line) + "\n").collect(Collectors.joining()));
  }

  private static boolean isDebugging() {
    return quoin().getLevel() == Level.FINE;
  }

  private static String level(Level level) {
    if (level.intValue() >= Level.SEVERE.intValue()) {
      return "ERROR";
    }
    if (level.intValue() >= Level.WARNING.intValue()) {
      return "WARN";
    }
    return level.intValue() >= Level.INFO.intValue() ? "INFO" : "DEBUG";
  }

  /** What was thrown and its causes, with where that was if wanted, cut where it gets long. */
  private static List<String> trace(Throwable thrown, boolean frames) {
    List<String> lines = new ArrayList<>();
    int depth = 0;
    for (Throwable one = thrown; one != null && depth < MOST_CAUSES; one = one.getCause()) {
      lines.add((depth++ == 0 ? "" : "Caused by: ") + one);
      if (frames) {
        Arrays.stream(one.getStackTrace())
            .limit(MOST_FRAMES)
            .forEach(frame -> lines.add("    at " + frame));
      }
    }
    return lines;
  }

  /** What could end the line, or change how a terminal shows it, is written as an escape. */
  private static String escape(String text) {
    return escape(text, false);
  }

  private static String escapeJson(String text) {
    return escape(text, true);
  }

  private static String escape(String text, boolean quoted) {
    StringBuilder escaped = new StringBuilder(text.length() + 8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted && (c == '"' || c == '\\')) {
        escaped.append('\\').append(c);
      } else if (c == '\n') {
        escaped.append("\\n");
      } else if (isControl(c)) {
        escaped.append("\\u%04x".formatted((int) c));
      } else {
        escaped.append(c);
      }
    }
    return escaped.toString();
  }

  private static boolean isControl(char c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          true;
      default -> false;
    };
  }
}
