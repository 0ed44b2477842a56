// SPDX-License-Identifier: Apache-2.0
package dev.quoin.client;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Values of {@code google.protobuf.Struct} as Java knows them. */
public final class Structs {
  private Structs() {}

  /**
   * Makes a struct of texts, numbers, booleans, nulls, lists and maps of these. Numbers become
   * doubles, so write whole ones beyond 2^53 as texts.
   *
   * @throws IllegalArgumentException when there is something else in it
   */
  public static Struct of(Map<String, ?> map) {
    Struct.Builder struct = Struct.newBuilder();
    map.forEach((key, value) -> struct.putFields(key, value(value)));
    return struct.build();
  }

  /** The same as a map; numbers are doubles. */
  public static Map<String, Object> map(Struct struct) {
    Map<String, Object> map = new LinkedHashMap<>();
    struct.getFieldsMap().forEach((key, value) -> map.put(key, object(value)));
    return map;
  }

  private static Value value(Object object) {
    Value.Builder value = Value.newBuilder();
    if (object == null) {
      value.setNullValue(NullValue.NULL_VALUE);
    } else if (object instanceof CharSequence text) {
      value.setStringValue(text.toString());
    } else if (object instanceof Number number) {
      value.setNumberValue(number.doubleValue());
    } else if (object instanceof Boolean truth) {
      value.setBoolValue(truth);
    } else if (object instanceof List<?> list) {
      ListValue.Builder values = ListValue.newBuilder();
      list.forEach(element -> values.addValues(value(element)));
      value.setListValue(values);
    } else if (object instanceof Map<?, ?> map) {
      Struct.Builder fields = Struct.newBuilder();
      map.forEach((key, element) -> fields.putFields(String.valueOf(key), value(element)));
      value.setStructValue(fields);
    } else {
      throw new IllegalArgumentException("a struct cannot hold a " + object.getClass().getName());
    }
    return value.build();
  }

  private static Object object(Value value) {
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case BOOL_VALUE -> value.getBoolValue();
      case STRUCT_VALUE -> map(value.getStructValue());
      case LIST_VALUE ->
          value.getListValue().getValuesList().stream().map(Structs::object).toList();
      default -> null;
    };
  }
}
