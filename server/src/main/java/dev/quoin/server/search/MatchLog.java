// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.search;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.ReadBatch;
import dev.quoin.server.tail.Tails;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/** The matches of one partition, for tails. */
record MatchLog(Scripts scripts, RequestContext scope, PartitionKeys keys, int partition)
    implements LogSource<MatchEntry> {
  private static final LuaScript READ = LuaScript.load("search/read_matches");

  @Override
  public String channel() {
    return keys.hints();
  }

  @Override
  public CompletionStage<ReadBatch<MatchEntry>> read(long after, int limit, boolean listens) {
    return scripts
        .run(
            READ,
            scope,
            new String[] {keys.matches(), keys.watch()},
            after,
            limit,
            listens ? Tails.LISTENS_MILLIS : 0)
        .thenApply(
            reply -> {
              long first = reply.integer();
              long newest = reply.integer();
              List<MatchEntry> entries = new ArrayList<>();
              while (reply.hasMore()) {
                entries.add(MatchEntry.read(reply.integer(), reply.bytes()));
              }
              return new ReadBatch<>(first, newest, entries);
            });
  }
}
