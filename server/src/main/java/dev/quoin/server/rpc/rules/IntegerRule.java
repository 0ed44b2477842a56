// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The bounds of an integer. Where the upper one is below the lower one protovalidate means the
 * values outside of them; here none is fine then.
 *
 * @param type type of the field
 * @param min the least good {@link #key}
 * @param max the greatest good {@link #key}
 */
record IntegerRule(FieldDescriptor.Type type, long min, long max) implements Predicate<Object> {
  static IntegerRule of(FieldDescriptor.Type type, Message rules) throws UnsupportedRule {
    long min = Long.MIN_VALUE;
    long max = Long.MAX_VALUE;
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getName()) {
        case "gte" -> min = key(type, rule.getValue());
        case "gt" -> min = next(key(type, rule.getValue()), Long.MAX_VALUE, 1);
        case "lte" -> max = key(type, rule.getValue());
        case "lt" -> max = next(key(type, rule.getValue()), Long.MIN_VALUE, -1);
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return new IntegerRule(type, min, max);
  }

  private static long next(long key, long last, int step) throws UnsupportedRule {
    if (key == last) {
      throw new UnsupportedRule("a bound that nothing is beyond");
    }
    return key + step;
  }

  /** A number that orders the values of a type as they are meant to be ordered. */
  private static long key(FieldDescriptor.Type type, Object value) {
    return switch (type) {
      case UINT32 -> Integer.toUnsignedLong((Integer) value);
      case UINT64 -> (Long) value ^ Long.MIN_VALUE;
      default -> ((Number) value).longValue();
    };
  }

  @Override
  public boolean test(Object value) {
    long key = key(type, value);
    return key >= min && key <= max;
  }
}
