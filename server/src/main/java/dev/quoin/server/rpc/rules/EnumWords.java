// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.protovalidate.Violation;
import build.buf.validate.EnumRules;
import build.buf.validate.FieldRules;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Says in words which values of an enum are allowed; protovalidate speaks of numbers. */
final class EnumWords {
  private static final String RULES = "enum.";

  private EnumWords() {}

  /**
   * What has to be there instead, when a violation is about a value of an enum, and not about how
   * many there are.
   */
  static Optional<String> words(Violation violation) {
    boolean isOfValue = violation.toProto().getRuleId().startsWith(RULES);
    if (!isOfValue || violation.getFieldValue() == null) {
      return Optional.empty();
    }
    FieldDescriptor field = violation.getFieldValue().getDescriptor();
    if (field.getJavaType() != FieldDescriptor.JavaType.ENUM || field.isMapField()) {
      return Optional.empty();
    }
    FieldRules rules = field.getOptions().getExtension(ValidateProto.field);
    Predicate<EnumValueDescriptor> allowed =
        allowed(field.isRepeated() ? rules.getRepeated().getItems().getEnum() : rules.getEnum());
    return Optional.of(
        field.getEnumType().getValues().stream()
            .filter(allowed)
            .map(EnumValueDescriptor::getName)
            .collect(Collectors.joining(", ", "must be one of ", "")));
  }

  private static Predicate<EnumValueDescriptor> allowed(EnumRules rules) {
    return value ->
        (rules.getInCount() == 0 || rules.getInList().contains(value.getNumber()))
            && !rules.getNotInList().contains(value.getNumber())
            && (!rules.hasConst() || rules.getConst() == value.getNumber());
  }
}
