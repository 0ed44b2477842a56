// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.FieldRules;
import build.buf.validate.StringRules;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/** The rules of a string, checked in one walk over its characters. */
final class StringRule implements Predicate<Object> {
  private long minPoints;
  private long maxPoints = Long.MAX_VALUE;
  private long minBytes;
  private long maxBytes = Long.MAX_VALUE;
  private CharClass chars = CharClass.ANY;
  private Set<Object> allowed;

  private StringRule() {}

  static StringRule of(Message rules) throws UnsupportedRule {
    StringRule text = new StringRule();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      text.add(rule.getKey(), rule.getValue());
    }
    return text;
  }

  /** The rules of each item of a list, or each key or value of a map. */
  static StringRule ofElement(FieldDescriptor field, Message rules) throws UnsupportedRule {
    StringRule text = new StringRule();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      if (field.getType() != FieldDescriptor.Type.STRING
          || rule.getKey().getNumber() != FieldRules.STRING_FIELD_NUMBER) {
        throw new UnsupportedRule(rule.getKey().getFullName());
      }
      text = of((Message) rule.getValue());
    }
    return text;
  }

  private void add(FieldDescriptor rule, Object value) throws UnsupportedRule {
    switch (rule.getNumber()) {
      case StringRules.MIN_LEN_FIELD_NUMBER -> atLeast(UnsupportedRule.size(value));
      case StringRules.MAX_LEN_FIELD_NUMBER -> atMost(UnsupportedRule.size(value));
      case StringRules.LEN_FIELD_NUMBER -> {
        atLeast(UnsupportedRule.size(value));
        atMost(UnsupportedRule.size(value));
      }
      case StringRules.MIN_BYTES_FIELD_NUMBER -> minBytes = UnsupportedRule.size(value);
      case StringRules.MAX_BYTES_FIELD_NUMBER -> maxBytes = UnsupportedRule.size(value);
      case StringRules.PATTERN_FIELD_NUMBER -> chars = CharClass.of((String) value);
      case StringRules.CONST_FIELD_NUMBER -> only(List.of(value));
      case StringRules.IN_FIELD_NUMBER -> only((List<?>) value);
      default -> throw new UnsupportedRule(rule.getFullName());
    }
  }

  private void atLeast(long points) {
    minPoints = Math.max(minPoints, points);
  }

  private void atMost(long points) {
    maxPoints = Math.min(maxPoints, points);
  }

  private void only(List<?> values) {
    if (allowed == null) {
      allowed = new HashSet<>(values);
    } else {
      allowed.retainAll(values);
    }
  }

  @Override
  public boolean test(Object value) {
    String text = (String) value;
    int length = text.length();
    if (length == 0 && !chars.mayBeEmpty() || allowed != null && !allowed.contains(text)) {
      return false;
    }
    long points = 0;
    long bytes = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      points++;
      if (c < 0x80) {
        bytes++;
        if (!chars.hasAscii(c)) {
          return false;
        }
      } else if (!chars.others()) {
        return false;
      } else if (!Character.isSurrogate(c)) {
        bytes += c < 0x800 ? 2 : 3;
      } else if (i + 1 < length && Character.isSurrogatePair(c, text.charAt(i + 1))) {
        bytes += 4;
        i++;
      } else {
        return false; // half a character has no length in UTF-8 that all agree on
      }
    }
    return points >= minPoints && points <= maxPoints && bytes >= minBytes && bytes <= maxBytes;
  }
}
