// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.List;

/**
 * Finds the documents of one partition that meet a condition, in the order of their ordinals. It
 * only goes forward. What it has to know and has not been read yet it notes in the view, and goes
 * on as if there were no document: the query is evaluated again when that has been read.
 */
abstract class Matcher {
  /** There is no more. */
  static final int END = Integer.MAX_VALUE;

  /** A part of a score, for people. */
  record Part(String field, String term, double score, String calculation) {}

  /** The first document from an ordinal on that meets the condition, or {@link #END}. */
  abstract int next(int ordinal);

  /** Whether a document meets the condition. Asked of documents in their order. */
  boolean matches(int ordinal) {
    return next(ordinal) == ordinal;
  }

  /** About how many documents it finds. */
  abstract long cost();

  /** Whether looking at a given document costs less than finding the next one. */
  boolean isFilter() {
    return false;
  }

  /** What the document found last, or asked about last with success, scores. */
  abstract double score(int ordinal);

  /** The parts of which that is the sum. */
  abstract void explain(int ordinal, List<Part> parts);

  /** Finds nothing. */
  static final class None extends Matcher {
    @Override
    int next(int ordinal) {
      return END;
    }

    @Override
    long cost() {
      return 0;
    }

    @Override
    double score(int ordinal) {
      return 0;
    }

    @Override
    void explain(int ordinal, List<Part> parts) {}
  }
}
