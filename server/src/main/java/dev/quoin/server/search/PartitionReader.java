// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Opens views of partitions, which share what was read before. */
final class PartitionReader {
  private static final int STATES = 10_000;

  static final LuaScript SNAPSHOT = LuaScript.load("search/snapshot");
  static final LuaScript BLOCKS = LuaScript.load("search/blocks");

  private final Scripts scripts;
  private final Indexes indexes;
  private final LargeDocuments large;
  private final BlockCache cache = BlockCache.ofHeap();
  private final Memory memory = Memory.ofHeap();
  private final Map<String, PartitionState> states = new ConcurrentHashMap<>();

  PartitionReader(Scripts scripts, Indexes indexes, LargeDocuments large) {
    this.scripts = scripts;
    this.indexes = indexes;
    this.large = large;
  }

  /** A view of a partition from which nothing has been read yet. */
  PartitionView open(RequestContext scope, IndexDefinition index, int partition) {
    PartitionKeys keys = indexes.partition(scope, index, partition);
    String name = keys.entity() + index.id();
    if (states.size() > STATES) {
      states.clear();
    }
    PartitionState state =
        states.computeIfAbsent(
            name + '.' + index.revision(),
            n ->
                new PartitionState(
                    column -> (Columns.Cached) cache.get(key(name, column)),
                    index.fields().size() + 1));
    return new PartitionView(
        scripts,
        scope,
        index,
        keys.read(),
        cache,
        memory,
        name,
        state,
        () -> large.notice(scope, index, partition));
  }

  static BlockCache.Key key(String partition, int column) {
    return new BlockCache.Key(partition, "column " + column);
  }
}
