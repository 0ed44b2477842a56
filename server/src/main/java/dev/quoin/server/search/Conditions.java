// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.analysis.Term;
import dev.quoin.server.analysis.TextAnalyzer;
import dev.quoin.server.errors.InvalidRequest;
import dev.quoin.server.errors.Texts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/** Makes conditions out of words and values, for the parser and for typed clauses alike. */
final class Conditions {
  private static final TextAnalyzer PLAIN = TextAnalyzer.of(TextAnalyzer.STANDARD).orElseThrow();
  private static final int SHOWN_BYTES = 64;

  private final IndexDefinition index;

  /** Says where in the request something is wrong. */
  private final Function<String, InvalidRequest> wrong;

  Conditions(IndexDefinition index, Function<String, InvalidRequest> wrong) {
    this.index = index;
    this.wrong = wrong;
  }

  /** The same index, with another place. */
  Conditions at(Function<String, InvalidRequest> place) {
    return new Conditions(index, place);
  }

  /** A field by its name; null for no name. */
  IndexField field(String name) {
    if (name.isEmpty()) {
      return null;
    }
    IndexField field = index.fields().get(name);
    if (field == null) {
      throw wrong.apply(Names.noField(name, index));
    }
    return field;
  }

  private List<IndexField> texts(IndexField field) {
    return field == null ? index.textFields() : List.of(field);
  }

  /** A word that may have several parts, which then have to follow each other; null for none. */
  Node words(IndexField field, String text) {
    List<Node.FieldTerms> found = new ArrayList<>();
    for (IndexField one : texts(field)) {
      List<Term> terms = one.analyzer().terms(text);
      if (!terms.isEmpty()) {
        found.add(fieldTerms(one, terms));
      }
    }
    return found.isEmpty() ? null : new Node.Words(found);
  }

  private static Node.FieldTerms fieldTerms(IndexField field, List<Term> terms) {
    return new Node.FieldTerms(
        field,
        terms.stream().map(Term::text).toList(),
        terms.stream().mapToInt(term -> term.position() - terms.get(0).position()).toArray());
  }

  /** Every word of a text for itself, in order. */
  List<Node> eachWord(IndexField field, String text) {
    List<Node> words = new ArrayList<>();
    for (String word : text.split("\\s+")) {
      Node node = word.isEmpty() ? null : words(field, word);
      if (node != null) {
        words.add(node);
      }
    }
    return words;
  }

  /** A value that a field has to have, or a word of a TEXT; null for nothing but stop words. */
  Node value(IndexField field, String text) {
    if (field == null || field.isText()) {
      return words(field, text);
    }
    return switch (field.type()) {
      case FIELD_TYPE_TAG -> new Node.Tags(field, List.of(text));
      case FIELD_TYPE_NUMBER -> {
        double number = number(text);
        yield new Node.Numbers(field, number, number, false, false);
      }
      default -> {
        byte[] bytes = Bytes.utf8(text);
        yield new Node.Strings(field, bytes, bytes, false, false);
      }
    };
  }

  /** What begins with a text; null when there is no word in it. */
  Node prefix(IndexField field, String text) {
    if (field != null && field.isNumber()) {
      throw wrong.apply("the field \"" + field.name() + "\" is a NUMBER, which has no beginning");
    }
    if (field != null && field.isString()) {
      return new Node.StringPrefix(field, Bytes.utf8(text));
    }
    if (field != null && field.isTag()) {
      return new Node.Prefix(List.of(field), text);
    }
    List<Term> terms = PLAIN.terms(text);
    if (terms.isEmpty()) {
      return null;
    }
    Term last = terms.get(terms.size() - 1);
    Node prefix = new Node.Prefix(texts(field), last.text());
    Node before = terms.size() == 1 ? null : words(field, text.substring(0, last.start()));
    return before == null ? prefix : new Node.All(List.of(before, prefix), List.of());
  }

  /**
   * A range.
   *
   * @param from null for an open end
   * @param to null for an open end
   */
  Node range(IndexField field, String from, String to, boolean fromExcluded, boolean toExcluded) {
    if (field.isNumber()) {
      double least = from == null ? Double.NEGATIVE_INFINITY : number(from);
      double most = to == null ? Double.POSITIVE_INFINITY : number(to);
      if (least > most) {
        throw emptyRange(from, to);
      }
      return new Node.Numbers(field, least, most, fromExcluded, toExcluded);
    }
    if (field.isString()) {
      int order =
          from == null || to == null
              ? -1
              : Arrays.compareUnsigned(Bytes.utf8(from), Bytes.utf8(to));
      if (order > 0) {
        throw emptyRange(from, to);
      }
      return new Node.Strings(
          field,
          from == null ? null : Bytes.utf8(from),
          to == null ? null : Bytes.utf8(to),
          fromExcluded,
          toExcluded);
    }
    throw wrong.apply(
        "the field \"%s\" is of type %s; ranges are for NUMBER and STRING"
            .formatted(field.name(), field.typeWord()));
  }

  private InvalidRequest emptyRange(String from, String to) {
    return wrong.apply(
        "expected a range from the smaller to the greater value, found one from \"%s\" to \"%s\""
            .formatted(Texts.cut(from, SHOWN_BYTES), Texts.cut(to, SHOWN_BYTES)));
  }

  private double number(String text) {
    try {
      double number = Double.parseDouble(text) + 0.0;
      // Java also takes "1d" and "0x1p3".
      if (Double.isFinite(number) && text.matches("[-+.0-9eE]+")) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Said below.
    }
    throw wrong.apply("expected a number, found \"" + Texts.cut(text, SHOWN_BYTES) + '"');
  }
}
