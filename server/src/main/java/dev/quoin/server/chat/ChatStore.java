// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.chat;

import dev.quoin.chat.v1.Role;
import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.Reply;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Consumer;

/** Changes chats in Redis. */
final class ChatStore {
  private static final LuaScript CREATE = LuaScript.load("chat/create");
  private static final LuaScript JOIN = LuaScript.load("chat/join");
  private static final LuaScript LEAVE = LuaScript.load("chat/leave");
  private static final LuaScript ROLE = LuaScript.load("chat/role");
  private static final LuaScript SEND = LuaScript.load("chat/send");
  private static final LuaScript EDIT = LuaScript.load("chat/edit");
  private static final LuaScript ACK = LuaScript.load("chat/ack");
  private static final LuaScript SIGNAL = LuaScript.load("chat/signal");
  private static final int MEMBERS = 10_000;

  private final Scripts scripts;
  private final Keyspace keyspace;

  ChatStore(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /**
   * A chat to be made.
   *
   * @param content of the first message, empty for none
   * @param most how many entries are kept
   * @param ageMillis how long entries are kept
   * @param graceMillis how long acknowledged ones are kept
   * @param once the identity of the request, for this creator
   */
  record Plan(
      String creator,
      List<String> others,
      byte[] content,
      int most,
      long ageMillis,
      long graceMillis,
      Once once) {}

  /** A message in its chat; number 0 for none. */
  record Sent(long number, long millis) {}

  record Joined(boolean joined, long acknowledged) {}

  record Acknowledged(boolean member, long number, long messages) {}

  /**
   * Makes a chat.
   *
   * @param late runs when it was made after the caller was told that Redis is away
   */
  CompletionStage<Sent> create(RequestContext scope, String chat, Plan plan, Runnable late) {
    Arguments arguments =
        Arguments.of(
                plan.creator(),
                plan.content(),
                plan.most(),
                plan.ageMillis(),
                plan.graceMillis(),
                plan.once().digest())
            .addAll(plan.others());
    String[] keys =
        keys(
            scope,
            chat,
            "head",
            "log",
            "seen",
            "members",
            "staff",
            ChatKeys.request(plan.creator(), plan.once()));
    return scripts
        .run(CREATE, scope, keys, reply -> late.run(), arguments.toArray())
        .thenApply(reply -> new Sent(reply.integer(), reply.integer()));
  }

  /**
   * Makes a user a member.
   *
   * @param late runs when it became one after the caller was told that Redis is away
   */
  CompletionStage<Joined> join(RequestContext scope, String chat, String user, Runnable late) {
    Consumer<Reply> unheard = reply -> late.run();
    return scripts
        .run(
            JOIN,
            scope,
            keys(scope, chat, "head", "log", "seen", "members"),
            unheard,
            user,
            MEMBERS)
        .thenApply(reply -> new Joined(reply.flag(), reply.integer()));
  }

  /**
   * Ends a membership; tells whether there was one.
   *
   * @param actor who kicks the user, "" when it leaves
   */
  CompletionStage<Boolean> leave(RequestContext scope, String chat, String user, String actor) {
    return flag(
        scripts.run(
            LEAVE,
            scope,
            keys(scope, chat, "head", "log", "seen", "members", "staff"),
            user,
            actor));
  }

  CompletionStage<Boolean> setRole(
      RequestContext scope, String chat, String user, Role role, String actor) {
    return flag(
        scripts.run(
            ROLE,
            scope,
            keys(scope, chat, "head", "log", "seen", "staff"),
            user,
            role.getNumber(),
            actor));
  }

  /** Sends a message, once for each id and sender. */
  CompletionStage<Sent> send(
      RequestContext scope,
      String chat,
      String sender,
      byte[] content,
      Once once,
      boolean acknowledge) {
    return scripts
        .run(
            SEND,
            scope,
            keys(scope, chat, "head", "log", "seen", ChatKeys.sent(sender, once)),
            sender,
            content,
            once.digest(),
            acknowledge ? 1 : 0)
        .thenApply(reply -> new Sent(reply.integer(), reply.integer()));
  }

  /**
   * Changes what a message says, or deletes it.
   *
   * @return when it was changed to that, in ms
   */
  CompletionStage<Long> edit(
      RequestContext scope, String chat, String user, long number, byte[] content) {
    return scripts
        .run(EDIT, scope, keys(scope, chat, "head", "log", "seen", "staff"), user, number, content)
        .thenApply(Reply::integer);
  }

  CompletionStage<Acknowledged> acknowledge(
      RequestContext scope, String chat, String user, long number) {
    return scripts
        .run(ACK, scope, keys(scope, chat, "head", "log", "seen"), user, number)
        .thenApply(reply -> new Acknowledged(reply.flag(), reply.integer(), reply.integer()));
  }

  /** Tells those who listen now what a user is doing. */
  CompletionStage<Void> signal(RequestContext scope, String chat, String user, String activity) {
    return scripts
        .run(SIGNAL, scope, keys(scope, chat, "head", "seen"), user, activity)
        .thenApply(reply -> null);
  }

  private String[] keys(RequestContext scope, String chat, String... parts) {
    return ChatKeys.of(keyspace, scope.namespace(), chat).keys(parts);
  }

  private static CompletionStage<Boolean> flag(CompletableFuture<Reply> reply) {
    return reply.thenApply(Reply::flag);
  }
}
