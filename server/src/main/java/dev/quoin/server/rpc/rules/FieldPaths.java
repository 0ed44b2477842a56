// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.FieldPathElement;
import build.buf.validate.MessageRules;
import build.buf.validate.ValidateProto;
import build.buf.validate.Violation;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;

/**
 * Names the fields that a violation is about. Where there is a choice it is all of them: nobody can
 * set a oneof by its own name, and protovalidate names no field for a choice of a whole message.
 */
final class FieldPaths {
  private static final String CHOICE = "message.oneof";

  private FieldPaths() {}

  static String of(Message request, Violation violation) {
    Descriptor type = request.getDescriptorForType();
    List<String> path = new ArrayList<>();
    for (FieldPathElement element : violation.getField().getElementsList()) {
      FieldDescriptor field = type.findFieldByName(element.getFieldName());
      if (field == null) {
        path.add(choice(type, element.getFieldName()));
        break;
      }
      path.add(element.getFieldName() + position(element));
      type = type(field);
    }
    if (violation.getRuleId().equals(CHOICE)) {
      path.add(
          choice(type.getOptions().getExtension(ValidateProto.message), violation.getMessage()));
    }
    return String.join(".", path);
  }

  private static String position(FieldPathElement element) {
    if (element.hasIndex()) {
      return "[" + element.getIndex() + "]";
    }
    return element.hasStringKey() ? "[\"" + element.getStringKey() + "\"]" : "";
  }

  private static Descriptor type(FieldDescriptor field) {
    FieldDescriptor value =
        field.isMapField() ? field.getMessageType().findFieldByName("value") : field;
    return value.getJavaType() == FieldDescriptor.JavaType.MESSAGE ? value.getMessageType() : null;
  }

  private static String choice(Descriptor type, String oneof) {
    for (OneofDescriptor known : type.getOneofs()) {
      if (known.getName().equals(oneof)) {
        return or(known.getFields().stream().map(FieldDescriptor::getName).toList());
      }
    }
    return oneof;
  }

  /** Which of the choices it is stands in the words alone. */
  private static String choice(MessageRules rules, String words) {
    return rules.getOneofList().stream()
        .filter(rule -> words.contains(String.join(", ", rule.getFieldsList())))
        .map(rule -> or(rule.getFieldsList()))
        .findFirst()
        .orElse("");
  }

  private static String or(List<String> fields) {
    return String.join(" or ", fields);
  }
}
