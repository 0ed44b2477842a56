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
 * A syslog message as an entry of a log: the one of its program or, if it does not say which, of
 * its facility. What does not follow RFC 5424 or 3164 is taken as text; nothing is refused.
 *
 * @param name name of the log
 */
record SyslogMessage(String name, LogEntry entry) {
  private static final int TEXT_BYTES = 16_384;
  private static final int TEMPLATE_BYTES = 512;
  private static final int NAME_BYTES = 128;
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

  /** Version, time, host, program, process, message id; structured data and text follow. */
  private static final Pattern NEW =
      Pattern.compile("1 (\\S{1,64}) (\\S{1,255}) (\\S{1,128}) (\\S{1,128}) (\\S{1,64}) ");

  private static final Pattern OLD =
      Pattern.compile(
          "(?:([A-Z][a-z]{2} [ \\d]\\d \\d\\d:\\d\\d:\\d\\d|\\d{4}-\\d\\d-\\d\\dT\\S{8,27}) )?"
              + "(?:([^\\s:\\[\\]]{1,255}) (?=[^\\s:\\[\\]]{1,128}(?:\\[[^\\]]{0,128}\\])?:))?"
              + "(?:([^\\s:\\[\\]]{1,128})(?:\\[([^\\]]{0,128})\\])?: ?)?");

  private static final Pattern DIGITS = Pattern.compile("\\d+");

  static SyslogMessage parse(byte[] bytes) {
    String message = new String(bytes, StandardCharsets.UTF_8).stripTrailing();
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
    String program;
    String text;
    if (head.lookingAt()) {
      put(fields, "time", head.group(1));
      put(fields, "host", head.group(2));
      program = head.group(3);
      put(fields, "pid", head.group(4));
      put(fields, "msgid", head.group(5));
      StructuredData data = new StructuredData(message, head.end());
      data.forEach((key, value) -> put(fields, key, value));
      text = data.rest();
    } else {
      head = OLD.matcher(message);
      head.lookingAt();
      put(fields, "time", head.group(1));
      put(fields, "host", head.group(2));
      program = head.group(3) == null ? "-" : head.group(3);
      put(fields, "pid", head.group(4));
      text = message.substring(head.end());
    }
    return new SyslogMessage(name(program, facility), entry(priority, text, fields));
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

  private static String name(String program, String facility) {
    StringBuilder name = new StringBuilder();
    program.chars().filter(c -> !Character.isISOControl(c)).forEach(c -> name.append((char) c));
    String cut = Texts.cut(name.toString(), NAME_BYTES);
    return cut.isEmpty() || cut.equals("-") ? facility : cut;
  }

  private static void put(Map<String, String> fields, String key, String value) {
    if (value != null && !value.equals("-") && fields.size() < FIELDS) {
      fields.put(Texts.cut(key, KEY_BYTES), Texts.cut(value, VALUE_BYTES));
    }
  }
}
