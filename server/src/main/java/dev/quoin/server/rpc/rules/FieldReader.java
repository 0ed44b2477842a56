// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Reads a field of messages of one class. It calls the generated methods, since reading by the
 * descriptor costs more than checking what was read.
 */
final class FieldReader {
  private static final MethodType VALUE = MethodType.methodType(Object.class, Message.class);
  private static final MethodType PRESENCE = MethodType.methodType(boolean.class, Message.class);

  private final FieldDescriptor field;

  /** Null when no method does: messages of types made at run time have none. */
  private final MethodHandle value;

  /** Null also when the field has no presence. */
  private final MethodHandle presence;

  private FieldReader(FieldDescriptor field, MethodHandle value, MethodHandle presence) {
    this.field = field;
    this.value = value;
    this.presence = presence;
  }

  static FieldReader of(FieldDescriptor field, Class<? extends Message> messages) {
    String camel = field.getJsonName();
    String name = Character.toUpperCase(camel.charAt(0)) + camel.substring(1);
    return new FieldReader(
        field,
        isAlike(field) ? method(messages, "get" + name + suffix(field), VALUE) : null,
        field.hasPresence() ? method(messages, "has" + name, PRESENCE) : null);
  }

  /** Whether generated methods have the value in the same form as the descriptor. */
  private static boolean isAlike(FieldDescriptor field) {
    return !field.isMapField() && !(field.isRepeated() && isEnum(field));
  }

  private static String suffix(FieldDescriptor field) {
    if (field.isRepeated()) {
      return "List";
    }
    return isEnum(field) ? "Value" : "";
  }

  private static boolean isEnum(FieldDescriptor field) {
    return field.getJavaType() == FieldDescriptor.JavaType.ENUM;
  }

  private static MethodHandle method(
      Class<? extends Message> messages, String name, MethodType type) {
    try {
      return MethodHandles.publicLookup().unreflect(messages.getMethod(name)).asType(type);
    } catch (NoSuchMethodException | IllegalAccessException e) {
      return null;
    }
  }

  /** Whether the field is set; without presence, whether it is not the default. */
  boolean isSet(Message message) {
    if (presence == null) {
      return isText() ? !((String) get(message)).isEmpty() : message.hasField(field);
    }
    try {
      return (boolean) presence.invokeExact(message);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private boolean isText() {
    return field.getJavaType() == FieldDescriptor.JavaType.STRING
        && !field.hasPresence()
        && !field.isRepeated();
  }

  /** The value: of an enum its number, of a repeated field the list. */
  Object get(Message message) {
    if (value == null) {
      Object read = message.getField(field);
      return read instanceof EnumValueDescriptor constant ? constant.getNumber() : read;
    }
    try {
      return value.invokeExact(message);
    } catch (Throwable e) {
      throw unexpected(e);
    }
  }

  private IllegalStateException unexpected(Throwable failure) {
    return new IllegalStateException("cannot read " + field.getFullName(), failure);
  }
}
