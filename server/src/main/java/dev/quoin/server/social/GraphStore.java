// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.errors.v1.ErrorReason;
import dev.quoin.server.errors.ApiException;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.waiting.Tokens;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Edges, as they stand with the one who follows. */
final class GraphStore {
  private static final LuaScript FOLLOW = LuaScript.load("social/follow");
  private static final LuaScript UNFOLLOW = LuaScript.load("social/unfollow");
  private static final LuaScript RELATIONS = LuaScript.load("social/relations");

  /** More would hold Redis for too long. */
  private static final int AT_ONCE = 500;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Tickets tickets;
  private final Outbox outbox;

  GraphStore(Scripts scripts, Keyspace keyspace, Tickets tickets, Outbox outbox) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.tickets = tickets;
    this.outbox = outbox;
  }

  record Followed(boolean created, long millis) {}

  record Unfollowed(boolean removed, long purged) {}

  /** What is between a user and another one. */
  record Relation(int bits) {
    static final Relation NONE = new Relation(0);

    boolean follows() {
      return (bits & 1) != 0;
    }

    boolean blocks() {
      return (bits & 2) != 0;
    }

    boolean isBlocked() {
      return (bits & 4) != 0;
    }

    boolean mutes() {
      return (bits & 8) != 0;
    }

    boolean hasAsked() {
      return (bits & 16) != 0;
    }

    boolean isCut() {
      return blocks() || isBlocked();
    }
  }

  /** Makes a user follow another one, which exists, or puts it on a list. */
  CompletionStage<Followed> follow(RequestContext scope, Ref owner, String other, int most) {
    String token = Tokens.next();
    return tickets
        .note(owner)
        .thenCompose(
            noted ->
                scripts.run(
                    FOLLOW,
                    scope,
                    UserKeys.of(keyspace, owner)
                        .keys(
                            "user",
                            "following",
                            "blocks",
                            "blockers",
                            "outbox",
                            "worker",
                            "quota:follow",
                            "requested"),
                    other,
                    most,
                    Outbox.MOST,
                    token,
                    Outbox.LEASE_MILLIS))
        .thenCompose(
            reply -> {
              Followed followed = new Followed(reply.flag(), reply.integer());
              return workedOff(owner, token, reply.flag()).thenApply(done -> followed);
            });
  }

  /** Ends that, with all that it brought. */
  CompletionStage<Unfollowed> unfollow(
      RequestContext scope, Ref owner, String other, boolean refills) {
    String token = Tokens.next();
    return tickets
        .note(owner)
        .thenCompose(
            noted ->
                scripts.run(
                    UNFOLLOW,
                    scope,
                    UserKeys.of(keyspace, owner)
                        .keys(
                            "user",
                            "following",
                            "home",
                            "merged",
                            "outbox",
                            "worker",
                            "watch",
                            "events",
                            "requested"),
                    other,
                    token,
                    Outbox.LEASE_MILLIS,
                    refills ? 1 : 0))
        .thenCompose(
            reply -> {
              Unfollowed unfollowed = new Unfollowed(reply.flag(), reply.integer());
              return workedOff(owner, token, reply.flag()).thenApply(done -> unfollowed);
            });
  }

  static ApiException blocked() {
    return new ApiException(
        ErrorReason.ERROR_REASON_USER_BLOCKED, "one of the two users blocks the other");
  }

  private CompletionStage<Void> workedOff(Ref owner, String token, boolean works) {
    return works ? outbox.drainBriefly(owner, token) : CompletableFuture.completedFuture(null);
  }

  /** What is between a user and others, in their order. */
  CompletionStage<List<Relation>> relations(
      RequestContext scope, Ref user, Collection<String> others) {
    if (others.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    if (others.size() > AT_ONCE) {
      List<String> all = List.copyOf(others);
      return relations(scope, user, all.subList(0, AT_ONCE))
          .thenCombine(
              relations(scope, user, all.subList(AT_ONCE, all.size())),
              (first, rest) -> {
                List<Relation> both = new ArrayList<>(first);
                both.addAll(rest);
                return both;
              });
    }
    return scripts
        .run(
            RELATIONS,
            scope,
            UserKeys.of(keyspace, user)
                .keys("following", "blocks", "blockers", "mutes", "requested"),
            others.toArray())
        .thenApply(
            reply -> {
              List<Relation> relations = new ArrayList<>();
              while (reply.hasMore()) {
                relations.add(new Relation(reply.count()));
              }
              return relations;
            });
  }
}
