// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import com.google.protobuf.util.Timestamps;
import dev.quoin.chat.v1.ListMembersResponse.Member;
import dev.quoin.chat.v1.ListResponse.Summary;
import dev.quoin.chat.v1.Message;
import dev.quoin.chat.v1.Role;
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
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Reads chats in Redis. */
final class ChatReads {
  private static final LuaScript LOOK = LuaScript.load("chat/look");
  private static final LuaScript SUMMARY = LuaScript.load("chat/summary");
  private static final LuaScript FETCH = LuaScript.load("chat/fetch");
  private static final LuaScript MEMBERS = LuaScript.load("chat/members");
  private static final LuaScript READ = LuaScript.load("chat/read");
  private static final int READ_BYTES = 256 * 1024;

  private final Scripts scripts;
  private final Keyspace keyspace;

  ChatReads(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /** Which messages to read. */
  enum Range {
    /** Those after the last acknowledged one. */
    PENDING,
    AFTER,
    BEFORE
  }

  /**
   * Messages of a chat.
   *
   * @param member whether the user is one; if not there is nothing else
   * @param newest number of the newest message
   * @param firstKept number of the first message that is kept, or else of the one to come
   */
  record Found(
      boolean member,
      long newest,
      long acknowledged,
      long firstKept,
      boolean more,
      List<Message> messages) {}

  /** Where a user stands in a chat. */
  CompletionStage<Place> look(RequestContext scope, String chat, String user) {
    String[] keys = of(scope, chat).keys("head", "log", "seen", "members", "staff");
    return scripts.run(LOOK, scope, keys, user).thenApply(Place::of);
  }

  /** How large a chat is; nothing when there is none. */
  CompletionStage<Optional<Summary>> summary(RequestContext scope, String chat) {
    return scripts
        .run(SUMMARY, scope, of(scope, chat).keys("head", "seen"))
        .thenApply(reply -> reply.flag() ? Optional.of(summary(chat, reply)) : Optional.empty());
  }

  private static Summary summary(String chat, Reply reply) {
    return Summary.newBuilder()
        .setChatId(chat)
        .setMemberCount(reply.integer())
        .setNewestMessageId(reply.integer())
        .setUpdateTime(Timestamps.fromMillis(reply.integer()))
        .setCreateTime(Timestamps.fromMillis(reply.integer()))
        .build();
  }

  /** Messages, oldest first. Being no member is a refusal except for pending ones. */
  CompletionStage<Found> fetch(
      RequestContext scope,
      String chat,
      String user,
      Range range,
      long from,
      int limit,
      int bytes) {
    return scripts
        .run(
            FETCH,
            scope,
            of(scope, chat).keys("head", "log", "seen", "members"),
            user,
            range.name().toLowerCase(java.util.Locale.ROOT),
            from,
            limit,
            bytes)
        .thenApply(reply -> found(reply, range == Range.BEFORE));
  }

  private static Found found(Reply reply, boolean newestFirst) {
    if (!reply.flag()) {
      return new Found(false, 0, 0, 0, false, List.of());
    }
    long newest = reply.integer();
    long acknowledged = reply.integer();
    long firstKept = reply.integer();
    boolean more = reply.flag();
    List<Message> messages = new ArrayList<>();
    while (reply.hasMore()) {
      messages.add(Entry.message(reply.bytes()));
    }
    if (newestFirst) {
      java.util.Collections.reverse(messages);
    }
    return new Found(true, newest, acknowledged, firstKept, more, messages);
  }

  /** Members by name, after one of them. */
  CompletionStage<List<Member>> members(
      RequestContext scope, String chat, String user, String after, int count) {
    String[] keys = of(scope, chat).keys("head", "seen", "members", "staff");
    return scripts
        .run(MEMBERS, scope, keys, user, after, count)
        .thenApply(
            reply -> {
              List<Member> members = new ArrayList<>();
              while (reply.hasMore()) {
                members.add(
                    Member.newBuilder()
                        .setUser(reply.text())
                        .setRole(Role.forNumber(reply.count()))
                        .setAcknowledgedMessageId(reply.integer())
                        .setJoinTime(Timestamps.fromMillis(reply.integer()))
                        .build());
              }
              return members;
            });
  }

  /** The log of a chat, for tails. What is read is not bound to the deadline of a call. */
  LogSource<Entry> log(RequestContext scope, String chat) {
    return new Log(scope.detached(), chat, of(scope, chat));
  }

  private ChatKeys of(RequestContext scope, String chat) {
    return ChatKeys.of(keyspace, scope.namespace(), chat);
  }

  final class Log implements LogSource<Entry> {
    private final RequestContext scope;
    private final String chat;
    private final ChatKeys keys;

    private Log(RequestContext scope, String chat, ChatKeys keys) {
      this.scope = scope;
      this.chat = chat;
      this.keys = keys;
    }

    String chat() {
      return chat;
    }

    @Override
    public String channel() {
      return keys.hints();
    }

    @Override
    public CompletionStage<ReadBatch<Entry>> read(long after, int limit, boolean listens) {
      return scripts
          .run(
              READ,
              scope,
              keys.keys("head", "log"),
              after,
              limit,
              READ_BYTES,
              listens ? Tails.LISTENS_MILLIS : 0)
          .thenApply(ChatReads::batch);
    }
  }

  private static ReadBatch<Entry> batch(Reply reply) {
    long first = reply.integer();
    long newest = reply.integer();
    long position = reply.integer();
    List<Entry> entries = new ArrayList<>();
    while (reply.hasMore()) {
      entries.add(Entry.stored(position++, reply.bytes()));
    }
    return new ReadBatch<>(first, newest, entries);
  }
}
