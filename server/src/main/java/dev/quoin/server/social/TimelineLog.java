// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.ReadBatch;
import dev.quoin.server.tail.SequencedEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * What comes into a timeline and what goes, as a log.
 *
 * @param watch beginning of its keys
 */
record TimelineLog(Scripts scripts, RequestContext scope, String watch)
    implements LogSource<TimelineLog.Event> {
  private static final LuaScript EVENTS = LuaScript.load("social/events");
  private static final int BYTES = 120;

  /**
   * Something that happened.
   *
   * @param kind + for an entry that came, - for one that went, m for an author who is merged in
   *     from now on, u for one who is not any more
   */
  record Event(long position, char kind, String text) implements SequencedEntry {
    @Override
    public int bytes() {
      return BYTES;
    }
  }

  @Override
  public String channel() {
    return watch + "hints";
  }

  @Override
  public CompletionStage<ReadBatch<Event>> read(long after, int limit, boolean listens) {
    return scripts
        .run(
            EVENTS,
            scope,
            new String[] {watch + "watch", watch + "events"},
            after,
            limit,
            listens ? dev.quoin.server.tail.Tails.LISTENS_MILLIS : 0)
        .thenApply(
            reply -> {
              long first = reply.integer();
              long newest = reply.integer();
              List<Event> events = new ArrayList<>();
              while (reply.hasMore()) {
                long position = reply.integer();
                String text = reply.text();
                events.add(new Event(position, text.charAt(0), text.substring(1)));
              }
              return new ReadBatch<>(first, newest, events);
            });
  }
}
