// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import build.buf.validate.FieldRules;
import build.buf.validate.RepeatedRules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import dev.quoin.rules.v1.RulesProto;
import java.util.List;

/**
 * What a field may hold, as its rules in the .proto file say it: lengths of texts and lists, values
 * of numbers, seconds of durations.
 */
final class Bounds {
  private static final String NO_CONTROL_CHARACTERS = "^[^\\x00-\\x1f\\x7f]*$";

  private final FieldRules rules;
  private double min = Double.NEGATIVE_INFINITY;
  private double max = Double.POSITIVE_INFINITY;
  private boolean isPlain;
  private boolean refusesZero;

  private Bounds(FieldRules rules) {
    this.rules = rules;
    read(rules);
  }

  static Bounds of(FieldDescriptor field) {
    return new Bounds(field.getOptions().getExtension(ValidateProto.field));
  }

  double min() {
    return min;
  }

  double max() {
    return max;
  }

  boolean isRequired() {
    return rules.getRequired();
  }

  /** Whether a text is best made of ASCII letters, as it must match some pattern. */
  boolean isPlain() {
    return isPlain;
  }

  /** Whether the first value of an enum is refused. */
  boolean refusesZero() {
    return refusesZero;
  }

  /** What each item of a list, or each value of a map, may hold. */
  Bounds items() {
    RepeatedRules repeated = rules.getRepeated();
    return new Bounds(rules.hasMap() ? rules.getMap().getValues() : repeated.getItems());
  }

  /** What each key of a map may be. */
  Bounds keys() {
    return new Bounds(rules.getMap().getKeys());
  }

  private void read(FieldRules some) {
    some.getAllFields()
        .forEach(
            (kind, group) -> {
              if (group instanceof Message typed) {
                typed.getAllFields().forEach(this::read);
              }
            });
  }

  private void read(FieldDescriptor rule, Object value) {
    if (rule.isExtension()) {
      // A predefined rule; a number that it is given is the upper bound.
      read(rule.getOptions().getExtension(RulesProto.means));
      if (value instanceof Number most) {
        max = Math.min(max, most.doubleValue());
      }
      return;
    }
    switch (rule.getName()) {
      case "min_len", "min_bytes", "min_items", "min_pairs", "gte" ->
          min = Math.max(min, number(value));
      case "gt" -> min = Math.max(min, number(value) + 1);
      case "max_len", "max_bytes", "max_items", "max_pairs", "lte" ->
          max = Math.min(max, number(value));
      case "lt" -> max = Math.min(max, number(value) - 1);
      case "pattern" -> isPlain |= !value.equals(NO_CONTROL_CHARACTERS);
      case "not_in" -> refusesZero |= ((List<?>) value).contains(0);
      default -> {
        // Other rules are met or broken by chance.
      }
    }
  }

  private static double number(Object value) {
    if (value instanceof Duration duration) {
      return duration.getSeconds() + duration.getNanos() / 1e9;
    }
    return value instanceof Number number ? number.doubleValue() : 0;
  }
}
