// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.EnumRules;
import com.google.protobuf.Descriptors.EnumDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The good values of an enum.
 *
 * @param type the enum
 * @param definedOnly whether a number without a name is refused
 * @param refused numbers that are refused
 */
record EnumRule(EnumDescriptor type, boolean definedOnly, Set<Object> refused)
    implements Predicate<Object> {
  static EnumRule of(EnumDescriptor type, Message rules) throws UnsupportedRule {
    boolean definedOnly = false;
    Set<Object> refused = new HashSet<>();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getNumber()) {
        case EnumRules.DEFINED_ONLY_FIELD_NUMBER -> definedOnly = (Boolean) rule.getValue();
        case EnumRules.NOT_IN_FIELD_NUMBER -> refused.addAll((List<?>) rule.getValue());
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return new EnumRule(type, definedOnly, refused);
  }

  @Override
  public boolean test(Object value) {
    int number = (Integer) value;
    return (!definedOnly || type.findValueByNumber(number) != null) && !refused.contains(number);
  }
}
