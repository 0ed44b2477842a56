// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.RepeatedRules;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * How many items there may be and, if they are texts, what each has to keep.
 *
 * @param item null when anything is fine
 */
record ListRule(long min, long max, StringRule item) implements Predicate<Object> {
  static ListRule of(FieldDescriptor field, Message rules) throws UnsupportedRule {
    long min = 0;
    long max = Long.MAX_VALUE;
    StringRule item = null;
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getNumber()) {
        case RepeatedRules.MIN_ITEMS_FIELD_NUMBER -> min = UnsupportedRule.size(rule.getValue());
        case RepeatedRules.MAX_ITEMS_FIELD_NUMBER -> max = UnsupportedRule.size(rule.getValue());
        case RepeatedRules.ITEMS_FIELD_NUMBER ->
            item = StringRule.ofElement(field, (Message) rule.getValue());
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return new ListRule(min, max, item);
  }

  @Override
  public boolean test(Object value) {
    List<?> items = (List<?>) value;
    if (items.size() < min || items.size() > max) {
      return false;
    }
    if (item != null) {
      for (int i = 0; i < items.size(); i++) {
        if (!item.test(items.get(i))) {
          return false;
        }
      }
    }
    return true;
  }
}
