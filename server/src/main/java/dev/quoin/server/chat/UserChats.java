// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.ReadBatch;
import dev.quoin.server.tail.Tails;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * Which chats a user is in, and may be in. It lives in another slot than the chats and says at
 * least those; see {@link Notes}.
 */
final class UserChats {
  /** As many chats a user may have. */
  static final int MOST = 1_000;

  private static final LuaScript LIST = LuaScript.load("chat/list");
  private static final LuaScript CHANGES = LuaScript.load("chat/changes");

  /** For how long changes are kept. */
  static final long KEEP_MILLIS = 86_400_000;

  private static final long SWEEP_MILLIS = 20_000;

  private final Scripts scripts;
  private final Keyspace keyspace;

  UserChats(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /**
   * Some chats.
   *
   * @param newestChange number of the newest change, of which streams are told
   * @param last when the last of the chats was first noted: where the next page begins
   */
  record Page(long newestChange, List<String> chats, String last) {}

  /** Chats in the order in which they were first noted, after a place of an earlier page or "0". */
  CompletionStage<Page> list(RequestContext scope, String user, String after, int count) {
    UserKeys keys = of(scope, user);
    return scripts
        .run(LIST, scope, new String[] {keys.chats(), keys.changes()}, after, count)
        .thenApply(
            reply -> {
              long newestChange = reply.integer();
              List<String> chats = new ArrayList<>();
              long last = 0;
              while (reply.hasMore()) {
                last = reply.integer();
                chats.add(reply.text());
              }
              return new Page(newestChange, chats, chats.isEmpty() ? "" : Long.toString(last));
            });
  }

  /** What is noted from now on, for tails. */
  LogSource<Entry> log(RequestContext scope, String user) {
    return new Changes(scope.detached(), of(scope, user));
  }

  UserKeys of(RequestContext scope, String user) {
    return UserKeys.of(keyspace, scope.namespace(), user);
  }

  private final class Changes implements LogSource<Entry> {
    private final RequestContext scope;
    private final UserKeys keys;

    private Changes(RequestContext scope, UserKeys keys) {
      this.scope = scope;
      this.keys = keys;
    }

    @Override
    public String channel() {
      return keys.hints();
    }

    @Override
    public long sweepMillis() {
      return SWEEP_MILLIS;
    }

    @Override
    public CompletionStage<ReadBatch<Entry>> read(long after, int limit, boolean listens) {
      return scripts
          .run(
              CHANGES,
              scope,
              new String[] {keys.index(), keys.changes()},
              after,
              limit,
              listens ? Tails.LISTENS_MILLIS : 0,
              KEEP_MILLIS)
          .thenApply(UserChats::batch);
    }
  }

  private static ReadBatch<Entry> batch(Reply reply) {
    long first = reply.integer();
    long newest = reply.integer();
    List<Entry> entries = new ArrayList<>();
    while (reply.hasMore()) {
      entries.add(Entry.noted(reply.integer(), reply.text()));
    }
    return new ReadBatch<>(first, newest, entries);
  }
}
