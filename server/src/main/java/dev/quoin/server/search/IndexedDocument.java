// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import com.google.protobuf.Value.KindCase;
import dev.quoin.server.analysis.Term;
import dev.quoin.server.errors.InvalidRequest;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.util.SmallFloat;

/**
 * What a document is found by: its terms with their postings, its values in columns, and what it
 * adds to the sums of its partition.
 */
final class IndexedDocument {
  private static final int MOST_TERMS = 16_000;
  private static final int MOST_COUNTED = 127;
  private static final int LAST_POSITION = 65_535;
  private static final int BETWEEN_TEXTS = 100;

  /** Set in a posting when the word stood in the text as it is indexed. */
  static final int AS_WRITTEN = 0x80;

  /**
   * What a term has of the document.
   *
   * @param word what it is listed by, empty for not at all
   * @param posting how often and how long the field is
   */
  record Posting(String word, byte[] posting, byte[] positions) {
    /** As the script takes it; empty for a term that the document has no more. */
    byte[] stored() {
      return posting.length == 0
          ? Bytes.NONE
          : Bytes.join(new byte[] {(byte) (word.isEmpty() ? '0' : '1')}, posting, positions);
    }

    boolean isSame(Posting other) {
      return other != null
          && word.equals(other.word)
          && Arrays.equals(posting, other.posting)
          && Arrays.equals(positions, other.positions);
    }
  }

  final Map<String, Posting> terms = new LinkedHashMap<>();
  final Map<IndexField, byte[]> columns = new LinkedHashMap<>();
  final Map<String, Long> sums = new LinkedHashMap<>();

  private IndexedDocument() {}

  /** Of a document that is not there. */
  static IndexedDocument none() {
    return new IndexedDocument();
  }

  /**
   * Analyzes a document.
   *
   * @param where the part of the request that holds the fields
   */
  static IndexedDocument of(IndexDefinition index, Struct fields, String where) {
    IndexedDocument document = new IndexedDocument();
    FieldValues values = new FieldValues(where);
    fields
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              IndexField field = index.fields().get(name);
              if (field == null) {
                throw InvalidRequest.of(
                    "%s[\"%s\"]".formatted(where, name), Names.noField(name, index));
              }
              if (value.getKindCase() != KindCase.NULL_VALUE) {
                document.add(field, value, values);
              }
            });
    if (document.terms.size() > MOST_TERMS) {
      throw InvalidRequest.of(
          where, "must have at most 16,000 different words, not " + document.terms.size());
    }
    return document;
  }

  private void add(IndexField field, Value value, FieldValues values) {
    switch (field.type()) {
      case FIELD_TYPE_TEXT -> {
        addText(field, values.texts(field, value));
        if (field.sortable()) {
          columns.put(field, marked(values.string(field, value)));
        }
      }
      case FIELD_TYPE_TAG -> addTags(field, values.tags(field, value));
      case FIELD_TYPE_NUMBER ->
          columns.put(field, Bytes.write(Double.doubleToLongBits(values.number(field, value)), 8));
      default -> columns.put(field, marked(values.string(field, value)));
    }
  }

  /** A text in a column: the mark tells an empty one from none. */
  private static byte[] marked(String text) {
    return Bytes.join(new byte[] {1}, Bytes.utf8(text));
  }

  private void addTags(IndexField field, Set<String> tags) {
    ByteArrayOutputStream column = new ByteArrayOutputStream();
    for (String tag : tags) {
      terms.put(
          field.tag(tag),
          new Posting(field.listed(tag), new byte[] {(byte) (AS_WRITTEN | 1), 0}, Bytes.NONE));
      byte[] bytes = Bytes.utf8(tag);
      column.write(bytes.length - 1);
      column.writeBytes(bytes);
    }
    if (!tags.isEmpty()) {
      columns.put(field, column.toByteArray());
    }
  }

  /** How often a term occurs in a text, and where. */
  private static final class Occurrences {
    private final ByteArrayOutputStream positions = new ByteArrayOutputStream();
    private int count;
    private boolean asWritten;

    void add(int position) {
      if (count < MOST_COUNTED) {
        count++;
        positions.writeBytes(Bytes.write(Math.min(position, LAST_POSITION), 2));
      }
    }
  }

  private void addText(IndexField field, List<String> texts) {
    Map<String, Occurrences> found = new LinkedHashMap<>();
    Map<String, Boolean> surfaces = new HashMap<>();
    int length = 0;
    int base = 0;
    for (String text : texts) {
      int last = base;
      for (Term term : field.analyzer().terms(text)) {
        Occurrences of = found.computeIfAbsent(term.text(), t -> new Occurrences());
        last = base + term.position();
        of.add(last);
        if (term.word().equals(term.text())) {
          of.asWritten = true;
        } else {
          surfaces.put(term.word(), true);
        }
        length++;
      }
      base = last + BETWEEN_TEXTS;
    }
    if (length == 0) {
      return;
    }
    byte norm = SmallFloat.intToByte4(length);
    found.forEach(
        (term, of) ->
            terms.put(
                field.term(term),
                new Posting(
                    of.asWritten ? field.listed(term) : "",
                    new byte[] {(byte) (of.count | (of.asWritten ? AS_WRITTEN : 0)), norm},
                    of.positions.toByteArray())));
    surfaces
        .keySet()
        .forEach(
            word ->
                terms.put(
                    field.surface(word),
                    new Posting(
                        field.listed(word),
                        new byte[] {(byte) (AS_WRITTEN | 1), norm},
                        Bytes.NONE)));
    sums.put("n" + field.number(), 1L);
    sums.put("l" + field.number(), (long) length);
  }

  /** What has to be changed to make this document out of another. */
  Difference from(IndexedDocument before) {
    Difference difference = new Difference();
    before.terms.forEach(
        (term, posting) -> {
          if (!terms.containsKey(term)) {
            difference.terms.put(term, new Posting("", Bytes.NONE, Bytes.NONE));
          }
        });
    terms.forEach(
        (term, posting) -> {
          if (!posting.isSame(before.terms.get(term))) {
            difference.terms.put(term, posting);
          }
        });
    before.columns.keySet().forEach(field -> difference.columns.put(field, Bytes.NONE));
    columns.forEach(
        (field, value) -> {
          if (Arrays.equals(value, before.columns.get(field))) {
            difference.columns.remove(field);
          } else {
            difference.columns.put(field, value);
          }
        });
    before.sums.forEach((sum, value) -> difference.sums.merge(sum, -value, Long::sum));
    sums.forEach((sum, value) -> difference.sums.merge(sum, value, Long::sum));
    difference.sums.values().removeIf(value -> value == 0);
    return difference;
  }

  /** What a script is told to change. */
  static final class Difference {
    final Map<String, Posting> terms = new LinkedHashMap<>();
    final Map<IndexField, byte[]> columns = new LinkedHashMap<>();
    final Map<String, Long> sums = new LinkedHashMap<>();
  }
}
