// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.Weights;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.InvalidRequest;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;

/**
 * What an index is made of.
 *
 * @param id tells it from others that had the same name
 * @param revision rises when fields are added
 * @param analyzers version of the analyzers it was made with
 * @param settings as they were given, those of updates included
 */
record IndexDefinition(
    String name,
    String id,
    long revision,
    int analyzers,
    CreateIndexRequest settings,
    Map<String, IndexField> fields) {

  static IndexDefinition of(
      String name, String id, long revision, int analyzers, CreateIndexRequest settings) {
    Map<String, IndexField> fields = new LinkedHashMap<>();
    Map<String, TextAnalyzer> made = new HashMap<>();
    for (FieldDefinition field : settings.getFieldsList()) {
      fields.put(field.getName(), field(fields.size() + 1, field, settings, made));
    }
    return new IndexDefinition(name, id, revision, analyzers, settings, fields);
  }

  /**
   * @param made analyzers of other fields: those with the same one share it
   */
  private static IndexField field(
      int number,
      FieldDefinition field,
      CreateIndexRequest settings,
      Map<String, TextAnalyzer> made) {
    TextAnalyzer analyzer =
        switch (field.getType()) {
          case FIELD_TYPE_TEXT ->
              made.computeIfAbsent(field.getAnalyzer(), name -> analyzer(name, settings));
          default -> null;
        };
    return new IndexField(
        number,
        field.getName(),
        field.getType(),
        field.hasWeight() ? field.getWeight() : 1,
        analyzer,
        field.getSortable(),
        field);
  }

  private static TextAnalyzer analyzer(String given, CreateIndexRequest settings) {
    String name = given.isEmpty() ? TextAnalyzer.STANDARD : given;
    return (settings.getNoStopWords()
            ? TextAnalyzer.of(name, List.of())
            : settings.getStopWordsCount() > 0
                ? TextAnalyzer.of(name, settings.getStopWordsList())
                : TextAnalyzer.of(name))
        .orElseThrow(() -> InvalidRequest.of("analyzer", Names.noAnalyzer(given)));
  }

  /** Whether the other one is this, unchanged. */
  boolean isSame(IndexDefinition other) {
    return id.equals(other.id) && revision == other.revision;
  }

  int partitions() {
    return settings.hasPartitions() ? settings.getPartitions() : 1;
  }

  boolean isOutdated() {
    return analyzers != TextAnalyzer.VERSION;
  }

  /** Where a document lives. The same for ever: it is how documents are found again. */
  int partitionOf(String documentId) {
    if (partitions() == 1) {
      return 0;
    }
    CRC32 hash = new CRC32();
    hash.update(documentId.getBytes(StandardCharsets.UTF_8));
    return (int) (hash.getValue() % partitions());
  }

  List<IndexField> textFields() {
    return fields.values().stream().filter(IndexField::isText).toList();
  }

  /**
   * A field by its name.
   *
   * @param where what of the request names it
   */
  IndexField field(String name, String where) {
    IndexField field = fields.get(name);
    if (field == null) {
      throw InvalidRequest.of(where, Names.noField(name, this));
    }
    return field;
  }

  /** The weights of a name, or null. */
  Weights profile(String name) {
    return settings.getWeightProfilesMap().get(name);
  }
}
