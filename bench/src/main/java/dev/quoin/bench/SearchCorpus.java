// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import java.util.Arrays;
import java.util.Random;

/** Documents to search, the same ones in every run. */
final class SearchCorpus {
  static final int CONTACTS = 60_000;

  /** In 2 documents of 10,000, in one of 20, and in more than every second one. */
  static final String RARE = "rare";

  static final String MEDIUM = "medium";
  static final String FREQUENT = "frequent";

  private static final int WORDS = 100;
  private static final int VOCABULARY = 50_000;
  private static final int NAMES = 2_000;
  private static final int CITIES = 300;
  private static final double[] ZIPF = zipf();

  private SearchCorpus() {}

  /** How often words up to one occur among all words: the n-th as often as 1/n. */
  private static double[] zipf() {
    double[] sums = new double[VOCABULARY];
    double sum = 0;
    for (int i = 0; i < VOCABULARY; i++) {
      sum += 1.0 / (i + 10);
      sums[i] = sum;
    }
    for (int i = 0; i < VOCABULARY; i++) {
      sums[i] /= sum;
    }
    return sums;
  }

  private static String word(Random random) {
    int place = Arrays.binarySearch(ZIPF, random.nextDouble());
    return "w" + Integer.toString(place < 0 ? -place - 1 : place, 36);
  }

  /** The text of a document of 100 words. */
  static String text(int number) {
    Random random = new Random(number);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < WORDS - 1; i++) {
      text.append(word(random)).append(' ');
    }
    if (number % 5_000 == 7) {
      text.append(RARE).append(' ');
    }
    if (number % 20 == 3) {
      text.append(MEDIUM).append(' ');
    }
    if (number % 5 < 3) {
      text.append(FREQUENT).append(' ');
    }
    return text.toString();
  }

  static Document textDocument(int number) {
    return document("d" + number, "body", text(number));
  }

  static CreateIndexRequest textIndex(String index) {
    return CreateIndexRequest.newBuilder()
        .setIndex(index)
        .addFields(field("body", FieldType.FIELD_TYPE_TEXT))
        .build();
  }

  /** A contact: name, e-mail address, phone, city, and when it was updated. */
  static Document contact(int number) {
    Random random = new Random(number);
    String first = "first" + Integer.toString(random.nextInt(NAMES), 36);
    String last = "last" + Integer.toString(random.nextInt(NAMES), 36);
    Document.Builder contact =
        document(
            "c" + number,
            "name",
            first + ' ' + last,
            "email",
            first + '.' + last + '@' + "company" + random.nextInt(500) + ".example",
            "phone",
            "+49 30 " + (1_000_000 + random.nextInt(9_000_000)),
            "sorted_name",
            last + ", " + first,
            "city",
            "city" + random.nextInt(CITIES))
            .toBuilder();
    contact
        .getFieldsBuilder()
        .putFields(
            "updated", Value.newBuilder().setNumberValue(1_700_000_000 + number * 37L).build());
    return contact.build();
  }

  static CreateIndexRequest contactIndex(String index) {
    return CreateIndexRequest.newBuilder()
        .setIndex(index)
        .addFields(field("name", FieldType.FIELD_TYPE_TEXT))
        .addFields(field("email", FieldType.FIELD_TYPE_TEXT))
        .addFields(field("phone", FieldType.FIELD_TYPE_TEXT))
        .addFields(field("sorted_name", FieldType.FIELD_TYPE_STRING))
        .addFields(field("city", FieldType.FIELD_TYPE_TAG))
        .addFields(field("updated", FieldType.FIELD_TYPE_NUMBER))
        .build();
  }

  private static FieldDefinition field(String name, FieldType type) {
    return FieldDefinition.newBuilder().setName(name).setType(type).build();
  }

  private static Document document(String id, String... namesAndTexts) {
    Struct.Builder fields = Struct.newBuilder();
    for (int i = 0; i < namesAndTexts.length; i += 2) {
      fields.putFields(
          namesAndTexts[i], Value.newBuilder().setStringValue(namesAndTexts[i + 1]).build());
    }
    return Document.newBuilder().setId(id).setFields(fields).build();
  }
}
