// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.MapRules;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * How many pairs there may be and, where they are texts, what keys and values have to keep.
 *
 * @param key null when any key is fine
 * @param value null when any value is fine
 */
record MapRule(long min, long max, StringRule key, StringRule value) implements Predicate<Object> {
  static MapRule of(FieldDescriptor field, Message rules) throws UnsupportedRule {
    long min = 0;
    long max = Long.MAX_VALUE;
    StringRule key = null;
    StringRule value = null;
    List<FieldDescriptor> pair = field.getMessageType().getFields();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getNumber()) {
        case MapRules.MIN_PAIRS_FIELD_NUMBER -> min = UnsupportedRule.size(rule.getValue());
        case MapRules.MAX_PAIRS_FIELD_NUMBER -> max = UnsupportedRule.size(rule.getValue());
        case MapRules.KEYS_FIELD_NUMBER ->
            key = StringRule.ofElement(pair.get(0), (Message) rule.getValue());
        case MapRules.VALUES_FIELD_NUMBER ->
            value = StringRule.ofElement(pair.get(1), (Message) rule.getValue());
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return new MapRule(min, max, key, value);
  }

  @Override
  public boolean test(Object pairs) {
    List<?> entries = (List<?>) pairs;
    if (entries.size() < min || entries.size() > max) {
      return false;
    }
    for (int i = 0; i < entries.size(); i++) {
      // Messages of types made at run time have other entries.
      if (!(entries.get(i) instanceof MapEntry<?, ?> entry)
          || key != null && !key.test(entry.getKey())
          || value != null && !value.test(entry.getValue())) {
        return false;
      }
    }
    return true;
  }
}
