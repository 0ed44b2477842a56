// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.DurationRules;
import build.buf.validate.FieldRules;
import build.buf.validate.Ignore;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The rules of a message type without CEL and regular expressions, for the requests that break
 * none. It answers "certainly fine" or "don't know"; what it does not know, protovalidate decides.
 */
final class FastRules {
  private static final String DURATION = Duration.getDescriptor().getFullName();

  /** Anything that JSON can say; these contain themselves and have no rules. */
  private static final Set<String> JSON =
      Set.of(
          Struct.getDescriptor().getFullName(),
          Value.getDescriptor().getFullName(),
          ListValue.getDescriptor().getFullName());

  private static final FastRules NONE = new FastRules(null, List.of(), List.of());

  private final Message prototype;
  private final FieldRule[] fields;
  private final OneofRule[] choices;

  private FastRules(Message prototype, List<FieldRule> fields, List<OneofRule> choices) {
    this.prototype = prototype;
    this.fields = fields.toArray(FieldRule[]::new);
    this.choices = choices.toArray(OneofRule[]::new);
  }

  /**
   * Compiles the type of a message; one that has other rules is not supported. Where messages below
   * it have some, it is supported as long as there are none of those.
   */
  static FastRules of(Message prototype) {
    try {
      return of(prototype, new HashSet<>());
    } catch (UnsupportedRule e) {
      return NONE;
    }
  }

  /** Whether any message of the type can be found fine. */
  boolean isSupported() {
    return prototype != null;
  }

  /** Whether the message certainly breaks no rule. */
  boolean isFine(Message message) {
    if (prototype == null
        || message.getClass() != prototype.getClass()
        || message.getDescriptorForType() != prototype.getDescriptorForType()) {
      return false;
    }
    for (FieldRule field : fields) {
      if (!field.isFine(message)) {
        return false;
      }
    }
    for (OneofRule choice : choices) {
      if (!choice.isFine(message)) {
        return false;
      }
    }
    return true;
  }

  private static FastRules of(Message prototype, Set<Descriptor> around) throws UnsupportedRule {
    Descriptor type = prototype.getDescriptorForType();
    if (type.getFullName().equals(Any.getDescriptor().getFullName()) || !around.add(type)) {
      throw new UnsupportedRule(type.getFullName() + " is Any or contains itself");
    }
    refuseRules(type.getOptions(), ValidateProto.message.getDescriptor());
    List<OneofRule> choices = OneofRule.of(prototype);
    for (OneofDescriptor oneof : type.getOneofs()) {
      refuseRules(oneof.getOptions(), null);
    }
    List<FieldRule> fields = new ArrayList<>();
    for (FieldDescriptor field : type.getFields()) {
      refuseRules(field.getOptions(), ValidateProto.field.getDescriptor());
      add(fields, prototype, field, around);
    }
    around.remove(type);
    return new FastRules(prototype, fields, choices);
  }

  private static void refuseRules(Message options, FieldDescriptor except) throws UnsupportedRule {
    if (!options.getUnknownFields().asMap().isEmpty()) {
      throw new UnsupportedRule("unknown options");
    }
    for (FieldDescriptor option : options.getAllFields().keySet()) {
      if (option != except && option.getFullName().startsWith("buf.validate.")) {
        throw new UnsupportedRule(option.getFullName());
      }
    }
  }

  private static void add(
      List<FieldRule> fields, Message prototype, FieldDescriptor field, Set<Descriptor> around)
      throws UnsupportedRule {
    FieldRules rules = field.getOptions().getExtension(ValidateProto.field);
    List<Predicate<Object>> checks = new ArrayList<>();
    for (Map.Entry<FieldDescriptor, Object> rule : UnsupportedRule.rulesOf(rules).entrySet()) {
      switch (rule.getKey().getNumber()) {
        case FieldRules.REQUIRED_FIELD_NUMBER, FieldRules.IGNORE_FIELD_NUMBER -> {}
        default -> checks.add(check(field, rule.getKey(), rule.getValue()));
      }
    }
    if (field.isMapField()) {
      refuseRulesOfValues(prototype, field, around);
    } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
      if (!rules.equals(FieldRules.getDefaultInstance())) {
        addTime(checks, field);
      } else if (Times.isTime(field.getMessageType())) {
        checks.add(Times::areValid);
      }
      addNested(checks, prototype, field, around);
    }
    boolean ifSet =
        rules.getIgnore() == Ignore.IGNORE_IF_ZERO_VALUE
            || OneofRule.isOf(field) && rules.getIgnore() == Ignore.IGNORE_UNSPECIFIED;
    if (!ifSet && rules.getIgnore() != Ignore.IGNORE_UNSPECIFIED) {
      throw new UnsupportedRule("ignore = " + rules.getIgnore());
    }
    if (!checks.isEmpty() || rules.getRequired()) {
      fields.add(
          new FieldRule(
              FieldReader.of(field, prototype.getClass()),
              field.isRepeated(),
              rules.getRequired(),
              ifSet || field.hasPresence(),
              all(checks)));
    }
  }

  /** Where there is any rule, protovalidate can fail over a malformed time without breaking one. */
  private static void addTime(List<Predicate<Object>> checks, FieldDescriptor field)
      throws UnsupportedRule {
    String type = field.getMessageType().getFullName();
    boolean isDuration = type.equals(DURATION);
    if (isDuration && !field.isRepeated()) {
      if (checks.isEmpty()) {
        checks.add(DurationRule.of(DurationRules.getDefaultInstance()));
      }
    } else if (isDuration || type.equals(Timestamp.getDescriptor().getFullName())) {
      throw new UnsupportedRule(field.getFullName() + " has rules for times");
    }
  }

  private static void refuseRulesOfValues(
      Message prototype, FieldDescriptor map, Set<Descriptor> around) throws UnsupportedRule {
    if (of(below(prototype, map), around).hasRules()) {
      throw new UnsupportedRule(map.getFullName() + " has values with rules of their own");
    }
  }

  private static void addNested(
      List<Predicate<Object>> checks,
      Message prototype,
      FieldDescriptor field,
      Set<Descriptor> around)
      throws UnsupportedRule {
    if (JSON.contains(field.getMessageType().getFullName())) {
      return;
    }
    FastRules nested;
    try {
      nested = of(below(prototype, field), new HashSet<>(around));
    } catch (UnsupportedRule e) {
      // Most requests do without it; it is not known whether one that has it is fine.
      checks.add(value -> value instanceof List<?> messages && messages.isEmpty());
      return;
    }
    if (nested.hasRules()) {
      checks.add(field.isRepeated() ? nested::areFine : value -> nested.isFine((Message) value));
    }
  }

  /** An empty message of a field's type, of the class that the field's values have. */
  private static Message below(Message prototype, FieldDescriptor field) {
    return prototype.newBuilderForType().newBuilderForField(field).getDefaultInstanceForType();
  }

  private boolean hasRules() {
    return fields.length + choices.length > 0;
  }

  private boolean areFine(Object values) {
    List<?> messages = (List<?>) values;
    for (int i = 0; i < messages.size(); i++) {
      if (!isFine((Message) messages.get(i))) {
        return false;
      }
    }
    return true;
  }

  private static Predicate<Object> all(List<Predicate<Object>> checks) {
    return checks.stream().reduce(Predicate::and).orElse(value -> true);
  }

  /** The check of a group of rules; rules that are not for the field's type are not supported. */
  private static Predicate<Object> check(FieldDescriptor field, FieldDescriptor kind, Object value)
      throws UnsupportedRule {
    String type = field.getType().name().toLowerCase(Locale.ROOT);
    if (field.isRepeated()) {
      type = field.isMapField() ? "map" : "repeated";
    }
    if (type.equals("message") && field.getMessageType().getFullName().equals(DURATION)) {
      type = "duration";
    }
    if (!kind.getName().equals(type) || !(value instanceof Message rules)) {
      throw new UnsupportedRule(kind.getFullName());
    }
    return switch (type) {
      case "string" -> StringRule.of(rules);
      case "bytes" -> SizeRule.of(rules);
      case "repeated" -> ListRule.of(field, rules);
      case "map" -> MapRule.of(field, rules);
      case "int32", "int64", "uint32", "uint64", "sint32", "sint64" ->
          IntegerRule.of(field.getType(), rules);
      case "double" -> DoubleRule.of(rules);
      case "enum" -> EnumRule.of(field.getEnumType(), rules);
      case "duration" -> DurationRule.of(rules);
      default -> throw new UnsupportedRule(kind.getFullName());
    };
  }
}
