// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Puts the settings together from defaults, YAML file, environment and flags, in rising order. */
public final class SettingsReader {
  private static final String PREFIX = "QUOIN_";

  /** Variables Kubernetes sets by itself for a Service that is called quoin. */
  private static final Pattern KUBERNETES =
      Pattern.compile("QUOIN_(SERVICE_(HOST|PORT.*)|PORT_\\d+_.*)");

  /** Variables of the terminal, which may be set where a server is started, too. */
  private static final Set<String> TERMINAL =
      Set.of(
          "QUOIN_ADDRESS", "QUOIN_NAMESPACE", "QUOIN_PROFILE", "QUOIN_TOKEN", "QUOIN_TOKEN_FILE");

  private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h|d)");

  /** One setting as users see it. */
  public record Entry(String name, String variable, Class<?> type, Setting setting) {

    /** Its flag on the command line. */
    public String flag() {
      return "--" + name;
    }

    public String defaultText() {
      return setting.value();
    }

    public String about() {
      return setting.about();
    }

    /** What may be written there, in words. */
    public String allowed() {
      if (setting.oneOf().length > 0) {
        return String.join(", ", setting.oneOf());
      }
      if (type == int.class) {
        return "a whole number from %d to %d".formatted(setting.min(), setting.max());
      }
      if (type == boolean.class) {
        return "true or false";
      }
      if (type == Duration.class) {
        return "a duration such as 500ms, 2s, 5m or 1h";
      }
      if (type == Durations.class) {
        return "durations separated by commas, such as 1s,5m,1d";
      }
      return type == Path.class ? "a path" : "text";
    }
  }

  private SettingsReader() {}

  /** All settings, in the order of the record. */
  public static List<Entry> entries() {
    return Arrays.stream(Settings.class.getRecordComponents()).map(SettingsReader::entry).toList();
  }

  /**
   * Reads the settings.
   *
   * @param file YAML file, or null for none
   * @param environment all environment variables; those that begin with QUOIN_ count
   * @param flags values by flag name without dashes
   */
  public static Settings read(
      Path file, Map<String, String> environment, Map<String, String> flags) {
    Map<String, String> texts = new LinkedHashMap<>();
    Map<String, String> origins = new LinkedHashMap<>();
    for (Entry entry : entries()) {
      texts.put(entry.name(), entry.defaultText());
      origins.put(entry.name(), "default");
    }
    if (file != null) {
      override(texts, origins, fromFile(file), file.toString());
    }
    override(texts, origins, fromEnvironment(environment), "environment");
    override(texts, origins, flags, "flag");
    Object[] values =
        entries().stream().map(e -> parse(e, texts.get(e.name()), origins.get(e.name()))).toArray();
    Settings settings = create(values);
    SettingsRules.check(settings);
    return settings;
  }

  private static void override(
      Map<String, String> texts,
      Map<String, String> origins,
      Map<String, String> by,
      String origin) {
    by.forEach(
        (name, text) -> {
          if (!texts.containsKey(name)) {
            throw new BadSettings(
                "%s (%s): there is no such setting; there are %s"
                    .formatted(name, origin, String.join(", ", texts.keySet())));
          }
          texts.put(name, text);
          origins.put(name, origin);
        });
  }

  private static Map<String, String> fromFile(Path file) {
    JsonNode root;
    try {
      root = new YAMLMapper().readTree(Files.readString(file));
    } catch (JacksonException e) {
      throw new BadSettings("config: " + file + " is not YAML: " + e.getOriginalMessage());
    } catch (IOException e) {
      throw new BadSettings("config: cannot read " + file);
    }
    Map<String, String> texts = new LinkedHashMap<>();
    if (root.isMissingNode() || root.isNull()) {
      return texts;
    }
    if (!root.isObject()) {
      throw new BadSettings("config: " + file + " must hold lines of the form 'setting: value'");
    }
    root.properties()
        .forEach(
            property -> {
              if (!property.getValue().isValueNode()) {
                throw new BadSettings(
                    property.getKey() + " (" + file + "): must be a single value");
              }
              texts.put(property.getKey(), property.getValue().asText());
            });
    return texts;
  }

  private static Map<String, String> fromEnvironment(Map<String, String> environment) {
    Map<String, String> names =
        entries().stream().collect(Collectors.toMap(Entry::variable, Entry::name));
    Map<String, String> texts = new LinkedHashMap<>();
    environment.forEach(
        (variable, text) -> {
          if (!variable.startsWith(PREFIX)
              || variable.equals("QUOIN_CONFIG")
              || TERMINAL.contains(variable)
              || KUBERNETES.matcher(variable).matches()) {
            return;
          }
          if (variable.equals("QUOIN_PORT") && text.startsWith("tcp://")) {
            throw new BadSettings(
                "QUOIN_PORT was set by Kubernetes for a Service called quoin; set"
                    + " enableServiceLinks: false in the pod");
          }
          if (!names.containsKey(variable)) {
            throw new BadSettings(
                "%s (environment): there is no such setting; there are %s"
                    .formatted(
                        variable,
                        names.keySet().stream().sorted().collect(Collectors.joining(", "))));
          }
          texts.put(names.get(variable), text);
        });
    return texts;
  }

  private static Object parse(Entry entry, String text, String origin) {
    Object value = parse(entry, text.trim());
    if (value == null) {
      String shown = entry.setting().secret() ? "the value" : '"' + text + '"';
      throw new BadSettings(
          "%s (%s): %s is not allowed; allowed is %s"
              .formatted(entry.name(), origin, shown, entry.allowed()));
    }
    return value;
  }

  /** The value, or null when the text is not allowed. */
  private static Object parse(Entry entry, String text) {
    Class<?> type = entry.type();
    if (type == int.class) {
      return parseInt(text, entry.setting());
    }
    if (type == boolean.class) {
      return text.equals("true") || text.equals("false") ? Boolean.valueOf(text) : null;
    }
    if (type == Duration.class) {
      return parseDuration(text);
    }
    if (type == Durations.class) {
      return parseDurations(text);
    }
    if (type == Path.class) {
      return text.isEmpty() ? null : Path.of(text);
    }
    List<String> words = List.of(entry.setting().oneOf());
    return words.isEmpty() || words.contains(text) ? text : null;
  }

  private static Integer parseInt(String text, Setting setting) {
    if (!text.matches("\\d{1,10}")) {
      return null;
    }
    long number = Long.parseLong(text);
    return number >= setting.min() && number <= setting.max() ? (int) number : null;
  }

  private static Duration parseDuration(String text) {
    Matcher parts = DURATION.matcher(text);
    if (!parts.matches()) {
      return null;
    }
    long number = Long.parseLong(parts.group(1));
    return switch (parts.group(2)) {
      case "ms" -> Duration.ofMillis(number);
      case "s" -> Duration.ofSeconds(number);
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      default -> Duration.ofDays(number);
    };
  }

  private static Durations parseDurations(String text) {
    List<Duration> all = new ArrayList<>();
    for (String one : text.split(",", -1)) {
      Duration duration = parseDuration(one.trim());
      if (duration == null) {
        return null;
      }
      all.add(duration);
    }
    return new Durations(all);
  }

  private static Entry entry(RecordComponent component) {
    String name = component.getName().replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    return new Entry(
        name,
        PREFIX + name.replace('-', '_').toUpperCase(Locale.ROOT),
        component.getType(),
        component.getAnnotation(Setting.class));
  }

  private static Settings create(Object[] values) {
    try {
      return (Settings) Settings.class.getConstructors()[0].newInstance(values);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException("cannot build the settings", e);
    }
  }
}
