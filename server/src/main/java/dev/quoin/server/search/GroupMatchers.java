// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Comparator;
import java.util.List;

/** Matchers that put others together. */
final class GroupMatchers {
  private GroupMatchers() {}

  /** Documents that meet all conditions and none of some others. */
  static final class All extends Matcher {
    private final List<Matcher> required;
    private final Matcher[] leaders;
    private final Matcher[] filters;
    private final Matcher[] excluded;

    /**
     * @param everything finds all documents, for when there is nothing better to begin with
     */
    All(List<Matcher> required, List<Matcher> excluded, Matcher everything) {
      this.required = required;
      List<Matcher> leaders =
          required.stream()
              .filter(matcher -> !matcher.isFilter())
              .sorted(Comparator.comparingLong(Matcher::cost))
              .toList();
      this.leaders =
          leaders.isEmpty() ? new Matcher[] {everything} : leaders.toArray(Matcher[]::new);
      this.filters = required.stream().filter(Matcher::isFilter).toArray(Matcher[]::new);
      this.excluded = excluded.toArray(Matcher[]::new);
    }

    @Override
    int next(int ordinal) {
      int candidate = ordinal;
      while (candidate != END) {
        int agreed = agree(candidate);
        if (agreed == candidate && candidate != END && passes(candidate)) {
          return candidate;
        }
        candidate = agreed == candidate ? candidate + 1 : agreed;
      }
      return END;
    }

    /** The candidate, or the next document that may be one. */
    private int agree(int candidate) {
      for (Matcher leader : leaders) {
        int at = leader.next(candidate);
        if (at != candidate) {
          return at;
        }
      }
      return candidate;
    }

    private boolean passes(int candidate) {
      for (Matcher filter : filters) {
        if (!filter.matches(candidate)) {
          return false;
        }
      }
      for (Matcher one : excluded) {
        if (one.matches(candidate)) {
          return false;
        }
      }
      return true;
    }

    @Override
    long cost() {
      return leaders[0].cost();
    }

    @Override
    double score(int ordinal) {
      double score = 0;
      for (Matcher one : required) {
        score += one.score(ordinal);
      }
      return score;
    }

    @Override
    void explain(int ordinal, List<Part> parts) {
      required.forEach(one -> one.explain(ordinal, parts));
    }
  }

  /** Documents that meet one condition at least. */
  static final class Any extends Matcher {
    private final Matcher[] all;
    private final int[] at;

    Any(List<Matcher> all) {
      this.all = all.toArray(Matcher[]::new);
      this.at = new int[this.all.length];
      java.util.Arrays.fill(at, -1);
    }

    @Override
    int next(int ordinal) {
      int first = END;
      for (int i = 0; i < all.length; i++) {
        if (at[i] < ordinal) {
          at[i] = all[i].next(ordinal);
        }
        first = Math.min(first, at[i]);
      }
      return first;
    }

    @Override
    boolean matches(int ordinal) {
      for (Matcher one : all) {
        if (one.matches(ordinal)) {
          return true;
        }
      }
      return false;
    }

    @Override
    boolean isFilter() {
      for (Matcher one : all) {
        if (!one.isFilter()) {
          return false;
        }
      }
      return true;
    }

    @Override
    long cost() {
      long cost = 0;
      for (Matcher one : all) {
        cost += one.cost();
      }
      return cost;
    }

    @Override
    double score(int ordinal) {
      double score = 0;
      for (Matcher one : all) {
        if (one.matches(ordinal)) {
          score += one.score(ordinal);
        }
      }
      return score;
    }

    @Override
    void explain(int ordinal, List<Part> parts) {
      for (Matcher one : all) {
        if (one.matches(ordinal)) {
          one.explain(ordinal, parts);
        }
      }
    }
  }
}
