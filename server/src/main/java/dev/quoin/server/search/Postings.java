// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.util.Arrays;

/**
 * The documents of a term in one partition, as of one moment: a directory of sealed blocks and the
 * postings of the head. The layout is that of {@code lua/search/_postings.lua}.
 */
final class Postings implements BlockCache.Entry {
  static final int POSTING = 5;
  private static final int ENTRY = 15;
  private static final int HAS_BLOCKS = 2;

  final long stamp;
  final byte[] stampBytes;

  /** How many documents have the term. */
  final int count;

  /** The directory that belongs to it; null when that is not known yet, or there is none. */
  final Directory directory;

  /** A directory that was known before, of which blocks may be the same. */
  final Directory older;

  private final long directoryStamp;
  private final byte[] head;
  private final int headStart;
  private final int headCount;

  private Postings(byte[] head, Directory known) {
    this.head = head;
    stampBytes = Arrays.copyOf(head, 7);
    stamp = Bytes.read(head, 0, 7);
    headCount = (int) Bytes.read(head, 8, 2);
    if ((head[7] & HAS_BLOCKS) != 0) {
      count = (int) Bytes.read(head, 10, 4);
      directoryStamp = Bytes.read(head, 14, 7);
      headStart = 24;
    } else {
      count = headCount;
      directoryStamp = 0;
      headStart = 10;
    }
    directory = known != null && known.stamp == directoryStamp ? known : null;
    older = known;
  }

  /**
   * Reads a head.
   *
   * @param before what was known of the term, or null
   */
  static Postings of(byte[] head, Postings before) {
    return new Postings(head, before == null ? null : before.older);
  }

  Postings with(Directory read) {
    return new Postings(head, read);
  }

  boolean lacksDirectory() {
    return directoryStamp != 0 && directory == null;
  }

  /** The stamp a directory has to have. */
  long directoryStamp() {
    return directoryStamp;
  }

  /** How many pieces it has: sealed blocks, and the head at the end. */
  int pieces() {
    return 1 + (directory == null ? 0 : directory.blocks.length);
  }

  /** The first piece that may hold an ordinal or a greater one, from a piece on. */
  int pieceOf(int ordinal, int from) {
    if (directory == null) {
      return 0;
    }
    int low = from;
    int high = directory.firsts.length;
    // The last one that begins at or before it.
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (directory.firsts[middle] <= ordinal) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return Math.max(from, low - 1);
  }

  /** A piece; null when it has to be read first. */
  Block piece(int piece) {
    if (directory == null || piece == directory.blocks.length) {
      return new Block(0, head, headStart, headCount, head, headStart + headCount * POSTING);
    }
    return directory.blocks[piece];
  }

  @Override
  public long size() {
    Directory kept = directory == null ? older : directory;
    return 160L + head.length + (kept == null ? 0 : kept.size());
  }

  /**
   * Some postings in the order of their ordinals.
   *
   * @param positions where their positions are, from a place on; null when that was not read
   */
  record Block(
      long stamp, byte[] data, int start, int count, byte[] positions, int positionsStart) {

    int ordinal(int i) {
      return Bytes.ordinal(data, start + i * POSTING);
    }

    int frequency(int i) {
      return data[start + i * POSTING + 3] & 0x7F;
    }

    boolean isAsWritten(int i) {
      return data[start + i * POSTING + 3] < 0;
    }

    byte norm(int i) {
      return data[start + i * POSTING + 4];
    }

    /** The first posting from one on with at least this ordinal. */
    int seek(int ordinal, int from) {
      int step = 1;
      int low = from;
      int high = from;
      while (high < count && ordinal(high) < ordinal) {
        low = high + 1;
        high += step;
        step *= 2;
      }
      high = Math.min(high, count);
      while (low < high) {
        int middle = (low + high) >>> 1;
        if (ordinal(middle) < ordinal) {
          low = middle + 1;
        } else {
          high = middle;
        }
      }
      return low;
    }
  }

  /** The sealed blocks of a term, of which some have been read. */
  static final class Directory {
    final long stamp;
    final int[] firsts;
    final int[] numbers;
    final Block[] blocks;
    private final long[] stamps;
    private long size;

    private Directory(long stamp, int count) {
      this.stamp = stamp;
      firsts = new int[count];
      numbers = new int[count];
      stamps = new long[count];
      blocks = new Block[count];
    }

    /** Reads a directory; blocks that are known and have not changed are taken over. */
    static Directory of(long stamp, byte[] data, Directory before) {
      Directory read = new Directory(stamp, data.length / ENTRY);
      java.util.Map<Integer, Block> known = new java.util.HashMap<>();
      if (before != null) {
        for (int i = 0; i < before.blocks.length; i++) {
          if (before.blocks[i] != null) {
            known.put(before.numbers[i], before.blocks[i]);
          }
        }
      }
      for (int i = 0; i < read.firsts.length; i++) {
        int at = i * ENTRY;
        read.firsts[i] = Bytes.ordinal(data, at);
        read.numbers[i] = Bytes.ordinal(data, at + 3);
        read.stamps[i] = Bytes.read(data, at + 8, 7);
        Block block = known.get(read.numbers[i]);
        if (block != null && block.stamp() == read.stamps[i]) {
          read.fill(i, block);
        }
      }
      return read;
    }

    /** Where a piece ends: no ordinal of it is as great. */
    int end(int piece) {
      return piece + 1 < firsts.length ? firsts[piece + 1] : Integer.MAX_VALUE;
    }

    void fillPostings(int piece, byte[] data) {
      Block known = blocks[piece];
      fill(
          piece,
          new Block(
              stamps[piece],
              data,
              0,
              data.length / POSTING,
              known == null ? null : known.positions(),
              0));
    }

    void fillPositions(int piece, byte[] data) {
      Block known = blocks[piece];
      if (known != null) {
        fill(piece, new Block(known.stamp(), known.data(), 0, known.count(), data, 0));
      }
    }

    private synchronized void fill(int piece, Block block) {
      size += bytes(block) - bytes(blocks[piece]);
      blocks[piece] = block;
    }

    private static long bytes(Block block) {
      return block == null
          ? 0
          : 32L + block.data().length + (block.positions() == null ? 0 : block.positions().length);
    }

    synchronized long size() {
      return 80L + 50L * firsts.length + size;
    }
  }
}
