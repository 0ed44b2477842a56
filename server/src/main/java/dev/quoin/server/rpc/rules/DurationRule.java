// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.DurationRules;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.util.Durations;
import java.util.Map;
import java.util.function.Predicate;

/** The bounds of a duration. Which malformed ones are refused is for protovalidate to say. */
final class DurationRule implements Predicate<Object> {
  private Duration min = Durations.MIN_VALUE;
  private Duration max = Durations.MAX_VALUE;
  private boolean minIsGood = true;
  private boolean maxIsGood = true;

  private DurationRule() {}

  static DurationRule of(Message rules) throws UnsupportedRule {
    DurationRule bounds = new DurationRule();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      if (!(rule.getValue() instanceof Duration bound) || !isWellFormed(bound)) {
        throw new UnsupportedRule(rule.getKey().getFullName());
      }
      switch (rule.getKey().getNumber()) {
        case DurationRules.GTE_FIELD_NUMBER -> bounds.min = bound;
        case DurationRules.GT_FIELD_NUMBER -> {
          bounds.min = bound;
          bounds.minIsGood = false;
        }
        case DurationRules.LTE_FIELD_NUMBER -> bounds.max = bound;
        case DurationRules.LT_FIELD_NUMBER -> {
          bounds.max = bound;
          bounds.maxIsGood = false;
        }
        default -> throw new UnsupportedRule(rule.getKey().getFullName());
      }
    }
    return bounds;
  }

  @Override
  public boolean test(Object value) {
    if (!(value instanceof Duration duration) || !isWellFormed(duration)) {
      return false;
    }
    int low = compare(duration, min);
    int high = compare(duration, max);
    return (low > 0 || low == 0 && minIsGood) && (high < 0 || high == 0 && maxIsGood);
  }

  private static boolean isWellFormed(Duration duration) {
    return Durations.isValid(duration);
  }

  /** Exact for well-formed durations: the nanos have the sign of the seconds. */
  private static int compare(Duration one, Duration other) {
    int seconds = Long.compare(one.getSeconds(), other.getSeconds());
    return seconds != 0 ? seconds : Integer.compare(one.getNanos(), other.getNanos());
  }
}
