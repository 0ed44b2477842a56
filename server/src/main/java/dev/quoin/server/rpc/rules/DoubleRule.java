// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The bounds of a double, which no NaN is within. Where the upper one is below the lower one
 * protovalidate means the values outside of them; here none is fine then.
 *
 * @param min the least good value
 * @param max the greatest good value
 */
record DoubleRule(double min, double max) implements Predicate<Object> {
  static DoubleRule of(Message rules) throws UnsupportedRule {
    double min = Double.NEGATIVE_INFINITY;
    double max = Double.POSITIVE_INFINITY;
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getName()) {
        case "finite" -> {
          min = Math.max(min, -Double.MAX_VALUE);
          max = Math.min(max, Double.MAX_VALUE);
        }
        case "gte" -> min = Math.max(min, (Double) rule.getValue());
        case "lte" -> max = Math.min(max, (Double) rule.getValue());
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return new DoubleRule(min, max);
  }

  @Override
  public boolean test(Object value) {
    double number = (Double) value;
    return number >= min && number <= max;
  }
}
