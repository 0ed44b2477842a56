// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.List;

/** Matchers of terms: single ones, phrases, and words that begin with something. */
final class TermMatchers {
  private TermMatchers() {}

  /** Documents with a term. */
  static final class One extends Matcher {
    private final PostingsCursor cursor;
    private final Bm25 scoring;
    private final String field;
    private final String text;

    /**
     * @param scoring null for a term that adds nothing to scores
     */
    One(PartitionView view, String term, Bm25 scoring, String field, String text) {
      this.cursor = new PostingsCursor(view, term);
      this.scoring = scoring;
      this.field = field;
      this.text = text;
    }

    @Override
    int next(int ordinal) {
      return cursor.next(ordinal);
    }

    @Override
    long cost() {
      return cursor.count();
    }

    @Override
    double score(int ordinal) {
      return scoring == null || cursor.next(ordinal) != ordinal
          ? 0
          : scoring.score(cursor.frequency(), cursor.norm());
    }

    @Override
    void explain(int ordinal, List<Part> parts) {
      if (scoring != null && cursor.next(ordinal) == ordinal) {
        parts.add(
            new Part(
                field,
                text,
                scoring.score(cursor.frequency(), cursor.norm()),
                scoring.explain(cursor.frequency(), cursor.norm())));
      }
    }
  }

  /** Documents in which terms stand at distances. */
  static final class Phrase extends Matcher {
    private final PostingsCursor[] cursors;
    private final int[] offsets;
    private final Bm25 scoring;
    private final String field;
    private final String text;
    private int found = -1;
    private int frequency;

    /**
     * @param offsets where the terms stand from the first one on
     */
    Phrase(
        PartitionView view,
        List<String> terms,
        int[] offsets,
        Bm25 scoring,
        String field,
        String text) {
      this.cursors =
          terms.stream().map(t -> new PostingsCursor(view, t)).toArray(PostingsCursor[]::new);
      this.offsets = offsets;
      this.scoring = scoring;
      this.field = field;
      this.text = text;
    }

    @Override
    int next(int ordinal) {
      if (found >= ordinal) {
        return found;
      }
      int candidate = ordinal;
      while (candidate != END) {
        int agreed = 0;
        for (PostingsCursor cursor : cursors) {
          int at = cursor.next(candidate);
          if (at != candidate) {
            candidate = at;
            break;
          }
          agreed++;
        }
        if (candidate != END && agreed == cursors.length) {
          frequency = count();
          if (frequency > 0) {
            found = candidate;
            return found;
          }
          candidate++;
        }
      }
      found = END;
      return END;
    }

    /** How often the phrase stands in the document. */
    private int count() {
      int[][] positions = new int[cursors.length][];
      boolean known = true;
      for (int i = 0; i < cursors.length; i++) {
        positions[i] = cursors[i].positions();
        known &= positions[i] != null;
      }
      return known ? count(positions, offsets) : 0;
    }

    static int count(int[][] positions, int[] offsets) {
      int[] at = new int[positions.length];
      int count = 0;
      for (int start : positions[0]) {
        boolean follows = true;
        for (int i = 1; i < positions.length && follows; i++) {
          int wanted = start + offsets[i] - offsets[0];
          while (at[i] < positions[i].length && positions[i][at[i]] < wanted) {
            at[i]++;
          }
          follows = at[i] < positions[i].length && positions[i][at[i]] == wanted;
        }
        if (follows) {
          count++;
        }
      }
      return count;
    }

    @Override
    long cost() {
      long least = Long.MAX_VALUE;
      for (PostingsCursor cursor : cursors) {
        least = Math.min(least, cursor.count());
      }
      return least;
    }

    @Override
    double score(int ordinal) {
      return next(ordinal) == ordinal ? scoring.score(frequency, cursors[0].norm()) : 0;
    }

    @Override
    void explain(int ordinal, List<Part> parts) {
      if (next(ordinal) == ordinal) {
        byte norm = cursors[0].norm();
        parts.add(
            new Part(
                field,
                text,
                scoring.score(frequency, norm),
                "phrase: " + scoring.explain(frequency, norm)));
      }
    }
  }

  /** Documents with a word as it was written. */
  static final class AsWritten extends Matcher {
    private final PostingsCursor cursor;

    AsWritten(PartitionView view, String term) {
      this.cursor = new PostingsCursor(view, term);
    }

    @Override
    int next(int ordinal) {
      int at = cursor.next(ordinal);
      while (at != END && !cursor.isAsWritten()) {
        at = cursor.next(at + 1);
      }
      return at;
    }

    @Override
    long cost() {
      return cursor.count();
    }

    @Override
    double score(int ordinal) {
      return 0;
    }

    @Override
    void explain(int ordinal, List<Part> parts) {}
  }

  /** Gives every document of another matcher the same score. */
  static final class Constant extends Matcher {
    private final Matcher inner;
    private final double score;
    private final String field;
    private final String text;

    Constant(Matcher inner, double score, String field, String text) {
      this.inner = inner;
      this.score = score;
      this.field = field;
      this.text = text;
    }

    @Override
    int next(int ordinal) {
      return inner.next(ordinal);
    }

    @Override
    boolean matches(int ordinal) {
      return inner.matches(ordinal);
    }

    @Override
    boolean isFilter() {
      return inner.isFilter();
    }

    @Override
    long cost() {
      return inner.cost();
    }

    @Override
    double score(int ordinal) {
      return inner.matches(ordinal) ? score : 0;
    }

    @Override
    void explain(int ordinal, List<Part> parts) {
      if (score != 0 && inner.matches(ordinal)) {
        parts.add(new Part(field, text, score, "weight of the field"));
      }
    }
  }
}
