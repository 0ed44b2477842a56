// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.List;

/** A condition on documents, as the parser or a typed clause makes it. */
sealed interface Node {
  /** Terms of one field that stand at distances: a word, or a phrase when there are several. */
  record FieldTerms(IndexField field, List<String> terms, int[] offsets) {
    boolean isPhrase() {
      return terms.size() > 1;
    }

    /** The terms as Redis has them. */
    List<String> keys() {
      return terms.stream().map(field::term).toList();
    }

    String text() {
      return String.join(" ", terms);
    }
  }

  /** A word or phrase in one field at least. */
  record Words(List<FieldTerms> fields) implements Node {}

  /** A word, or tag, that begins with something, in one field at least. */
  record Prefix(List<IndexField> fields, String text) implements Node {}

  /** One of some tags. */
  record Tags(IndexField field, List<String> values) implements Node {}

  /** Numbers within bounds, which may be infinite. */
  record Numbers(IndexField field, double from, double to, boolean fromExcluded, boolean toExcluded)
      implements Node {
    boolean contains(double value) {
      return (fromExcluded ? value > from : value >= from)
          && (toExcluded ? value < to : value <= to);
    }
  }

  /** Strings within bounds; null for an open one. */
  record Strings(IndexField field, byte[] from, byte[] to, boolean fromExcluded, boolean toExcluded)
      implements Node {
    /**
     * Whether a value is within the bounds.
     *
     * @param toFrom how it compares with the lower one
     * @param toTo how it compares with the upper one
     */
    boolean contains(int toFrom, int toTo) {
      return (from == null || (fromExcluded ? toFrom > 0 : toFrom >= 0))
          && (to == null || (toExcluded ? toTo < 0 : toTo <= 0));
    }
  }

  /** Strings that begin with something. */
  record StringPrefix(IndexField field, byte[] text) implements Node {}

  /** All of some conditions and none of others. */
  record All(List<Node> required, List<Node> excluded) implements Node {}

  /** One of some conditions at least. */
  record Any(List<Node> parts) implements Node {}

  /** Every document. */
  record Everything() implements Node {}

  /** No document. */
  record Nothing() implements Node {}

  /** The field that a condition is about, when it is about one that is no text; otherwise null. */
  default IndexField attribute() {
    if (this instanceof Tags tags) {
      return tags.field();
    } else if (this instanceof Numbers numbers) {
      return numbers.field();
    } else if (this instanceof Strings strings) {
      return strings.field();
    } else if (this instanceof StringPrefix prefix) {
      return prefix.field();
    } else if (this instanceof Prefix prefix && prefix.fields().size() == 1) {
      return prefix.fields().get(0).isTag() ? prefix.fields().get(0) : null;
    } else if (this instanceof Any any && !any.parts().isEmpty()) {
      IndexField first = any.parts().get(0).attribute();
      return any.parts().stream().allMatch(part -> part.attribute() == first) ? first : null;
    }
    return null;
  }
}
