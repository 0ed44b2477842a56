// SPDX-License-Identifier: Apache-2.0
package dev.quoin.reliability;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Tokens, cursors and ids that answers contained, by the field of a request that takes them. */
final class Harvest {
  private static final int MOST = 64;

  private final Map<String, List<Object>> values = new HashMap<>();
  private final Random random;

  Harvest(Random random) {
    this.random = random;
  }

  /** Keeps what an answer has. */
  void take(Message answer) {
    answer.getAllFields().forEach(this::take);
  }

  /** Something that such a field may have held; null when nothing is known. */
  Object valueFor(FieldDescriptor field) {
    List<Object> known = values.get(kind(field));
    return known == null ? null : known.get(random.nextInt(known.size()));
  }

  private void take(FieldDescriptor field, Object value) {
    if (field.getJavaType() == JavaType.MESSAGE) {
      List<?> messages = value instanceof List<?> list ? list : List.of(value);
      messages.forEach(message -> take((Message) message));
    } else if (isOpaque(field) && !field.isRepeated() && !value.equals("")) {
      List<Object> known = values.computeIfAbsent(kind(field), kind -> new ArrayList<>());
      if (known.size() < MOST) {
        known.add(value);
      } else {
        known.set(random.nextInt(MOST), value);
      }
    }
  }

  private static boolean isOpaque(FieldDescriptor field) {
    String name = field.getName();
    boolean isText = field.getJavaType() == JavaType.STRING;
    return isText && (name.endsWith("token") || name.endsWith("cursor") || name.endsWith("id"))
        || field.getJavaType() == JavaType.LONG
            && (name.endsWith("_id")
                || name.endsWith("version")
                || name.endsWith("fence")
                || name.endsWith("revision"));
  }

  /** One word for all fields that can hold the same, and its type. */
  private static String kind(FieldDescriptor field) {
    String name = field.getName();
    boolean isNumber = field.getJavaType() == JavaType.LONG;
    if (isNumber && (name.endsWith("_id") || name.endsWith("_ids"))) {
      return "id " + (name.contains("message") ? "message" : "");
    }
    String last = name.substring(name.lastIndexOf('_') + 1).replaceFirst("s$", "");
    return field.getJavaType() + (name.contains("page_token") ? "page" : last);
  }
}
