// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import build.buf.validate.DurationRules;
import build.buf.validate.FieldRules;
import build.buf.validate.Ignore;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.OneofDescriptor;
import com.google.protobuf.Duration;
import com.google.protobuf.Message;
import com.google.protobuf.Timestamp;
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
final class PlainRules {
  private static final String DURATION = Duration.getDescriptor().getFullName();
  private static final PlainRules NONE = new PlainRules(null, List.of(), List.of());

  private final Message prototype;
  private final PlainField[] fields;
  private final PlainChoice[] choices;

  private PlainRules(Message prototype, List<PlainField> fields, List<PlainChoice> choices) {
    this.prototype = prototype;
    this.fields = fields.toArray(PlainField[]::new);
    this.choices = choices.toArray(PlainChoice[]::new);
  }

  /** Compiles the type of a message; one that has other rules, in it or below it, is not plain. */
  static PlainRules of(Message prototype) {
    try {
      return of(prototype, new HashSet<>());
    } catch (NotPlain e) {
      return NONE;
    }
  }

  /** Whether any message of the type can be found fine. */
  boolean isPlain() {
    return prototype != null;
  }

  /** Whether the message certainly breaks no rule. */
  boolean isFine(Message message) {
    if (prototype == null
        || message.getClass() != prototype.getClass()
        || message.getDescriptorForType() != prototype.getDescriptorForType()) {
      return false;
    }
    for (PlainField field : fields) {
      if (!field.isFine(message)) {
        return false;
      }
    }
    for (PlainChoice choice : choices) {
      if (!choice.isFine(message)) {
        return false;
      }
    }
    return true;
  }

  private static PlainRules of(Message prototype, Set<Descriptor> around) throws NotPlain {
    Descriptor type = prototype.getDescriptorForType();
    if (type.getFullName().equals(Any.getDescriptor().getFullName()) || !around.add(type)) {
      throw new NotPlain(type.getFullName() + " is Any or contains itself");
    }
    refuseRules(type.getOptions(), ValidateProto.message.getDescriptor());
    List<PlainChoice> choices = PlainChoice.of(prototype);
    for (OneofDescriptor oneof : type.getOneofs()) {
      refuseRules(oneof.getOptions(), null);
    }
    List<PlainField> fields = new ArrayList<>();
    for (FieldDescriptor field : type.getFields()) {
      refuseRules(field.getOptions(), ValidateProto.field.getDescriptor());
      add(fields, prototype, field, around);
    }
    around.remove(type);
    return new PlainRules(prototype, fields, choices);
  }

  private static void refuseRules(Message options, FieldDescriptor except) throws NotPlain {
    if (!options.getUnknownFields().asMap().isEmpty()) {
      throw new NotPlain("unknown options");
    }
    for (FieldDescriptor option : options.getAllFields().keySet()) {
      if (option != except && option.getFullName().startsWith("buf.validate.")) {
        throw new NotPlain(option.getFullName());
      }
    }
  }

  private static void add(
      List<PlainField> fields, Message prototype, FieldDescriptor field, Set<Descriptor> around)
      throws NotPlain {
    FieldRules rules = field.getOptions().getExtension(ValidateProto.field);
    List<Predicate<Object>> checks = new ArrayList<>();
    for (Map.Entry<FieldDescriptor, Object> rule : NotPlain.rulesOf(rules).entrySet()) {
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
            || PlainChoice.isOf(field) && rules.getIgnore() == Ignore.IGNORE_UNSPECIFIED;
    if (!ifSet && rules.getIgnore() != Ignore.IGNORE_UNSPECIFIED) {
      throw new NotPlain("ignore = " + rules.getIgnore());
    }
    if (!checks.isEmpty() || rules.getRequired()) {
      fields.add(
          new PlainField(
              FieldReader.of(field, prototype.getClass()),
              field.isRepeated(),
              rules.getRequired(),
              ifSet || field.hasPresence(),
              all(checks)));
    }
  }

  /** Where there is any rule, protovalidate can fail over a malformed time without breaking one. */
  private static void addTime(List<Predicate<Object>> checks, FieldDescriptor field)
      throws NotPlain {
    String type = field.getMessageType().getFullName();
    boolean isDuration = type.equals(DURATION);
    if (isDuration && !field.isRepeated()) {
      if (checks.isEmpty()) {
        checks.add(PlainDuration.of(DurationRules.getDefaultInstance()));
      }
    } else if (isDuration || type.equals(Timestamp.getDescriptor().getFullName())) {
      throw new NotPlain(field.getFullName() + " has rules for times");
    }
  }

  private static void refuseRulesOfValues(
      Message prototype, FieldDescriptor map, Set<Descriptor> around) throws NotPlain {
    if (of(below(prototype, map), around).hasRules()) {
      throw new NotPlain(map.getFullName() + " has values with rules of their own");
    }
  }

  private static void addNested(
      List<Predicate<Object>> checks,
      Message prototype,
      FieldDescriptor field,
      Set<Descriptor> around)
      throws NotPlain {
    PlainRules nested = of(below(prototype, field), around);
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

  /** The check of a group of rules; rules that are not for the field's type are not plain. */
  private static Predicate<Object> check(FieldDescriptor field, FieldDescriptor kind, Object value)
      throws NotPlain {
    String type = field.getType().name().toLowerCase(Locale.ROOT);
    if (field.isRepeated()) {
      type = field.isMapField() ? "map" : "repeated";
    }
    if (type.equals("message") && field.getMessageType().getFullName().equals(DURATION)) {
      type = "duration";
    }
    if (!kind.getName().equals(type) || !(value instanceof Message rules)) {
      throw new NotPlain(kind.getFullName());
    }
    return switch (type) {
      case "string" -> PlainText.of(rules);
      case "bytes" -> PlainSize.of(rules);
      case "repeated" -> PlainList.of(field, rules);
      case "map" -> PlainMap.of(field, rules);
      case "int32", "int64", "uint32", "uint64", "sint32", "sint64" ->
          PlainNumber.of(field.getType(), rules);
      case "double" -> PlainReal.of(rules);
      case "enum" -> PlainEnum.of(field.getEnumType(), rules);
      case "duration" -> PlainDuration.of(rules);
      default -> throw new NotPlain(kind.getFullName());
    };
  }
}
