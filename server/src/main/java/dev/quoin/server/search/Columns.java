// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Values of documents by their ordinals, as one partition has them, in blocks of 128. */
final class Columns {
  /** The column of the ids of documents. */
  static final String IDS = "\0";

  static final int BLOCK = 128;

  /** What the text, its length and the two places it is kept at take beside its letters. */
  private static final int BYTES_OF_A_TAG = 136;

  private Columns() {}

  static String name(int column, int block) {
    return (char) column
        + new String(Bytes.write(block, 3), java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  /** What a column holds. */
  enum Kind {
    NUMBER,
    TEXT,
    TAGS
  }

  /**
   * One block of a column.
   *
   * @param loadedAt stamp of the moment it was read at; it holds until it is thrown away
   * @param data as Redis has it
   * @param starts where values begin and end, of all but numbers; codes of tags for tags
   * @param codes of the tags, of tags only
   */
  record Block(long loadedAt, byte[] data, int[] starts, int[] codes) {
    private int count() {
      return starts == null ? data.length / 8 : starts.length - 1;
    }

    /** The number of a document, NaN for none. */
    double number(int slot) {
      return slot < count() ? Double.longBitsToDouble(Bytes.read(data, slot * 8, 8)) : Double.NaN;
    }

    boolean has(int slot) {
      return slot < count() && starts[slot + 1] > starts[slot];
    }

    byte[] bytes(int slot, int skip) {
      return Arrays.copyOfRange(data, starts[slot] + skip, starts[slot + 1]);
    }

    int compare(int slot, int skip, byte[] other) {
      return Arrays.compareUnsigned(
          data, starts[slot] + skip, starts[slot + 1], other, 0, other.length);
    }

    long size() {
      return 64L
          + data.length
          + (starts == null ? 0 : 4L * starts.length)
          + (codes == null ? 0 : 4L * codes.length);
    }
  }

  /** The tags of a column as small numbers. */
  static final class Dictionary {
    private final Map<String, Integer> codes = new HashMap<>();
    private final List<String> tags = new ArrayList<>();
    private long size;

    synchronized int code(String tag) {
      Integer known = codes.putIfAbsent(tag, tags.size());
      if (known != null) {
        return known;
      }
      tags.add(tag);
      size += BYTES_OF_A_TAG + 2L * tag.length();
      return tags.size() - 1;
    }

    synchronized String tag(int code) {
      return tags.get(code);
    }

    /** About how many bytes it takes. */
    synchronized long size() {
      return size;
    }
  }

  /** The length of a value that stands apart from its block. */
  private static final int APART = 0xFFFF;

  /** Where a value stands that is apart from its block, or that block. */
  static String name(int column, int block, int slot) {
    return slot == ViewColumns.WHOLE ? name(column, block) : name(column, block) + (char) slot;
  }

  /** The places in a block, of all but numbers, whose values stand apart. */
  static List<Integer> apart(byte[] data) {
    List<Integer> apart = new ArrayList<>();
    int count = data.length == 0 ? 0 : data[0] & 0xFF;
    for (int slot = 0; slot < count; slot++) {
      if (Bytes.read(data, 1 + 2 * slot, 2) == APART) {
        apart.add(slot);
      }
    }
    return apart;
  }

  /** A block with the values in it that stand apart from it in Redis. */
  static byte[] joined(byte[] data, Map<Integer, byte[]> apart) {
    int count = data[0] & 0xFF;
    ByteArrayOutputStream lengths = new ByteArrayOutputStream();
    ByteArrayOutputStream values = new ByteArrayOutputStream();
    lengths.write(count);
    int at = 1 + 2 * count;
    for (int slot = 0; slot < count; slot++) {
      byte[] other = apart.get(slot);
      int length = other == null ? (int) Bytes.read(data, 1 + 2 * slot, 2) : other.length;
      lengths.writeBytes(Bytes.write(length, 2));
      if (other == null) {
        values.write(data, at, length);
        at += length;
      } else {
        values.writeBytes(other);
      }
    }
    return Bytes.join(lengths.toByteArray(), values.toByteArray());
  }

  static Block read(Kind kind, byte[] data, long loadedAt, Dictionary dictionary) {
    if (kind == Kind.NUMBER) {
      return new Block(loadedAt, data, null, null);
    }
    int count = data.length == 0 ? 0 : data[0] & 0xFF;
    int[] starts = new int[count + 1];
    starts[0] = 1 + 2 * count;
    for (int i = 0; i < count; i++) {
      starts[i + 1] = starts[i] + (int) Bytes.read(data, 1 + 2 * i, 2);
    }
    return kind == Kind.TEXT
        ? new Block(loadedAt, data, starts, null)
        : tags(data, starts, loadedAt, dictionary);
  }

  private static Block tags(byte[] data, int[] starts, long loadedAt, Dictionary dictionary) {
    int[] codeStarts = new int[starts.length];
    int[] codes = new int[16];
    int size = 0;
    for (int slot = 0; slot + 1 < starts.length; slot++) {
      codeStarts[slot] = size;
      for (int at = starts[slot]; at < starts[slot + 1]; ) {
        int length = (data[at] & 0xFF) + 1;
        if (size == codes.length) {
          codes = Arrays.copyOf(codes, 2 * size);
        }
        codes[size++] = dictionary.code(Bytes.text(data, at + 1, at + 1 + length));
        at += 1 + length;
      }
    }
    codeStarts[starts.length - 1] = size;
    return new Block(loadedAt, Bytes.NONE, codeStarts, Arrays.copyOf(codes, size));
  }

  /** What the server keeps of a column. Its blocks are thrown away when a document changes. */
  static final class Cached implements BlockCache.Entry {
    final Kind kind;
    final Dictionary dictionary = new Dictionary();
    private Block[] blocks = {};
    private long size = 128;

    Cached(Kind kind) {
      this.kind = kind;
    }

    synchronized Block get(int block, long stamp) {
      Block known = block < blocks.length ? blocks[block] : null;
      return known != null && known.loadedAt() <= stamp ? known : null;
    }

    synchronized void put(int block, Block read) {
      if (block >= blocks.length) {
        blocks = Arrays.copyOf(blocks, Math.max(block + 1, blocks.length * 3 / 2));
      }
      size += read.size() - (blocks[block] == null ? 0 : blocks[block].size());
      blocks[block] = read;
    }

    synchronized void drop(int block) {
      if (block < blocks.length && blocks[block] != null) {
        size -= blocks[block].size();
        blocks[block] = null;
      }
    }

    synchronized void dropAll() {
      blocks = new Block[0];
      size = 128;
    }

    @Override
    public synchronized long size() {
      return size + dictionary.size();
    }
  }
}
