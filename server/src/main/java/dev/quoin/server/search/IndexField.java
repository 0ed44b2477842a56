// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import dev.quoin.server.analysis.TextAnalyzer;

/**
 * A field of an index.
 *
 * @param number by which Redis knows it, from 1 on; also the number of its column
 * @param analyzer makes terms of TEXT; null for other types
 * @param sortable whether a TEXT has a column, too
 */
record IndexField(
    int number,
    String name,
    FieldType type,
    double weight,
    TextAnalyzer analyzer,
    boolean sortable,
    FieldDefinition definition) {
  static final String SCORE = "_score";

  boolean isText() {
    return type == FieldType.FIELD_TYPE_TEXT;
  }

  boolean isTag() {
    return type == FieldType.FIELD_TYPE_TAG;
  }

  boolean isNumber() {
    return type == FieldType.FIELD_TYPE_NUMBER;
  }

  boolean isString() {
    return type == FieldType.FIELD_TYPE_STRING;
  }

  boolean hasColumn() {
    return !isText() || sortable;
  }

  boolean canBeSorted() {
    return isNumber() || isString() || isText() && sortable;
  }

  /** The type in words, for messages. */
  String typeWord() {
    return type.name().substring("FIELD_TYPE_".length());
  }

  /** The term of a word that was analyzed, as Redis has it. */
  String term(String text) {
    return "t" + (char) number + text;
  }

  /** The term of a word as it stood in the text, where that differs from what was analyzed. */
  String surface(String word) {
    return "s" + (char) number + word;
  }

  /** The term of a tag. */
  String tag(String value) {
    return "g" + (char) number + value;
  }

  /** What words of the field begin with in the list of words. */
  String listed(String word) {
    return (char) number + word;
  }
}
