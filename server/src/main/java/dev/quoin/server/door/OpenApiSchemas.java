// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.door;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;

/** Messages as JSON Schema: how proto3 writes them as JSON. */
final class OpenApiSchemas {
  private static final JsonMapper JSON = new JsonMapper();
  private static final String PLACE = "#/components/schemas/";

  private final Comments comments;
  private final Set<String> seen = new HashSet<>();
  private final Deque<Descriptor> messages = new ArrayDeque<>();
  private final Deque<EnumDescriptor> enums = new ArrayDeque<>();

  OpenApiSchemas(Comments comments) {
    this.comments = comments;
  }

  /** Where a message is described, or what it is when it has a form of its own in JSON. */
  ObjectNode reference(Descriptor message) {
    ObjectNode own = JSON.createObjectNode();
    switch (message.getFullName()) {
      case "google.protobuf.Timestamp" -> own.put("type", "string").put("format", "date-time");
      case "google.protobuf.Duration" ->
          own.put("type", "string").put("pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$");
      case "google.protobuf.Struct" -> own.put("type", "object");
      case "google.protobuf.Value" -> own.put("description", "Any JSON.");
      case "google.protobuf.ListValue" -> own.put("type", "array");
      case "google.protobuf.Any" -> {
        own.put("type", "object");
        own.putObject("properties").putObject("@type").put("type", "string");
      }
      default -> {
        if (seen.add(message.getFullName())) {
          messages.add(message);
        }
        own.put("$ref", PLACE + message.getFullName());
      }
    }
    return own;
  }

  /** What was referred to, and what that refers to. */
  ObjectNode all() {
    ObjectNode all = JSON.createObjectNode();
    while (!messages.isEmpty()) {
      Descriptor message = messages.poll();
      all.set(message.getFullName(), describe(message));
    }
    for (EnumDescriptor words : enums) {
      ObjectNode schema = all.putObject(words.getFullName()).put("type", "string");
      about(schema, words.getFullName());
      ArrayNode allowed = schema.putArray("enum");
      words.getValues().forEach(word -> allowed.add(word.getName()));
    }
    return all;
  }

  private ObjectNode describe(Descriptor message) {
    ObjectNode schema = JSON.createObjectNode().put("type", "object");
    about(schema, message.getFullName());
    schema.put("additionalProperties", false);
    ObjectNode properties = schema.putObject("properties");
    for (FieldDescriptor field : message.getFields()) {
      ObjectNode property = describe(field);
      about(property, field.getFullName());
      properties.set(field.getJsonName(), property);
    }
    return schema;
  }

  private ObjectNode describe(FieldDescriptor field) {
    if (field.isMapField()) {
      ObjectNode map = JSON.createObjectNode().put("type", "object");
      return map.set(
          "additionalProperties", single(field.getMessageType().findFieldByName("value")));
    }
    if (field.isRepeated()) {
      return JSON.createObjectNode().put("type", "array").set("items", single(field));
    }
    return single(field);
  }

  private ObjectNode single(FieldDescriptor field) {
    ObjectNode schema = JSON.createObjectNode();
    return switch (field.getType()) {
      case BOOL -> schema.put("type", "boolean");
      case STRING -> schema.put("type", "string");
      case BYTES -> schema.put("type", "string").put("contentEncoding", "base64");
      case INT64, SINT64, SFIXED64, UINT64, FIXED64 -> {
        schema.putArray("type").add("string").add("integer");
        yield schema.put("format", "int64");
      }
      case INT32, SINT32, SFIXED32, UINT32, FIXED32 ->
          schema.put("type", "integer").put("format", "int32");
      case DOUBLE, FLOAT -> schema.put("type", "number").put("format", "double");
      case ENUM -> {
        if (seen.add(field.getEnumType().getFullName())) {
          enums.add(field.getEnumType());
        }
        yield schema.put("$ref", PLACE + field.getEnumType().getFullName());
      }
      default -> reference(field.getMessageType());
    };
  }

  private void about(ObjectNode schema, String name) {
    String comment = comments.of(name);
    if (!comment.isEmpty()) {
      schema.put("description", comment);
    }
  }
}
