// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.server.waiting.Tokens;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.logging.Level;
import java.util.logging.Logger;

/** Requests to follow, blocks and mutes. */
final class BlockStore {
  private static final LuaScript BLOCK = LuaScript.load("social/block");
  private static final LuaScript UNBLOCK = LuaScript.load("social/unblock");
  private static final LuaScript SET_EDGE = LuaScript.load("social/set_edge");
  private static final int MOST = 10_000;
  private static final int MOST_LISTS = 100;
  private static final int MOST_GROUPS = 1_000;
  private static final long CREATION_MILLIS = 60_000;
  private static final Logger LOG = Logger.getLogger(BlockStore.class.getName());

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  BlockStore(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  /** Asks a private user; answers whether it is followed already. */
  CompletionStage<Boolean> ask(RequestContext scope, Ref user, Ref other) {
    return social
        .values()
        .user(scope, user)
        .thenCompose(found -> social.graph().relations(scope, user, List.of(other.id())))
        .thenCompose(
            relations -> {
              if (relations.get(0).isCut()) {
                throw GraphStore.blocked();
              }
              if (relations.get(0).follows()) {
                return CompletableFuture.completedFuture(true);
              }
              return set(scope, user, "requested", other.id(), true)
                  .thenCompose(asked -> set(scope, other, "requests", user.id(), true))
                  .thenApply(asked -> false);
            });
  }

  /** Whether a user was asked by another one, which has not taken that back. */
  CompletionStage<Boolean> hasAsked(RequestContext scope, Ref user, Ref other) {
    String key = UserKeys.of(keyspace, user).key("requests");
    return scripts
        .redis()
        .call(scope, commands -> commands.zscore(key, other.id().getBytes()), late -> {})
        .thenCombine(
            social.graph().relations(scope, other, List.of(user.id())),
            (score, relations) -> score != null && relations.get(0).hasAsked());
  }

  /** Ends a request; answers whether there was one. */
  CompletionStage<Boolean> answer(RequestContext scope, Ref user, Ref other) {
    return set(scope, other, "requested", user.id(), false)
        .thenCompose(done -> set(scope, user, "requests", other.id(), false));
  }

  /**
   * Takes lists or groups out of the index of a user whose creation ended half-way: those that are
   * not there a minute after they were noted.
   *
   * @param missing entries of the index without a list or a group
   */
  void tidy(RequestContext scope, Ref user, String part, List<Edge> missing) {
    if (missing.isEmpty()) {
      return;
    }
    RequestContext later = scope.detached();
    social
        .tickets()
        .next()
        .thenCompose(
            now ->
                Futures.all(
                    missing.stream()
                        .filter(edge -> edge.millis() < Tickets.millis(now) - CREATION_MILLIS)
                        .map(edge -> set(later, user, part, edge.id(), false))
                        .toList()))
        .whenComplete(
            (done, failure) -> {
              if (failure != null) {
                LOG.log(Level.FINE, "the next one who looks tidies up", failure);
              }
            });
  }

  /** Takes another user out of one of the lists of a user. */
  CompletionStage<Boolean> forget(Ref user, String part, String other) {
    return set(user.scope(), user, part, other, false);
  }

  CompletionStage<Boolean> mute(RequestContext scope, Ref user, String other, boolean mutes) {
    return set(scope, user, "mutes", other, mutes);
  }

  /** Notes something in a list of a user, or takes it out. */
  CompletionStage<Boolean> set(
      RequestContext scope, Ref user, String part, String other, boolean on) {
    return scripts
        .run(
            SET_EDGE,
            scope,
            UserKeys.of(keyspace, user).keys("user", part),
            other,
            on ? 1 : 0,
            most(part))
        .thenApply(reply -> reply.flag());
  }

  private static int most(String part) {
    return switch (part) {
      case "lists" -> MOST_LISTS;
      case "groups" -> MOST_GROUPS;
      default -> MOST;
    };
  }

  CompletionStage<Boolean> block(RequestContext scope, Ref user, Ref other) {
    return cut(scope, user, other, "blocks", "k " + other.id());
  }

  CompletionStage<Boolean> unblock(RequestContext scope, Ref user, Ref other) {
    String token = Tokens.next();
    return social
        .tickets()
        .note(user)
        .thenCompose(
            noted ->
                scripts.run(
                    UNBLOCK,
                    scope,
                    UserKeys.of(keyspace, user).keys("blocks", "outbox", "worker"),
                    other.id(),
                    "j " + other.id(),
                    token,
                    Outbox.LEASE_MILLIS,
                    Outbox.MOST))
        .thenCompose(
            reply -> {
              boolean done = reply.flag();
              return reply.flag()
                  ? social.outbox().drainBriefly(user, token).thenApply(drained -> done)
                  : CompletableFuture.completedFuture(done);
            });
  }

  private CompletionStage<Boolean> cut(
      RequestContext scope, Ref user, Ref other, String part, String task) {
    String token = Tokens.next();
    return social
        .tickets()
        .note(user)
        .thenCompose(
            noted ->
                scripts.run(
                    BLOCK,
                    scope,
                    UserKeys.of(keyspace, user)
                        .keys(
                            "user",
                            part,
                            "following",
                            "home",
                            "merged",
                            "outbox",
                            "worker",
                            "watch",
                            "events",
                            "requests",
                            "requested"),
                    other.id(),
                    MOST,
                    task,
                    token,
                    Outbox.LEASE_MILLIS,
                    Outbox.MOST))
        .thenCompose(
            reply -> {
              boolean created = reply.flag();
              return reply.flag()
                  ? social.outbox().drainBriefly(user, token).thenApply(done -> created)
                  : CompletableFuture.completedFuture(created);
            });
  }

  /** "k other": it blocks the other, who is told with what that ends there. */
  CompletionStage<?> blocked(Outbox.Task task) {
    Ref user = task.owner();
    Ref other = user.other(task.word(1));
    return social
        .values()
        .find(user.scope(), other)
        .thenCompose(
            found ->
                found == null
                    ? CompletableFuture.<Void>completedFuture(null)
                    : Outbox.done(
                        cut(user.scope(), other, user, "blockers", "")
                            .thenCompose(cut -> offLists(user, other.id()))
                            .thenCompose(off -> offLists(other, user.id()))));
  }

  /** Takes another user off all lists of a user. */
  private CompletionStage<Void> offLists(Ref owner, String other) {
    String key = UserKeys.of(keyspace, owner).key("lists");
    return social
        .followers()
        .edges(owner.scope(), key, null, MOST_LISTS, false)
        .thenCompose(
            lists ->
                social
                    .ends()
                    .each(
                        lists,
                        list ->
                            UserEnd.quietly(
                                social
                                    .graph()
                                    .unfollow(
                                        owner.scope(),
                                        new Ref(owner.namespace(), Ref.LIST, list.id()),
                                        other,
                                        true))))
        .thenAccept(done -> {});
  }

  /** "j other": it blocks the other no longer, unless it has blocked it again. */
  CompletionStage<?> unblocked(Outbox.Task task) {
    Ref user = task.owner();
    Ref other = user.other(task.word(1));
    return social
        .graph()
        .relations(user.scope(), user, List.of(other.id()))
        .thenCompose(
            found ->
                found.get(0).blocks()
                    ? CompletableFuture.completedFuture(null)
                    : social
                        .values()
                        .find(user.scope(), other)
                        .thenCompose(
                            exists ->
                                exists == null
                                    ? CompletableFuture.completedFuture(null)
                                    : set(user.scope(), other, "blockers", user.id(), false)));
  }
}
