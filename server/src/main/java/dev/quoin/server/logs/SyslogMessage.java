// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.logs;

import dev.quoin.logs.v1.LogEntry;
import dev.quoin.logs.v1.Severity;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A syslog message as an entry of a log. What does not follow RFC 5424 or 3164 is taken as text;
 * nothing is refused.
 *
 * <p>A program is only what stands in the place for it, after a time: text before a colon may be
 * anything, such as the number of the message, a key of JSON or the name of an exception.
 *
 * @param program which program it is from; empty when its header does not say
 */
record SyslogMessage(String program, String facility, LogEntry entry) {
  private static final int TEXT_BYTES = 16_384;
  private static final int TEMPLATE_BYTES = 512;
  private static final int KEY_BYTES = 64;
  private static final int VALUE_BYTES = 1_024;
  private static final int FIELDS = 32;

  /** What a message without priority has: user, notice. */
  private static final int DEFAULT_PRIORITY = 13;

  private static final int MAX_PRIORITY = 191;
  private static final List<String> FACILITIES =
      List.of(
          "kern",
          "user",
          "mail",
          "daemon",
          "auth",
          "syslog",
          "lpr",
          "news",
          "uucp",
          "cron",
          "authpriv",
          "ftp",
          "ntp",
          "audit",
          "alert",
          "clock",
          "local0",
          "local1",
          "local2",
          "local3",
          "local4",
          "local5",
          "local6",
          "local7");

  private static final Pattern PRIORITY = Pattern.compile("<(\\d{1,3})>");

  private static final String ISO_TIME = "\\d{4}-\\d\\d-\\d\\dT\\S{8,27}";

  /** The characters of a program: those of names and paths, and what modules add in parentheses. */
  private static final String PROGRAM = "[A-Za-z_/][\\w/.@+()-]{0,127}";

  /** Version, time, host, program, process, message id; structured data and text follow. */
  private static final Pattern NEW =
      Pattern.compile("1 (-|" + ISO_TIME + ") (\\S{1,255}) (\\S{1,128}) (\\S{1,128}) (\\S{1,64}) ");

  /** A time, and what may follow it: a host, a program and its process. */
  private static final Pattern OLD =
      Pattern.compile(
          "([A-Z][a-z]{2} [ \\d]?\\d (?:\\d{4} )?\\d\\d:\\d\\d:\\d\\d(?:\\.\\d{1,9})?|"
              + ISO_TIME
              + ") "
              + "(?:(?:([^\\s\\[\\]]{0,254}[^\\s:\\[\\]]) )?"
              + "("
              + PROGRAM
              + ")(?:\\[([^\\]]{0,128})\\](?:: ?| )|:(?: |$)))?");

  private static final Pattern NAME = Pattern.compile(PROGRAM);

  /** Senders end messages with line feeds, blanks and zero bytes. */
  private static final Pattern END = Pattern.compile("[\\s\\x00]+\\z");

  private static final Pattern DIGITS = Pattern.compile("\\d+");

  static SyslogMessage parse(byte[] bytes) {
    String message = END.matcher(new String(bytes, StandardCharsets.UTF_8)).replaceFirst("");
    int priority = DEFAULT_PRIORITY;
    Matcher start = PRIORITY.matcher(message);
    if (start.lookingAt() && Integer.parseInt(start.group(1)) <= MAX_PRIORITY) {
      priority = Integer.parseInt(start.group(1));
      message = message.substring(start.end());
    }
    String facility = FACILITIES.get(priority / 8);
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("facility", facility);
    Matcher head = NEW.matcher(message);
    String program = null;
    String text = message;
    if (head.lookingAt()) {
      put(fields, "time", head.group(1));
      put(fields, "host", head.group(2));
      program = head.group(3);
      put(fields, "pid", head.group(4));
      put(fields, "msgid", head.group(5));
      StructuredData data = new StructuredData(message, head.end());
      data.forEach((key, value) -> put(fields, key, value));
      text = data.rest();
    } else if (head.usePattern(OLD).lookingAt()) {
      put(fields, "time", head.group(1));
      put(fields, "host", head.group(2));
      program = head.group(3);
      put(fields, "pid", head.group(4));
      text = message.substring(head.end());
    }
    boolean isName = program != null && NAME.matcher(program).matches();
    if (!isName) {
      put(fields, "program", program);
    }
    return new SyslogMessage(isName ? program : "", facility, entry(priority, text, fields));
  }

  /** The same without a program to name a log after: which one it is from becomes a field. */
  SyslogMessage withoutProgram() {
    return new SyslogMessage("", facility, entry.toBuilder().putFields("program", program).build());
  }

  /** Name of the log. */
  String name() {
    return program.isEmpty() ? facility : program;
  }

  private static LogEntry entry(int priority, String text, Map<String, String> fields) {
    String shown = text.isEmpty() ? "-" : Texts.cut(text, TEXT_BYTES);
    String template = Texts.cut(DIGITS.matcher(shown).replaceAll("#"), TEMPLATE_BYTES);
    return LogEntry.newBuilder()
        .setSeverity(severity(priority % 8))
        .setText(shown)
        .setTemplate(template.equals(shown) ? "" : template)
        .putAllFields(fields)
        .build();
  }

  /** Eight severities of syslog, five of ours. */
  private static Severity severity(int level) {
    return switch (level) {
      case 0, 1, 2 -> Severity.SEVERITY_CRITICAL;
      case 3 -> Severity.SEVERITY_ERROR;
      case 4 -> Severity.SEVERITY_WARNING;
      case 5, 6 -> Severity.SEVERITY_INFO;
      default -> Severity.SEVERITY_DEBUG;
    };
  }

  private static void put(Map<String, String> fields, String key, String value) {
    if (value != null && !value.equals("-") && fields.size() < FIELDS - 1) {
      fields.put(Texts.cut(key, KEY_BYTES), Texts.cut(value, VALUE_BYTES));
    }
  }
}
