// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.settings;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Reads YAML strictly: what is not known is refused with its place. */
public final class Yaml {
  private static final Pattern NAMESPACES = Pattern.compile("[a-z0-9*-]+");

  private static final YAMLMapper MAPPER =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Yaml() {}

  /** The object that a text is. */
  public static JsonNode root(String text, String... fields) {
    JsonNode root;
    try {
      root = MAPPER.readTree(text);
    } catch (JacksonException e) {
      throw new BadSettings("is not YAML: " + e.getOriginalMessage());
    }
    if (!root.isObject()) {
      throw new BadSettings("must hold " + String.join(", ", fields));
    }
    allowOnly(root, "", fields);
    return root;
  }

  /** Throws when an object has another field than some. */
  public static void allowOnly(JsonNode node, String path, String... fields) {
    if (!node.isObject()) {
      throw new BadSettings(path + ": must hold " + String.join(", ", fields));
    }
    List<String> allowed = List.of(fields);
    node.fieldNames()
        .forEachRemaining(
            name -> {
              if (!allowed.contains(name)) {
                throw new BadSettings(
                    (path.isEmpty() ? name : path + '.' + name)
                        + ": there is no such field; there are "
                        + String.join(", ", allowed));
              }
            });
  }

  /** The entries of a list, which may be missing. */
  public static Iterable<JsonNode> list(JsonNode node, String field) {
    JsonNode list = node.path(field);
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw new BadSettings(field + ": must be a list");
    }
    return list;
  }

  /** The texts of a list that must not be empty. */
  public static List<String> texts(JsonNode node, String field, String path) {
    List<String> texts = new ArrayList<>();
    for (JsonNode text : list(node, field)) {
      if (!text.isTextual() || text.asText().isEmpty()) {
        throw new BadSettings(path + '.' + field + ": must be a list of texts");
      }
      texts.add(text.asText());
    }
    if (texts.isEmpty()) {
      throw new BadSettings(path + '.' + field + ": must not be empty");
    }
    return texts;
  }

  /** A text that has to be there. */
  public static String text(JsonNode node, String field, String path) {
    JsonNode text = node.path(field);
    if (!text.isValueNode() || text.isNull() || text.asText().isEmpty()) {
      throw new BadSettings(path + '.' + field + ": must be a text");
    }
    return text.asText();
  }

  /** A whole number of at least 1; a default when it is not there. */
  public static long number(JsonNode node, String field, String path, long missing) {
    JsonNode number = node.path(field);
    if (number.isMissingNode()) {
      return missing;
    }
    if (!number.isIntegralNumber() || !number.canConvertToLong() || number.asLong() < 1) {
      throw new BadSettings(path + '.' + field + ": must be a whole number of at least 1");
    }
    return number.asLong();
  }

  /** The field `namespaces` as patterns; what no namespace can be called is a mistake. */
  public static List<Pattern> namespaces(JsonNode node, String path) {
    List<String> texts = texts(node, "namespaces", path);
    for (String text : texts) {
      if (!NAMESPACES.matcher(text).matches()) {
        throw new BadSettings(
            path
                + ".namespaces: "
                + text
                + " is no namespace: these have lower-case letters, digits and inner hyphens");
      }
    }
    return patterns(texts);
  }

  /** Texts in which "*" stands for any characters. */
  public static List<Pattern> patterns(List<String> texts) {
    return texts.stream()
        .map(
            text ->
                Pattern.compile(
                    List.of(text.split("\\*", -1)).stream()
                        .map(Pattern::quote)
                        .collect(Collectors.joining(".*")),
                    Pattern.DOTALL))
        .toList();
  }

  /** Whether a text is one of those that patterns stand for. */
  public static boolean matches(List<Pattern> patterns, String text) {
    return patterns.stream().anyMatch(pattern -> pattern.matcher(text).matches());
  }
}
