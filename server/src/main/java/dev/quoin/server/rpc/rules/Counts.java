// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.rpc.rules;

import build.buf.validate.FieldRules;
import build.buf.validate.Ignore;
import build.buf.validate.ValidateProto;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.MapEntry;
import com.google.protobuf.Message;
import dev.quoin.server.errors.InvalidRequest;
import java.util.List;

/**
 * Refuses lists and maps with more than they may have, before protovalidate looks at each of their
 * items and says what is wrong with every one.
 */
final class Counts {
  private int values;

  private Counts() {}

  /** Throws when there is such a list; tells how many messages and items there are in one. */
  static int check(Message message) {
    Counts counts = new Counts();
    counts.look(message, "");
    return counts.values;
  }

  private void look(Message message, String prefix) {
    values++;
    message.getAllFields().forEach((field, value) -> look(field, value, prefix));
  }

  private void look(FieldDescriptor field, Object value, String prefix) {
    String path = prefix + field.getName();
    if (field.isRepeated()) {
      checkCount(field, ((List<?>) value).size(), path);
    }
    if (field.getJavaType() != FieldDescriptor.JavaType.MESSAGE) {
      values += field.isRepeated() ? ((List<?>) value).size() : 0;
      return;
    }
    if (!field.isRepeated()) {
      look((Message) value, path + '.');
      return;
    }
    List<?> all = (List<?>) value;
    for (int i = 0; i < all.size(); i++) {
      if (!(all.get(i) instanceof MapEntry<?, ?> entry)) {
        look((Message) all.get(i), path + '[' + i + "].");
      } else if (entry.getValue() instanceof Message nested) {
        look(nested, path + "[\"" + entry.getKey() + "\"].");
      }
    }
  }

  private static void checkCount(FieldDescriptor field, int count, String path) {
    FieldRules rules = field.getOptions().getExtension(ValidateProto.field);
    if (rules.getIgnore() == Ignore.IGNORE_ALWAYS) {
      return;
    }
    if (rules.getRepeated().hasMaxItems() && count > rules.getRepeated().getMaxItems()) {
      throw InvalidRequest.of(
          path,
          "must contain no more than %d item(s)".formatted(rules.getRepeated().getMaxItems()));
    }
    if (rules.getMap().hasMaxPairs() && count > rules.getMap().getMaxPairs()) {
      throw InvalidRequest.of(
          path, "map must be at most %d entries".formatted(rules.getMap().getMaxPairs()));
    }
  }
}
