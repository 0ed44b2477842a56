// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.MessageOneofRule;
import build.buf.validate.MessageRules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Fields of a message of which one at most may be set.
 *
 * @param required whether one must be set
 */
record OneofRule(List<FieldReader> fields, boolean required) {

  /** The choices of a message type; another rule for the message as a whole is not supported. */
  static List<OneofRule> of(Message prototype) throws UnsupportedRule {
    MessageRules rules =
        prototype.getDescriptorForType().getOptions().getExtension(ValidateProto.message);
    List<OneofRule> choices = new ArrayList<>();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      if (rule.getKey().getNumber() != MessageRules.ONEOF_FIELD_NUMBER) {
        throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    for (MessageOneofRule rule : rules.getOneofList()) {
      UnsupportedRule.rulesOf(rule);
      List<FieldReader> fields = new ArrayList<>();
      for (String name : rule.getFieldsList()) {
        FieldDescriptor field = prototype.getDescriptorForType().findFieldByName(name);
        if (field == null || field.isRepeated()) {
          throw new UnsupportedRule(name + " is no single field");
        }
        fields.add(FieldReader.of(field, prototype.getClass()));
      }
      choices.add(new OneofRule(fields, rule.getRequired()));
    }
    return choices;
  }

  /** Whether a field is one to choose: its own rules do not apply then unless it is set. */
  static boolean isOf(FieldDescriptor field) {
    return field
        .getContainingType()
        .getOptions()
        .getExtension(ValidateProto.message)
        .getOneofList()
        .stream()
        .anyMatch(rule -> rule.getFieldsList().contains(field.getName()));
  }

  boolean isFine(Message message) {
    int set = 0;
    for (FieldReader field : fields) {
      set += field.isSet(message) ? 1 : 0;
    }
    return set == 1 || set == 0 && !required;
  }
}
