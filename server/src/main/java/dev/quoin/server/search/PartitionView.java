// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * One partition as one query sees it: all of it as of one moment, the last time something was read.
 * What is not there yet is noted while the query is evaluated; then it is read, together with the
 * stamps of all that was read before, and the query is evaluated again. For one query at a time.
 */
final class PartitionView {
  private static final int READ_BYTES = 192 * 1024;
  private static final int NAMES_AT_ONCE = 400;
  private static final int HEADS_AT_ONCE = 500;

  /** Most of them are known when they are read once more: that they are is a short answer. */
  private static final int KNOWN_AT_ONCE = 4_096;

  private static final int RESTARTS = 4;

  private final Scripts scripts;
  private RequestContext scope;
  private final IndexDefinition index;
  private final String[] keys;
  private final BlockCache cache;
  private final Memory memory;
  private final String name;
  private final PartitionState state;
  private final Runnable noticed;

  private final Map<String, Postings> terms = new LinkedHashMap<>();
  private final ViewColumns columns;

  private List<String> sumNames = List.of();
  private long[] sums = {};
  private BitSet hidden = new BitSet();
  private long stamp;
  private byte[] stampBytes;

  /** What has to be read, by its field in Redis, and what is done with it. */
  private final Map<String, Wanted> wantedBlocks = new LinkedHashMap<>();

  private final Map<String, Wanted> wantedColumns = new LinkedHashMap<>();

  /** No document before it lacks anything. */
  private int complete = Integer.MAX_VALUE;

  /** What may be looked at, and was. */
  final Budget budget = new Budget();

  /** How many bytes were read. */
  private long held;

  private interface Wanted {
    void take(byte[] data);
  }

  PartitionView(
      Scripts scripts,
      RequestContext scope,
      IndexDefinition index,
      String[] keys,
      BlockCache cache,
      Memory memory,
      String name,
      PartitionState state,
      Runnable noticed) {
    this.scripts = scripts;
    this.scope = scope;
    this.index = index;
    this.keys = keys;
    this.cache = cache;
    this.memory = memory;
    this.name = name;
    this.state = state;
    this.noticed = noticed;
    this.columns = new ViewColumns(cache, name, state);
    this.stampBytes = state.stamp();
    this.stamp = stampBytes.length == 0 ? 0 : Bytes.read(stampBytes, 0, 7);
  }

  /** Reads the heads of terms, and sums; done when all are of one moment. */
  CompletionStage<PartitionView> read(List<String> termNames, List<String> ofMeta) {
    sumNames = ofMeta;
    for (String term : termNames) {
      terms.putIfAbsent(term, (Postings) cache.get(new BlockCache.Key(name, term)));
    }
    return read(PartitionReader.SNAPSHOT);
  }

  /** On whose behalf is read from now on. */
  void readFor(RequestContext other) {
    scope = other;
  }

  /** Reads what was missed, or a part of it; then the query has to be evaluated again. */
  CompletionStage<PartitionView> readMissing() {
    return read(PartitionReader.BLOCKS);
  }

  private CompletionStage<PartitionView> read(LuaScript script) {
    return read(script, List.copyOf(terms.keySet()), 0, 0, RESTARTS);
  }

  /**
   * Reads heads from a place on, in steps that hold Redis only for a moment each, and in the last
   * of them blocks.
   *
   * @param moment stamp of the steps before
   * @param restarts how often to begin again when documents have changed between steps, so that all
   *     is of one moment. Then one step is enough for as many terms as a query has, but for those
   *     that prefixes stand for
   */
  private CompletionStage<PartitionView> read(
      LuaScript script, List<String> all, int from, long moment, int restarts) {
    int most = restarts == RESTARTS ? HEADS_AT_ONCE : KNOWN_AT_ONCE;
    List<String> names = all.subList(from, Math.min(all.size(), from + most));
    boolean isLast = from + names.size() == all.size();
    List<String> blocks = isLast ? first(wantedBlocks) : List.of();
    List<String> wanted = isLast ? first(wantedColumns) : List.of();
    byte[] since = stampBytes;
    Arguments arguments =
        Arguments.of(
            index.id(),
            index.revision(),
            since,
            READ_BYTES,
            sumNames.size(),
            names.size(),
            blocks.size(),
            wanted.size());
    arguments.addAll(sumNames);
    Map<String, Postings> known = new HashMap<>();
    for (String term : names) {
      Postings before = terms.get(term);
      known.put(term, before);
      arguments.add(term, before == null ? Bytes.NONE : before.stampBytes);
    }
    blocks.forEach(block -> arguments.add(blockName(block)));
    wanted.forEach(column -> arguments.add(columnName(column)));
    return scripts
        .run(script, scope, keys, arguments.toArray())
        .thenCompose(
            reply -> {
              int next = from + take(reply, since, names, known, blocks, wanted);
              if (from > 0 && stamp != moment && restarts > 0) {
                return read(script, all, 0, 0, restarts - 1);
              }
              return next < all.size()
                  ? read(script, all, next, stamp, restarts)
                  : CompletableFuture.completedFuture(this);
            });
  }

  private static List<String> first(Map<String, Wanted> all) {
    return all.keySet().stream().limit(NAMES_AT_ONCE).toList();
  }

  /** Fields with bytes that are no UTF-8 are kept as Latin-1 with a term behind in UTF-8. */
  private static byte[] blockName(String block) {
    return block.charAt(0) == 'd'
        ? Bytes.utf8(block)
        : Bytes.join(
            new byte[] {(byte) block.charAt(0)},
            block.substring(1, 4).getBytes(java.nio.charset.StandardCharsets.ISO_8859_1),
            Bytes.utf8(block.substring(4)));
  }

  private static byte[] columnName(String column) {
    return column.getBytes(java.nio.charset.StandardCharsets.ISO_8859_1);
  }

  /** Takes what was read; how many heads that were, of which not all may have fit. */
  private int take(
      Reply reply,
      byte[] since,
      List<String> names,
      Map<String, Postings> known,
      List<String> blocks,
      List<String> wanted) {
    StaleDefinition.checked(reply.integer());
    byte[] read = reply.bytes();
    boolean reached = reply.flag();
    int headCount = reply.count();
    int blockCount = reply.count();
    int columnCount = reply.count();
    byte[] changed = reply.bytes();
    moveTo(read, since, reached, changed);
    hidden = ordinals(reply.bytes());
    if (!hidden.isEmpty()) {
      noticed.run();
    }
    sums = sumNames.stream().mapToLong(sum -> Long.parseLong(reply.text())).toArray();
    for (int i = 0; i < headCount; i++) {
      takeHead(names.get(i), reply.bytes(), known.get(names.get(i)));
    }
    for (int i = 0; i < blockCount; i++) {
      byte[] data = reply.bytes();
      hold(data.length);
      wantedBlocks.remove(blocks.get(i)).take(data);
    }
    for (int i = 0; i < columnCount; i++) {
      byte[] data = reply.bytes();
      hold(data.length);
      wantedColumns.remove(wanted.get(i)).take(data);
    }
    return headCount;
  }

  private void moveTo(byte[] read, byte[] since, boolean reached, byte[] changed) {
    stampBytes = read;
    stamp = read.length == 0 ? 0 : Bytes.read(read, 0, 7);
    long from = since.length == 0 ? 0 : Bytes.read(since, 0, 7);
    state.advance(from, stamp, read, reached, changed);
    if (reached) {
      for (int at = 0; at < changed.length; at += 3) {
        columns.drop(Bytes.ordinal(changed, at) / Columns.BLOCK);
      }
    } else {
      columns.dropAll();
    }
  }

  private void takeHead(String term, byte[] head, Postings before) {
    if (head.length == 0) {
      terms.put(term, null);
    } else if (head.length > 1) {
      hold(head.length);
      keep(term, Postings.of(head, before));
    }
  }

  private void keep(String term, Postings postings) {
    terms.put(term, postings);
    cache.put(new BlockCache.Key(name, term), postings);
  }

  /** The postings of a term that was read; null when no document has it. */
  Postings term(String term) {
    return terms.get(term);
  }

  /** A sum that was read. */
  long sum(String ofMeta) {
    return sums[sumNames.indexOf(ofMeta)];
  }

  /** Whether a document is not to be found: its words are being written, or taken away. */
  boolean isHidden(int ordinal) {
    return hidden.get(ordinal);
  }

  private static BitSet ordinals(byte[] data) {
    BitSet ordinals = new BitSet();
    for (int at = 0; at < data.length; at += 3) {
      ordinals.set(Bytes.ordinal(data, at));
    }
    return ordinals;
  }

  int partitionSize() {
    return (int) sum("next");
  }

  /** Whether something was missed since the last time this was asked for. */
  boolean isComplete() {
    return wantedBlocks.isEmpty() && wantedColumns.isEmpty();
  }

  /**
   * Forgets what was missed, and begins to note it anew.
   *
   * @param most how much may be looked at
   * @param until when time is up, in nanoseconds of this machine
   */
  void begin(long most, long until) {
    wantedBlocks.clear();
    wantedColumns.clear();
    complete = Integer.MAX_VALUE;
    budget.begin(most, until);
  }

  /** Whether it may read more: queries hold what they read, all together a bounded part. */
  boolean mayRead() {
    return memory.hasRoom();
  }

  /** Lets go of what was read. */
  void close() {
    memory.add(-held);
    held = 0;
  }

  private void hold(long bytes) {
    held += bytes;
    memory.add(bytes);
  }

  /** The first document that lacks something. */
  int completeUpTo() {
    return complete;
  }

  private void lacks(int ordinal) {
    complete = Math.min(complete, ordinal);
  }

  void missDirectory(String term) {
    lacks(0);
    wantedBlocks.put(
        "d" + term,
        data -> {
          // What was read with it says which directory it has to be.
          Postings now = terms.get(term);
          if (now != null && now.lacksDirectory()) {
            keep(term, now.with(Postings.Directory.of(now.directoryStamp(), data, now.older)));
          }
        });
  }

  void missBlock(String term, int piece, boolean ofPositions) {
    Postings.Directory directory = terms.get(term).directory;
    lacks(directory.firsts[piece]);
    String block =
        (ofPositions ? "p" : "b")
            + new String(
                Bytes.write(directory.numbers[piece], 3),
                java.nio.charset.StandardCharsets.ISO_8859_1)
            + term;
    wantedBlocks.put(
        block,
        data -> {
          Postings now = terms.get(term);
          if (now == null || now.directory != directory || data.length == 0) {
            return;
          }
          if (ofPositions) {
            directory.fillPositions(piece, data);
          } else {
            directory.fillPostings(piece, data);
          }
          cache.put(new BlockCache.Key(name, term), now);
        });
  }

  /** A block of a column; null when it has to be read first. */
  Columns.Block column(int column, Columns.Kind kind, int block) {
    Columns.Block known = columns.block(column, kind, block, stamp);
    if (known == null) {
      lacks(block * Columns.BLOCK);
      for (int slot : columns.missing(column, block)) {
        wantedColumns.put(
            Columns.name(column, block, slot),
            data -> columns.take(column, kind, block, slot, data, stamp));
      }
    }
    return known;
  }

  Columns.Dictionary dictionary(int column) {
    return columns.dictionary(column);
  }
}
