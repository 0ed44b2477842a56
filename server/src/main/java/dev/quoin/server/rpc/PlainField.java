// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.function.Predicate;

/**
 * A field with rules.
 *
 * @param field what to read
 * @param required whether it has to be set
 * @param onlyIfSet whether the rules do not apply when it is not set
 * @param check whether a value, for repeated fields the list of them, is certainly fine
 */
record PlainField(
    FieldDescriptor field, boolean required, boolean onlyIfSet, Predicate<Object> check) {
  boolean isFine(Message message) {
    if (field.isRepeated()) {
      List<?> values = (List<?>) message.getField(field);
      return values.isEmpty() && (required || onlyIfSet) ? !required : check.test(values);
    }
    if ((required || onlyIfSet) && !message.hasField(field)) {
      return !required;
    }
    return check.test(message.getField(field));
  }
}
