// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.access;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import dev.quoin.server.settings.BadSettings;
import java.util.ArrayList;
import java.util.List;

/** Reads YAML strictly: what is not known is refused with its place. */
final class Yaml {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private Yaml() {}

  /** The object that a text is. */
  static JsonNode root(String text, String... fields) {
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

  static void allowOnly(JsonNode node, String path, String... fields) {
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
  static Iterable<JsonNode> list(JsonNode node, String field) {
    JsonNode list = node.path(field);
    if (!list.isArray() && !list.isMissingNode() && !list.isNull()) {
      throw new BadSettings(field + ": must be a list");
    }
    return list;
  }

  /** The texts of a list that must not be empty. */
  static List<String> texts(JsonNode node, String field, String path) {
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

  static String text(JsonNode node, String field, String path) {
    JsonNode text = node.path(field);
    if (!text.isValueNode() || text.isNull() || text.asText().isEmpty()) {
      throw new BadSettings(path + '.' + field + ": must be a text");
    }
    return text.asText();
  }
}
