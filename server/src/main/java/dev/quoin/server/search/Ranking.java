// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.NullValue;
import com.google.protobuf.Value;
import dev.quoin.search.v1.Missing;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * In which order the documents of a query come: by fields and score, and by id when they are equal
 * in all of that.
 *
 * @param textWeight what the relevance of the text is multiplied by
 * @param weights of NUMBER fields that go into the score
 */
record Ranking(
    List<Key> keys, boolean missingFirst, double textWeight, Map<IndexField, Double> weights) {
  private static final int MOST_STRINGS = 4;

  /**
   * One thing that is sorted by.
   *
   * @param field null for the score
   */
  record Key(IndexField field, boolean descending) {
    boolean isNumeric() {
      return field == null || field.isNumber();
    }
  }

  /**
   * Where a document comes.
   *
   * @param values of the keys: Double, byte[], or null for none
   */
  record Place(Object[] values, byte[] id) {}

  static Ranking of(IndexDefinition index, QueryRequest request) {
    List<Key> keys = new ArrayList<>();
    for (int i = 0; i < request.getSortCount(); i++) {
      String where = "sort[" + i + "]";
      Key key = key(index, request.getSort(i), where);
      if (keys.stream().anyMatch(before -> before.field() == key.field())) {
        throw InvalidRequest.of(where, "the field must be there once");
      }
      keys.add(key);
    }
    if (keys.isEmpty()) {
      keys.add(new Key(null, true));
    }
    if (keys.stream().filter(key -> !key.isNumeric()).count() > MOST_STRINGS) {
      throw InvalidRequest.of("sort", "must have at most 4 fields that are no numbers");
    }
    Map<String, Double> given =
        switch (request.getWeights().getWeightingCase()) {
          case PROFILE -> profile(index, request.getWeights().getProfile());
          case CUSTOM -> request.getWeights().getCustom().getByFieldMap();
          default -> Map.of(IndexField.SCORE, 1.0);
        };
    return new Ranking(
        keys,
        request.getMissing() == Missing.MISSING_FIRST,
        given.getOrDefault(IndexField.SCORE, 0.0),
        weights(index, given, "weights.custom.by_field"));
  }

  private static Map<String, Double> profile(IndexDefinition index, String name) {
    if (index.profile(name) == null) {
      throw InvalidRequest.of("weights.profile", "the index has no weights of this name");
    }
    return index.profile(name).getByFieldMap();
  }

  /** The weights of fields; throws when one is no NUMBER. */
  static Map<IndexField, Double> weights(
      IndexDefinition index, Map<String, Double> given, String where) {
    Map<IndexField, Double> weights = new LinkedHashMap<>();
    given.keySet().stream()
        .sorted()
        .filter(name -> !name.equals(IndexField.SCORE))
        .forEach(
            name -> {
              String place = "%s[\"%s\"]".formatted(where, name);
              IndexField field = index.field(name, place);
              if (!field.isNumber()) {
                throw InvalidRequest.of(place, "must be a NUMBER or _score");
              }
              weights.put(field, given.get(name));
            });
    return weights;
  }

  private static Key key(IndexDefinition index, String text, String where) {
    boolean descending = text.startsWith("-");
    String name = descending ? text.substring(1) : text;
    if (name.equals(IndexField.SCORE)) {
      return new Key(null, true);
    }
    IndexField field = index.field(name, where);
    if (!field.canBeSorted()) {
      throw InvalidRequest.of(
          where,
          field.isText()
              ? "the field \"%s\" is a TEXT that is not sortable".formatted(name)
              : "the field \"%s\" is a TAG, which cannot be sorted by".formatted(name));
    }
    return new Key(field, descending);
  }

  boolean needsScore() {
    return keys.stream().anyMatch(key -> key.field() == null);
  }

  int compare(Place one, Place other) {
    for (int i = 0; i < keys.size(); i++) {
      int order = compareValues(i, one.values()[i], other.values()[i]);
      if (order != 0) {
        return order;
      }
    }
    return Arrays.compareUnsigned(one.id(), other.id());
  }

  /** Which of two values of a key comes first. */
  int compareValues(int key, Object one, Object other) {
    if (one == null || other == null) {
      int order = one == other ? 0 : one == null ? 1 : -1;
      return missingFirst ? -order : order;
    }
    int order =
        keys.get(key).isNumeric()
            ? Double.compare((Double) one, (Double) other)
            : Arrays.compareUnsigned((byte[]) one, (byte[]) other);
    return keys.get(key).descending() ? -order : order;
  }

  /** A number of a key so that the less comes first; NaN stands for none. */
  double rank(double number, Key key) {
    if (number != number) {
      return missingFirst ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }
    return key.descending() ? -number : number;
  }

  /** The rank of a place by the first key, when that is a number. */
  double firstRank(Place place) {
    Key key = keys.get(0);
    if (!key.isNumeric()) {
      return 0;
    }
    return rank(place.values()[0] == null ? Double.NaN : (Double) place.values()[0], key);
  }

  /** The values of a place as hits show them. */
  List<Value> shown(Place place) {
    List<Value> shown = new ArrayList<>();
    for (Object value : place.values()) {
      Value.Builder one = Value.newBuilder();
      if (value == null) {
        one.setNullValue(NullValue.NULL_VALUE);
      } else if (value instanceof Double number) {
        one.setNumberValue(number);
      } else {
        one.setStringValue(Bytes.text((byte[]) value, 0, ((byte[]) value).length));
      }
      shown.add(one.build());
    }
    return shown;
  }

  /** A place as a text, for {@link #read}. */
  String write(Place place) {
    StringBuilder text = new StringBuilder();
    for (Object value : place.values()) {
      if (value == null) {
        text.append('-');
      } else if (value instanceof Double number) {
        text.append('n').append(Long.toHexString(Double.doubleToLongBits(number))).append(';');
      } else {
        append(text.append('s'), (byte[]) value);
      }
    }
    append(text, place.id());
    return text.toString();
  }

  private static void append(StringBuilder text, byte[] value) {
    String words = Bytes.text(value, 0, value.length);
    text.append(words.length()).append(':').append(words);
  }

  /** Reads a place that was written for the same ranking, from somewhere in a text. */
  Place read(String text, int from) {
    Object[] values = new Object[keys.size()];
    int at = from;
    for (int i = 0; i < values.length; i++) {
      char kind = text.charAt(at++);
      if (kind == 'n') {
        int end = text.indexOf(';', at);
        values[i] = Double.longBitsToDouble(Long.parseUnsignedLong(text.substring(at, end), 16));
        at = end + 1;
      } else if (kind == 's') {
        int colon = text.indexOf(':', at);
        int end = colon + 1 + Integer.parseInt(text.substring(at, colon));
        values[i] = Bytes.utf8(text.substring(colon + 1, end));
        at = end;
      }
    }
    return new Place(values, Bytes.utf8(text.substring(text.indexOf(':', at) + 1)));
  }
}
