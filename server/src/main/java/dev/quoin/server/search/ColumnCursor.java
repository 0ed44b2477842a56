// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

/** Values of a column, of which mostly neighbours are asked for. */
final class ColumnCursor {
  private final PartitionView view;
  private final int column;
  private final Columns.Kind kind;
  private int number = -1;
  private Columns.Block block;

  ColumnCursor(PartitionView view, int column, Columns.Kind kind) {
    this.view = view;
    this.column = column;
    this.kind = kind;
  }

  /** The column of a field, of which there has to be one. */
  static ColumnCursor of(PartitionView view, IndexField field) {
    return new ColumnCursor(view, field.number(), kind(field));
  }

  static Columns.Kind kind(IndexField field) {
    return field.isNumber()
        ? Columns.Kind.NUMBER
        : field.isTag() ? Columns.Kind.TAGS : Columns.Kind.TEXT;
  }

  /** The block of a document; null when it has to be read first. */
  Columns.Block block(int ordinal) {
    view.budget.spend();
    if (ordinal / Columns.BLOCK != number) {
      number = ordinal / Columns.BLOCK;
      block = view.column(column, kind, number);
    }
    return block;
  }

  /** The number of a document, NaN for none. */
  double number(int ordinal) {
    Columns.Block of = block(ordinal);
    return of == null ? Double.NaN : of.number(ordinal % Columns.BLOCK);
  }

  /** The text of a document, without the first bytes; null for none. */
  byte[] text(int ordinal, int skip) {
    Columns.Block of = block(ordinal);
    int slot = ordinal % Columns.BLOCK;
    return of == null || !of.has(slot) ? null : of.bytes(slot, skip);
  }
}
