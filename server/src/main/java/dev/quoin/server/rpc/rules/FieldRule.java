// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import com.google.protobuf.Message;
import java.util.List;
import java.util.function.Predicate;

/**
 * A field with rules.
 *
 * @param field reads it
 * @param repeated whether its value is a list
 * @param required whether it has to be set
 * @param onlyIfSet whether the rules do not apply when it is not set
 * @param check whether a value, for repeated fields the list of them, is certainly fine
 */
record FieldRule(
    FieldReader field,
    boolean repeated,
    boolean required,
    boolean onlyIfSet,
    Predicate<Object> check) {
  boolean isFine(Message message) {
    if (repeated) {
      List<?> values = (List<?>) field.get(message);
      return values.isEmpty() && (required || onlyIfSet) ? !required : check.test(values);
    }
    if ((required || onlyIfSet) && !field.isSet(message)) {
      return !required;
    }
    return check.test(field.get(message));
  }
}
