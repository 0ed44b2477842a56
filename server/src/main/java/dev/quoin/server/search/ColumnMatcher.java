// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.List;

/** Documents whose value in a column passes a test. */
final class ColumnMatcher extends Matcher {
  /** Looks at one value. */
  interface Test {
    boolean passes(Columns.Block block, int slot);
  }

  private final ColumnCursor column;
  private final Test test;
  private final int size;

  ColumnMatcher(PartitionView view, int number, Columns.Kind kind, Test test) {
    this.column = new ColumnCursor(view, number, kind);
    this.test = test;
    this.size = view.partitionSize();
  }

  /** All documents there are. */
  static ColumnMatcher everything(PartitionView view) {
    return new ColumnMatcher(view, 0, Columns.Kind.TEXT, Columns.Block::has);
  }

  @Override
  int next(int ordinal) {
    for (int at = ordinal; at < size; at++) {
      Columns.Block block = column.block(at);
      if (block == null) {
        at |= Columns.BLOCK - 1;
      } else if (test.passes(block, at % Columns.BLOCK)) {
        return at;
      }
    }
    return END;
  }

  @Override
  boolean matches(int ordinal) {
    if (ordinal >= size) {
      return false;
    }
    Columns.Block block = column.block(ordinal);
    return block != null && test.passes(block, ordinal % Columns.BLOCK);
  }

  @Override
  boolean isFilter() {
    return true;
  }

  @Override
  long cost() {
    return size;
  }

  @Override
  double score(int ordinal) {
    return 0;
  }

  @Override
  void explain(int ordinal, List<Part> parts) {}
}
