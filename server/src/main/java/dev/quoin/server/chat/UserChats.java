// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.Refusal;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.Scope;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.tail.Chunk;
import dev.quoin.server.tail.LogSource;
import dev.quoin.server.tail.Tails;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Which chats a user is in. It lives in another slot than the chats and says at least those: a chat
 * is noted before the user becomes a member, and taken out only when the chat says that it is none
 * and it was noted long enough ago for no join to be under way.
 */
final class UserChats {
  /** As many chats a user may have. */
  static final int MOST = 1_000;

  private static final LuaScript NOTE = LuaScript.load("chat/note");
  private static final LuaScript FORGET = LuaScript.load("chat/forget");
  private static final LuaScript LIST = LuaScript.load("chat/list");
  private static final LuaScript CHANGES = LuaScript.load("chat/changes");
  private static final long STAY_MILLIS = 60_000;
  private static final long KEEP_MILLIS = 86_400_000;
  private static final long SWEEP_MILLIS = 20_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final ChatReads reads;

  UserChats(Scripts scripts, Keyspace keyspace, ChatReads reads) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.reads = reads;
  }

  /**
   * Some chats.
   *
   * @param newestChange number of the newest change, of which streams are told
   * @param last when the last of the chats was noted: where the next page begins
   */
  record Page(long newestChange, List<String> chats, String last) {}

  /** Notes that a user is about to be in a chat. */
  CompletionStage<Void> note(Scope scope, String user, String chat) {
    return tryNote(scope, user, chat)
        .thenCompose(
            noted ->
                noted
                    ? CompletableFuture.completedFuture(true)
                    : tidy(scope, user).thenCompose(tidied -> tryNote(scope, user, chat)))
        .thenAccept(
            noted -> {
              if (!noted) {
                throw new Refusal(
                    ErrorReason.ERROR_REASON_CHAT_USER_FULL,
                    "the user has " + MOST + " chats",
                    Map.of("user", user),
                    null);
              }
            });
  }

  private CompletionStage<Boolean> tryNote(Scope scope, String user, String chat) {
    UserKeys keys = of(scope, user);
    String[] all = {keys.index(), keys.chats(), keys.changes()};
    return scripts.run(NOTE, scope, all, chat, MOST, KEEP_MILLIS).thenApply(reply -> reply.flag(0));
  }

  /** Takes out all chats the user is not in. */
  private CompletionStage<Void> tidy(Scope scope, String user) {
    return list(scope, user, "0", MOST)
        .thenCompose(
            page -> {
              List<String> gone = new ArrayList<>();
              List<CompletionStage<?>> looks = new ArrayList<>();
              for (String chat : page.chats()) {
                looks.add(
                    reads
                        .look(scope, chat, user)
                        .thenAccept(
                            place -> {
                              if (!place.member()) {
                                synchronized (gone) {
                                  gone.add(chat);
                                }
                              }
                            }));
              }
              return Futures.all(looks).thenCompose(looked -> forget(scope, user, gone));
            });
  }

  /** Takes chats out that the user is not in, unless they were noted within the last minute. */
  CompletionStage<Void> forget(Scope scope, String user, List<String> chats) {
    if (chats.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    Object[] arguments = new Object[1 + chats.size()];
    arguments[0] = STAY_MILLIS;
    for (int i = 0; i < chats.size(); i++) {
      arguments[1 + i] = chats.get(i);
    }
    return scripts
        .run(FORGET, scope, new String[] {of(scope, user).chats()}, arguments)
        .thenApply(reply -> null);
  }

  /** Chats in the order in which they were noted, after a place of an earlier page or "0". */
  CompletionStage<Page> list(Scope scope, String user, String after, int count) {
    UserKeys keys = of(scope, user);
    return scripts
        .run(LIST, scope, new String[] {keys.chats(), keys.changes()}, after, count)
        .thenApply(
            reply -> {
              List<String> chats = new ArrayList<>();
              for (int i = 2; i < reply.size(); i += 2) {
                chats.add(reply.text(i));
              }
              return new Page(
                  number(reply, 0), chats, chats.isEmpty() ? "" : reply.text(reply.size() - 2));
            });
  }

  /** What is noted from now on, for tails. */
  LogSource<Entry> log(Scope scope, String user) {
    return new Changes(scope.detached(), of(scope, user));
  }

  private UserKeys of(Scope scope, String user) {
    return UserKeys.of(keyspace, scope.namespace(), user);
  }

  private static long number(Reply reply, int position) {
    return Long.parseLong(reply.text(position));
  }

  private final class Changes implements LogSource<Entry> {
    private final Scope scope;
    private final UserKeys keys;

    private Changes(Scope scope, UserKeys keys) {
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
    public CompletionStage<Chunk<Entry>> read(long after, int limit, boolean listens) {
      return scripts
          .run(
              CHANGES,
              scope,
              new String[] {keys.index(), keys.changes()},
              after,
              limit,
              listens ? Tails.LISTENS_MILLIS : 0,
              KEEP_MILLIS)
          .thenApply(UserChats::chunk);
    }
  }

  private static Chunk<Entry> chunk(Reply reply) {
    List<Entry> entries = new ArrayList<>();
    for (int i = 2; i < reply.size(); i += 2) {
      entries.add(Entry.noted(number(reply, i), reply.text(i + 1)));
    }
    return new Chunk<>(number(reply, 0), number(reply, 1), entries);
  }
}
