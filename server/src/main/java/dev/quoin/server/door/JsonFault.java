// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import dev.quoin.server.errors.InvalidRequest;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the field that makes JSON no message, which protobuf's own reader does not tell: each field
 * is read by itself until one cannot be, and then what is in it.
 */
final class JsonFault {
  /** Beyond that the search would cost more than it is worth. */
  private static final int LONGEST = 64 * 1024;

  private static final JsonMapper JSON = new JsonMapper();

  /** What the reader says of a field that there is not; it tells no more than the last name. */
  private static final Pattern UNKNOWN =
      Pattern.compile("Cannot find field: (\\S+) in message (\\S+)");

  private final JsonFormat.Parser parser;
  private String field = "";
  private String description;

  private JsonFault(JsonFormat.Parser parser, String description) {
    this.parser = parser;
    this.description = description;
  }

  /**
   * @param text a JSON object
   * @param failure what the reader says of it
   */
  static InvalidRequest of(
      JsonFormat.Parser parser,
      String text,
      Message prototype,
      InvalidProtocolBufferException failure) {
    JsonFault fault = new JsonFault(parser, failure.getMessage());
    Matcher unknown = UNKNOWN.matcher(failure.getMessage());
    if (unknown.matches()) {
      fault.field = unknown.group(1);
      fault.description = "there is no such field in " + unknown.group(2);
    }
    if (text.length() <= LONGEST) {
      fault.field = "";
      try {
        fault.search((ObjectNode) JSON.readTree(text), prototype.getDescriptorForType());
      } catch (JsonProcessingException e) {
        // Two readers who disagree: what the first said has to do.
      }
    }
    return InvalidRequest.of(fault.field, fault.description);
  }

  private void search(ObjectNode object, Descriptor type) {
    for (Map.Entry<String, JsonNode> entry : object.properties()) {
      FieldDescriptor known = find(type, entry.getKey());
      if (known == null) {
        field += entry.getKey();
        description = "there is no such field in " + type.getFullName();
        return;
      }
      if (isFault(entry.getKey(), entry.getValue(), type)) {
        field += known.getName();
        look(entry.getKey(), entry.getValue(), known, type);
        return;
      }
    }
  }

  private void look(String name, JsonNode value, FieldDescriptor known, Descriptor type) {
    if (known.isMapField()) {
      return;
    }
    if (known.isRepeated() && value instanceof ArrayNode all) {
      for (int i = 0; i < all.size(); i++) {
        ArrayNode one = JSON.createArrayNode();
        one.add(all.get(i));
        if (isFault(name, one, type)) {
          field += "[" + i + "]";
          descend(all.get(i), known);
          return;
        }
      }
    } else {
      descend(value, known);
    }
  }

  /** Types of google.protobuf have a JSON of their own. */
  private void descend(JsonNode value, FieldDescriptor known) {
    if (value instanceof ObjectNode inner
        && known.getJavaType() == FieldDescriptor.JavaType.MESSAGE
        && !known.getMessageType().getFile().getPackage().equals("google.protobuf")) {
      field += ".";
      search(inner, known.getMessageType());
    }
  }

  private static FieldDescriptor find(Descriptor type, String name) {
    return type.getFields().stream()
        .filter(known -> known.getName().equals(name) || known.getJsonName().equals(name))
        .findFirst()
        .orElse(null);
  }

  /** Whether one field, by itself, cannot be read; says why. */
  private boolean isFault(String name, JsonNode value, Descriptor type) {
    ObjectNode alone = JSON.createObjectNode().set(name, value);
    try {
      parser.merge(alone.toString(), DynamicMessage.newBuilder(type));
      return false;
    } catch (InvalidProtocolBufferException e) {
      description = e.getMessage();
      return true;
    }
  }
}
