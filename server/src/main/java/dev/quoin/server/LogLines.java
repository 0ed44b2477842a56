// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.Locale;
import java.util.logging.ConsoleHandler;
import java.util.logging.Formatter;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** One line per log record on standard error, as text or JSON. */
final class LogLines extends Formatter {
  private final boolean json;

  private LogLines(boolean json) {
    this.json = json;
  }

  /** Logs from now on at a level and in a format of the settings. */
  static void install(String level, String format) {
    LogManager.getLogManager().reset();
    ConsoleHandler handler = new ConsoleHandler();
    handler.setFormatter(new LogLines(format.equals("json")));
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
  }

  private static Logger quoin() {
    return Holder.QUOIN;
  }

  /** Loggers are kept only as long as somebody refers to them. */
  private static final class Holder {
    static final Logger QUOIN = Logger.getLogger("dev.quoin");
  }

  @Override
  public String format(LogRecord entry) {
    String level = level(entry.getLevel());
    String name = entry.getLoggerName() == null ? "" : entry.getLoggerName();
    String logger = name.substring(name.lastIndexOf('.') + 1);
    String time = Instant.ofEpochMilli(entry.getMillis()).toString();
    String text = formatMessage(entry);
    String trace = trace(entry.getThrown());
    return json
        ? "{\"time\":\"%s\",\"level\":\"%s\",\"logger\":\"%s\",\"message\":\"%s\"%s}%n"
            .formatted(
                time,
                level.toLowerCase(Locale.ROOT),
                escape(logger),
                escape(text),
                trace.isEmpty() ? "" : ",\"exception\":\"" + escape(trace) + "\"")
        : "%s %-5s %s: %s%n%s".formatted(time, level, logger, text, trace);
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

  private static String trace(Throwable thrown) {
    if (thrown == null) {
      return "";
    }
    StringWriter text = new StringWriter();
    thrown.printStackTrace(new PrintWriter(text));
    return text.toString();
  }

  private static String escape(String text) {
    StringBuilder escaped = new StringBuilder(text.length() + 8);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> escaped.append("\\\"");
        case '\\' -> escaped.append("\\\\");
        case '\n' -> escaped.append("\\n");
        default -> {
          if (c < 0x20) {
            escaped.append("\\u%04x".formatted((int) c));
          } else {
            escaped.append(c);
          }
        }
      }
    }
    return escaped.toString();
  }
}
