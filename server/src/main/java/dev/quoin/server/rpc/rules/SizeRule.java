// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.function.Predicate;

/** How many bytes there may be. */
record SizeRule(long min, long max) implements Predicate<Object> {
  static SizeRule of(Message rules) throws UnsupportedRule {
    long min = 0;
    long max = Long.MAX_VALUE;
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getName()) {
        case "min_len" -> min = UnsupportedRule.size(rule.getValue());
        case "max_len" -> max = UnsupportedRule.size(rule.getValue());
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return new SizeRule(min, max);
  }

  @Override
  public boolean test(Object value) {
    int size = ((ByteString) value).size();
    return size >= min && size <= max;
  }
}
