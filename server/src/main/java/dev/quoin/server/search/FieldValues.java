// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Value;
import com.google.protobuf.Value.KindCase;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** What the values of a document mean to fields of the types there are. */
final class FieldValues {
  static final int STRING_BYTES = 8_192;
  private static final int TAG_BYTES = 256;
  private static final int TAGS = 64;

  /** Whole numbers from here on stand for others, too. */
  private static final double MOST_EXACT = 1L << 53;

  private final String where;

  /**
   * @param where the part of the request that holds the values, for example "document.fields"
   */
  FieldValues(String where) {
    this.where = where;
  }

  /** The texts of a TEXT field. */
  List<String> texts(IndexField field, Value value) {
    List<String> texts = new ArrayList<>();
    for (Value one : all(value)) {
      if (one.getKindCase() != KindCase.STRING_VALUE) {
        throw wrong(field, "must be a text or a list of texts");
      }
      texts.add(one.getStringValue());
    }
    return texts;
  }

  /** The value by which a TEXT or STRING is sorted. */
  String string(IndexField field, Value value) {
    if (value.getKindCase() != KindCase.STRING_VALUE) {
      throw wrong(field, "must be a text");
    }
    String text = value.getStringValue();
    if (Bytes.utf8(text).length > STRING_BYTES) {
      throw wrong(field, "must have at most 8,192 bytes");
    }
    return text;
  }

  double number(IndexField field, Value value) {
    return switch (value.getKindCase()) {
      case BOOL_VALUE -> value.getBoolValue() ? 1 : 0;
      case NUMBER_VALUE -> {
        if (!Double.isFinite(value.getNumberValue())) {
          throw wrong(field, "must be a finite number");
        }
        // So that -0 is where 0 is.
        yield value.getNumberValue() + 0.0;
      }
      default -> throw wrong(field, "must be a number or a bool");
    };
  }

  /** The values of a TAG, each once. */
  Set<String> tags(IndexField field, Value value) {
    Set<String> tags = new LinkedHashSet<>();
    for (Value one : all(value)) {
      String tag =
          switch (one.getKindCase()) {
            case STRING_VALUE -> one.getStringValue();
            case BOOL_VALUE -> String.valueOf(one.getBoolValue());
            case NUMBER_VALUE -> exact(field, one.getNumberValue());
            default -> throw wrong(field, "must be texts, numbers or bools");
          };
      int bytes = Bytes.utf8(tag).length;
      if (bytes == 0 || bytes > TAG_BYTES || tag.chars().anyMatch(Character::isISOControl)) {
        throw wrong(field, "must have values of 1 to 256 bytes without control characters");
      }
      tags.add(tag);
    }
    if (tags.size() > TAGS) {
      throw wrong(field, "must have at most 64 values");
    }
    return tags;
  }

  private String exact(IndexField field, double value) {
    if (value == Math.rint(value) && Math.abs(value) >= MOST_EXACT) {
      throw wrong(field, "must be given as a text when it is a whole number from 2^53 on");
    }
    return number(value);
  }

  /** A number as people write it. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < MOST_EXACT
        ? String.valueOf((long) value)
        : String.valueOf(value);
  }

  private static List<Value> all(Value value) {
    return value.getKindCase() == KindCase.LIST_VALUE
        ? value.getListValue().getValuesList()
        : List.of(value);
  }

  private InvalidRequest wrong(IndexField field, String rule) {
    return InvalidRequest.of(
        "%s[\"%s\"]".formatted(where, field.name()),
        "%s, for a field of type %s".formatted(rule, field.typeWord()));
  }
}
