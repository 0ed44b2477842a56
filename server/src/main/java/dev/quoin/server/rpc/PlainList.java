// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

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
record PlainList(long min, long max, PlainText item) implements Predicate<Object> {
  static PlainList of(FieldDescriptor field, Message rules) throws NotPlain {
    long min = 0;
    long max = Long.MAX_VALUE;
    PlainText item = null;
    for (Map.Entry<FieldDescriptor, Object> rule : NotPlain.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getNumber()) {
        case RepeatedRules.MIN_ITEMS_FIELD_NUMBER -> min = NotPlain.size(rule.getValue());
        case RepeatedRules.MAX_ITEMS_FIELD_NUMBER -> max = NotPlain.size(rule.getValue());
        case RepeatedRules.ITEMS_FIELD_NUMBER ->
            item = PlainText.ofElement(field, (Message) rule.getValue());
        default -> throw new NotPlain(rule.getKey().getFullName());
      }
    }
    return new PlainList(min, max, item);
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
