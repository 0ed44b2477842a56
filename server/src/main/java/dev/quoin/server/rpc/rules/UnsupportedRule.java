// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.FieldRules;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import dev.quoin.rules.v1.RulesProto;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Says that a rule is beyond {@link FastRules}. */
final class UnsupportedRule extends Exception {
  private static final long serialVersionUID = 1;

  UnsupportedRule(String reason) {
    super(reason, null, false, false);
  }

  /**
   * The rules that are set in a rules message, predefined ones as the standard rules they mean.
   * Readers go through all of them and throw for those they do not know, and rules this build
   * cannot even name are refused here; so no rule is ever overlooked.
   */
  static Map<FieldDescriptor, Object> rulesOf(Message rules) throws UnsupportedRule {
    if (!rules.getUnknownFields().asMap().isEmpty()) {
      throw new UnsupportedRule("unknown rules");
    }
    Map<FieldDescriptor, Object> standard = new HashMap<>();
    for (Map.Entry<FieldDescriptor, Object> rule : rules.getAllFields().entrySet()) {
      if (rule.getKey().isExtension()) {
        for (Map.Entry<FieldDescriptor, Object> meant : meaning(rule.getKey(), rule.getValue())) {
          add(standard, meant.getKey(), meant.getValue());
        }
      } else {
        add(standard, rule.getKey(), rule.getValue());
      }
    }
    return standard;
  }

  private static void add(Map<FieldDescriptor, Object> rules, FieldDescriptor rule, Object value)
      throws UnsupportedRule {
    if (rules.putIfAbsent(rule, value) != null) {
      throw new UnsupportedRule(rule.getFullName() + " is set twice");
    }
  }

  /** What a predefined rule means, with the number it was given as the upper bound. */
  private static List<Map.Entry<FieldDescriptor, Object>> meaning(
      FieldDescriptor predefined, Object value) throws UnsupportedRule {
    FieldRules means = predefined.getOptions().getExtension(RulesProto.means);
    Message meant = null;
    for (Object group : means.getAllFields().values()) {
      if (group instanceof Message rules
          && rules.getDescriptorForType() == predefined.getContainingType()) {
        meant = rules;
      }
    }
    if (meant == null || means.getAllFields().size() > 1 || Boolean.FALSE.equals(value)) {
      throw new UnsupportedRule(predefined.getFullName());
    }
    List<Map.Entry<FieldDescriptor, Object>> rules = new ArrayList<>(rulesOf(meant).entrySet());
    if (value instanceof Number) {
      FieldDescriptor bound = predefined.getContainingType().findFieldByName("lte");
      if (bound == null || bound.getJavaType() != predefined.getJavaType()) {
        throw new UnsupportedRule(predefined.getFullName());
      }
      rules.add(Map.entry(bound, value));
    } else if (!Boolean.TRUE.equals(value)) {
      throw new UnsupportedRule(predefined.getFullName());
    }
    return rules;
  }

  /** A length or count of a rule; those of 2^63 and more are not supported. */
  static long size(Object value) throws UnsupportedRule {
    long size = (Long) value;
    if (size < 0) {
      throw new UnsupportedRule("a size of 2^63 or more");
    }
    return size;
  }
}
