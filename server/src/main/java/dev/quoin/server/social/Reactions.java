// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.rpc.Once;
import dev.quoin.social.v1.Status;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** Likes, favorites and reposts, and how much a user has liked of whom. */
final class Reactions {
  private static final LuaScript COUNT = LuaScript.load("social/count_status");
  private static final LuaScript CLAIM = LuaScript.load("social/claim_repost");
  private static final LuaScript AFFINITY = LuaScript.load("social/affinity");
  private static final int MOST = 1_000_000;
  private static final int MOST_AUTHORS = 1_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  Reactions(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  record Counted(boolean changed, long count) {}

  record Reposted(long id, boolean created) {}

  /** A status that a user may see. */
  private CompletionStage<Status> seen(RequestContext scope, Ref user, String id) {
    return social
        .values()
        .user(scope, user)
        .thenCompose(exists -> social.pages().visible(scope, user.id(), List.of(id)))
        .thenApply(
            found -> {
              if (!found.containsKey(id)) {
                throw Posting.noStatus(id);
              }
              return found.get(id);
            });
  }

  CompletionStage<Counted> like(RequestContext scope, Ref user, String id) {
    return seen(scope, user, id)
        .thenCompose(
            status ->
                count(scope, id, "likes", user.id(), true)
                    .thenCompose(
                        counted -> liked(scope, user, status, counted.changed(), counted)));
  }

  CompletionStage<Counted> unlike(RequestContext scope, Ref user, String id) {
    return count(scope, id, "likes", user.id(), false)
        .thenCompose(
            counted -> counted.changed() ? done(counted) : ifSeen(scope, user, id, counted));
  }

  private static CompletionStage<Counted> done(Counted counted) {
    return CompletableFuture.completedFuture(counted);
  }

  /** Who may not see a status does not learn that it is there. */
  private CompletionStage<Counted> ifSeen(
      RequestContext scope, Ref user, String id, Counted counted) {
    return seen(scope, user, id).thenApply(status -> counted);
  }

  CompletionStage<Counted> favorite(RequestContext scope, Ref user, String id) {
    return seen(scope, user, id)
        .thenCompose(
            status ->
                social
                    .blocks()
                    .set(scope, user, "favorites", entry(status), true)
                    .thenCompose(
                        changed ->
                            count(scope, id, "favorites", user.id(), true)
                                .thenApply(counted -> new Counted(changed, counted.count()))
                                .thenCompose(
                                    counted -> liked(scope, user, status, changed, counted))));
  }

  CompletionStage<Counted> unfavorite(RequestContext scope, Ref user, String id) {
    return social
        .values()
        .read(scope, List.of(id), List.of())
        .thenCompose(
            found -> {
              StatusValue value = found.statuses().get(id);
              if (value == null) {
                throw Posting.noStatus(id);
              }
              return social
                  .blocks()
                  .set(scope, user, "favorites", value.entry().text(), false)
                  .thenCompose(
                      changed ->
                          count(scope, id, "favorites", user.id(), false)
                              .thenApply(counted -> new Counted(changed, counted.count())))
                  .thenCompose(
                      counted ->
                          counted.changed() ? done(counted) : ifSeen(scope, user, id, counted));
            });
  }

  private static String entry(Status status) {
    return Entry.of(status.getStatusId(), Long.toString(status.getAuthorId())).text();
  }

  private CompletionStage<Counted> liked(
      RequestContext scope, Ref user, Status status, boolean isNew, Counted counted) {
    return isNew
        ? affinity(scope, user, status.getAuthorId()).thenApply(noted -> counted)
        : CompletableFuture.completedFuture(counted);
  }

  /** Notes that a user liked, kept, reposted or answered something of an author. */
  CompletionStage<?> affinity(RequestContext scope, Ref user, long author) {
    return scripts.run(
        AFFINITY, scope, UserKeys.of(keyspace, user).keys("affinity"), author, MOST_AUTHORS);
  }

  /** Adds to a count of a status, or takes back. */
  CompletionStage<Counted> count(
      RequestContext scope, String id, String what, String who, boolean gives) {
    StatusKeys keys = StatusKeys.of(keyspace, scope.namespace(), id);
    return scripts
        .run(
            COUNT,
            scope,
            new String[] {keys.key("status"), keys.key(what)},
            what,
            who,
            gives ? 1 : 0,
            MOST)
        .thenApply(reply -> new Counted(reply.flag(), reply.integer()));
  }

  /** Reposts a status; a user does that once. */
  CompletionStage<Reposted> repost(RequestContext scope, Ref user, String id) {
    return seen(scope, user, id)
        .thenCompose(
            status -> {
              String original =
                  status.getRepostOf() == 0 ? id : Long.toString(status.getRepostOf());
              return social
                  .tickets()
                  .next(user)
                  .thenCompose(sid -> claim(scope, user, original, sid, ""))
                  .thenCompose(
                      reposted ->
                          reposted.created()
                              ? publish(scope, user, status, original, reposted.id())
                              : CompletableFuture.completedFuture(reposted));
            });
  }

  private CompletionStage<Reposted> publish(
      RequestContext scope, Ref user, Status status, String original, long id) {
    Status draft =
        Status.newBuilder()
            .setAuthorId(Long.parseLong(user.id()))
            .setRepostOf(Long.parseLong(original))
            .setInReplyTo(0)
            .setGroupId(0)
            .setVisibility(dev.quoin.social.v1.Visibility.VISIBILITY_PUBLIC)
            .build();
    return social
        .posting()
        .post(scope, draft, id, Once.NONE)
        .thenCompose(
            posted ->
                affinity(scope, user, status.getAuthorId())
                    .thenApply(noted -> new Reposted(posted, true)));
  }

  private CompletionStage<Reposted> claim(
      RequestContext scope, Ref user, String original, long id, String gone) {
    return claimed(scope, user.id(), original, Long.toString(id), gone)
        .thenCompose(
            known ->
                known.isEmpty()
                    ? CompletableFuture.completedFuture(new Reposted(id, true))
                    : social
                        .values()
                        .read(scope, List.of(known), List.of())
                        .thenCompose(
                            found ->
                                isLive(found.statuses(), known)
                                    ? CompletableFuture.completedFuture(
                                        new Reposted(Long.parseLong(known), false))
                                    // It was deleted, or never posted.
                                    : claim(scope, user, original, id, known)));
  }

  private static boolean isLive(Map<String, StatusValue> statuses, String id) {
    return statuses.containsKey(id) && !statuses.get(id).isDeleted();
  }

  /** Empty when the claim was taken, otherwise who has it. */
  private CompletionStage<String> claimed(
      RequestContext scope, String user, String original, String id, String gone) {
    StatusKeys keys = StatusKeys.of(keyspace, scope.namespace(), original);
    return scripts
        .run(CLAIM, scope, new String[] {keys.key("status"), keys.key("reposts")}, user, id, gone)
        .thenApply(reply -> reply.flag() ? "" : reply.text());
  }

  /** Takes a repost back that was deleted. */
  CompletionStage<Void> unclaim(RequestContext scope, Status repost) {
    return Outbox.done(
        claimed(
            scope,
            Long.toString(repost.getAuthorId()),
            Long.toString(repost.getRepostOf()),
            "",
            Long.toString(repost.getStatusId())));
  }

  /** Forgets who liked a status that was deleted. */
  CompletionStage<Void> forget(RequestContext scope, String id) {
    StatusKeys keys = StatusKeys.of(keyspace, scope.namespace(), id);
    String[] all = {
      keys.key("likes"), keys.key("favorites"), keys.key("reposts"), keys.key("replies")
    };
    return Outbox.done(scripts.redis().call(scope, commands -> commands.unlink(all), late -> {}));
  }

  /** Deletes the reposts of a status that was deleted. */
  CompletionStage<Void> deleteReposts(RequestContext scope, String id) {
    return deleteReposts(scope, id, io.lettuce.core.ScanCursor.INITIAL);
  }

  private CompletionStage<Void> deleteReposts(
      RequestContext scope, String id, io.lettuce.core.ScanCursor from) {
    String key = StatusKeys.of(keyspace, scope.namespace(), id).key("reposts");
    return scripts
        .redis()
        .call(scope, commands -> commands.hscan(key, from), late -> {})
        .thenCompose(
            page ->
                Futures.all(
                        page.getMap().entrySet().stream()
                            .map(
                                one ->
                                    delete(
                                        scope,
                                        Ref.user(scope, Long.parseLong(one.getKey())),
                                        new String(one.getValue())))
                            .toList())
                    .thenCompose(
                        deleted ->
                            page.isFinished()
                                ? CompletableFuture.<Void>completedFuture(null)
                                : deleteReposts(scope, id, page)));
  }

  private CompletionStage<?> delete(RequestContext scope, Ref author, String id) {
    return social
        .values()
        .read(scope, List.of(id), List.of())
        .thenCompose(
            found ->
                isLive(found.statuses(), id)
                    ? Outbox.done(social.posting().delete(scope, author, id, Integer.MAX_VALUE))
                    : CompletableFuture.<Void>completedFuture(null));
  }
}
