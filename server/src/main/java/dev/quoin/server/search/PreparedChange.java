// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import com.google.protobuf.Struct;
import dev.quoin.server.redis.Arguments;
import java.util.List;

/**
 * A change of a document that has been analyzed: what {@code lua/search/put.lua} is told.
 *
 * @param stored what it replaces, which may not be there
 * @param before the same, analyzed
 * @param next what to store instead; null to delete it
 * @param version of that
 * @param after the same, analyzed
 * @param difference between the two
 * @param body what is stored, empty to delete it
 * @param left the terms of the stored document, when they are taken away in steps afterwards
 */
record PreparedChange(
    StoredDocument stored,
    IndexedDocument before,
    Struct next,
    long version,
    IndexedDocument after,
    IndexedDocument.Difference difference,
    byte[] body,
    List<byte[]> left) {

  /**
   * Analyzes a change.
   *
   * @param where the part of the request that holds the fields
   */
  static PreparedChange of(
      IndexDefinition index, StoredDocument stored, Struct next, long version, String where) {
    IndexedDocument before =
        stored.exists()
            ? IndexedDocument.of(index, stored.fields(), "stored")
            : IndexedDocument.none();
    IndexedDocument after =
        next == null ? IndexedDocument.none() : IndexedDocument.of(index, next, where);
    byte[] body =
        next == null
            ? Bytes.NONE
            : StoredDocument.write(version, StoredDocument.digest(next), next);
    IndexedDocument.Difference difference = after.from(before);
    boolean leaves = stored.exists() && isLarge(difference);
    return new PreparedChange(
        stored,
        before,
        next,
        version,
        after,
        difference,
        body,
        leaves ? LargeDocuments.lists(before) : List.of());
  }

  boolean deletes() {
    return next == null;
  }

  /** Whether one step would be too long. Then the document gets another ordinal. */
  private static boolean isLarge(IndexedDocument.Difference difference) {
    return difference.terms.size() > LargeDocuments.AT_ONCE;
  }

  /** Whether its words have to be written in steps before. */
  boolean isWrittenBefore() {
    return isLarge(difference) && after.terms.size() > LargeDocuments.AT_ONCE;
  }

  /** Whether the words of the document that is stored are taken away in steps afterwards. */
  boolean leavesStored() {
    return !left.isEmpty();
  }

  /**
   * What the script takes.
   *
   * @param tried stamp of the saved queries that were tried
   * @param matched what they matched
   * @param written ordinal and stamp of the last step, when its words have been written before
   */
  Object[] arguments(
      IndexDefinition index, String id, byte[] tried, byte[] matched, byte[] written) {
    boolean moves = leavesStored() && !deletes();
    var columns = moves ? after.columns : difference.columns;
    boolean changesId = moves || deletes() || !stored.exists();
    Arguments arguments =
        Arguments.of(
            index.id(),
            index.revision(),
            id,
            stored.stamp(),
            body,
            deletes() ? Bytes.NONE : tried,
            matched,
            written,
            left.size(),
            moves ? before.columns.size() + 1 : 0,
            columns.size() + (changesId ? 1 : 0),
            difference.sums.size());
    arguments.addAll(left);
    if (moves) {
      arguments.add(Columns.IDS, "0");
      before.columns.keySet().forEach(field -> arguments.add(column(field), kind(field)));
    }
    if (changesId) {
      arguments.add(Columns.IDS, "0", deletes() ? "" : id);
    }
    columns.forEach((field, value) -> arguments.add(column(field), kind(field), value));
    difference.sums.forEach(arguments::add);
    if (!isWrittenBefore()) {
      var terms =
          moves ? after.terms : leavesStored() ? IndexedDocument.none().terms : difference.terms;
      terms.forEach((term, posting) -> arguments.add(term, posting.stored()));
    }
    return arguments.toArray();
  }

  private static String column(IndexField field) {
    return String.valueOf((char) field.number());
  }

  private static String kind(IndexField field) {
    return field.isNumber() ? "1" : "0";
  }
}
