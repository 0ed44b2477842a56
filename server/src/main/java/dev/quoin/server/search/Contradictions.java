// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Arrays;
import java.util.List;

/**
 * Finds conditions that no document can meet. It compares their parts, up to a number of them, so
 * it finds what people write by mistake: a condition that is not found here may still match
 * nothing.
 */
final class Contradictions {
  private int comparisonsLeft = 10_000;

  /** Whether no document meets a condition. */
  boolean isIn(Node node) {
    if (node instanceof Node.All all) {
      return all.required().stream().anyMatch(this::isIn)
          || isBetween(all.required(), all.excluded());
    } else if (node instanceof Node.Any any) {
      return any.parts().stream().allMatch(this::isIn);
    } else if (node instanceof Node.Numbers numbers) {
      return numbers.from() == numbers.to() && !numbers.contains(numbers.from());
    }
    return node instanceof Node.Nothing;
  }

  /** Whether what meets one of the required conditions always meets one that is excluded. */
  boolean isBetween(List<Node> required, List<Node> excluded) {
    Node unwanted = new Node.Any(excluded);
    return required.stream().anyMatch(wanted -> implies(wanted, unwanted));
  }

  /** Whether every document that meets one condition meets another one. */
  private boolean implies(Node one, Node other) {
    if (comparisonsLeft-- <= 0) {
      return false;
    }
    if (one instanceof Node.Any any) {
      return any.parts().stream().allMatch(part -> implies(part, other));
    } else if (other instanceof Node.Any any) {
      return any.parts().stream().anyMatch(part -> implies(one, part));
    } else if (other instanceof Node.All all) {
      return all.excluded().isEmpty()
          && all.required().stream().allMatch(part -> implies(one, part));
    } else if (one instanceof Node.All all) {
      return all.required().stream().anyMatch(part -> implies(part, other));
    } else if (one instanceof Node.Words words && other instanceof Node.Words others) {
      return words.fields().stream()
          .allMatch(field -> others.fields().stream().anyMatch(f -> implies(field, f)));
    } else if (one instanceof Node.Tags tags && other instanceof Node.Tags others) {
      return tags.field() == others.field() && others.values().containsAll(tags.values());
    } else if (one instanceof Node.Numbers numbers && other instanceof Node.Numbers others) {
      return numbers.field() == others.field() && isWithin(numbers, others);
    } else if (one instanceof Node.Strings strings && other instanceof Node.Strings others) {
      return strings.field() == others.field()
          && Arrays.equals(strings.from(), others.from())
          && Arrays.equals(strings.to(), others.to())
          && strings.fromExcluded() == others.fromExcluded()
          && strings.toExcluded() == others.toExcluded();
    }
    return other instanceof Node.Everything;
  }

  /** A phrase has each of its words. */
  private static boolean implies(Node.FieldTerms one, Node.FieldTerms other) {
    return one.field() == other.field()
        && (other.isPhrase()
            ? one.terms().equals(other.terms()) && Arrays.equals(one.offsets(), other.offsets())
            : one.terms().containsAll(other.terms()));
  }

  private static boolean isWithin(Node.Numbers range, Node.Numbers other) {
    boolean begins =
        other.from() < range.from()
            || other.from() == range.from() && (!other.fromExcluded() || range.fromExcluded());
    boolean ends =
        other.to() > range.to()
            || other.to() == range.to() && (!other.toExcluded() || range.toExcluded());
    return begins && ends;
  }
}
