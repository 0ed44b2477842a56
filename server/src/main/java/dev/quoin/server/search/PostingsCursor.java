// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

/** A place in the postings of a term, which goes forward. */
final class PostingsCursor {
  private final PartitionView view;
  private final String term;
  private final Postings postings;
  private int piece;
  private Postings.Block block;
  private int place;
  private int ordinal = -1;

  /**
   * The block whose positions were looked at last, and where those of one of its postings begin.
   */
  private Postings.Block walked;

  private int walkedTo;
  private int walkedAt;

  PostingsCursor(PartitionView view, String term) {
    this.view = view;
    this.term = term;
    this.postings = view.term(term);
    if (postings != null && postings.lacksDirectory()) {
      view.missDirectory(term);
    }
  }

  int count() {
    return postings == null ? 0 : postings.count;
  }

  /** The first document from an ordinal on that has the term. */
  int next(int from) {
    if (ordinal >= from) {
      return ordinal;
    }
    if (postings == null || postings.lacksDirectory()) {
      ordinal = Matcher.END;
      return ordinal;
    }
    int wanted = postings.pieceOf(from, piece);
    if (wanted != piece) {
      piece = wanted;
      block = null;
    }
    for (; piece < postings.pieces(); piece++, block = null) {
      if (block == null) {
        block = postings.piece(piece);
        place = 0;
        if (block == null) {
          view.missBlock(term, piece, false);
          continue;
        }
      }
      place = block.seek(from, place);
      view.budget.spend();
      if (place < block.count()) {
        ordinal = block.ordinal(place);
        return ordinal;
      }
    }
    ordinal = Matcher.END;
    return ordinal;
  }

  int frequency() {
    return block.frequency(place);
  }

  boolean isAsWritten() {
    return block.isAsWritten(place);
  }

  byte norm() {
    return block.norm(place);
  }

  /** The positions of the term in the document; null when they have to be read first. */
  int[] positions() {
    if (block.positions() == null) {
      Postings.Block now = postings.piece(piece);
      if (now == null || now.positions() == null) {
        view.missBlock(term, piece, true);
        return null;
      }
      block = now;
    }
    if (block != walked || place < walkedTo) {
      walked = block;
      walkedTo = 0;
      walkedAt = block.positionsStart();
    }
    for (; walkedTo < place; walkedTo++) {
      walkedAt += 2 * block.frequency(walkedTo);
    }
    int at = walkedAt;
    int[] positions = new int[block.frequency(place)];
    for (int i = 0; i < positions.length; i++) {
      positions[i] = (int) Bytes.read(block.positions(), at + 2 * i, 2);
    }
    return positions;
  }
}
