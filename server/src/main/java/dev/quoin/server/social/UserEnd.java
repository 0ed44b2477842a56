// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.social.Followers.Edge;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * "x": removes a user and all it brought, some at a time. Each step takes away what it has dealt
 * with, so that one that was interrupted goes on with what is left.
 */
final class UserEnd {
  private static final int STEP = 100;
  private static final String PROGRESS = "x ";

  /** The sorted sets of a user that say whom it has to do with, and what is to be done there. */
  private static final List<String> EDGES =
      List.of("following", "blocks", "blockers", "requests", "requested");

  private static final String[] REST = {
    "home",
    "warm",
    "merged",
    "mutes",
    "watch",
    "events",
    "profile:watch",
    "profile:events",
    "quota:post",
    "quota:follow",
    "archived",
    "posts",
    "following",
    "followers",
    "listed",
    "roles",
    "affinity",
    "favorites",
    "seen",
    "mentions",
    "aside"
  };

  private final Social social;
  private final Scripts scripts;

  /** How much has been removed of users whose deletion streams of this server show. */
  private final Map<Ref, Long> shown = new ConcurrentHashMap<>();

  UserEnd(Social social, Scripts scripts) {
    this.social = social;
    this.scripts = scripts;
  }

  /** One deletion, and how much it has removed. */
  private static final class Run {
    final Outbox.Task task;
    final Ref user;
    int buckets = 1;
    long removed;

    Run(Outbox.Task task) {
      this.task = task;
      this.user = task.owner();
      this.removed = removed(task.progress());
    }
  }

  /** Counts what is removed of a user by this server: the progress in Redis ends with the user. */
  void show(Ref user) {
    shown.putIfAbsent(user, 0L);
  }

  /** How much this server has removed of a user since it is shown. */
  long shown(Ref user) {
    return shown.getOrDefault(user, 0L);
  }

  /** Counts no more. */
  void hide(Ref user) {
    shown.remove(user);
  }

  /** How much a deletion has removed; 0 when the progress is that of something else. */
  static long removed(String progress) {
    return progress.startsWith(PROGRESS)
        ? Long.parseLong(progress.substring(PROGRESS.length()))
        : 0;
  }

  CompletionStage<?> run(Outbox.Task task) {
    Run run = new Run(task);
    String key = UserKeys.of(social.keyspace(), run.user).key("user");
    return social
        .values()
        .raw(run.user.scope(), List.of(key))
        .thenCompose(
            found -> {
              UserValue value = UserValue.parseAny(found.get(0));
              if (value == null) {
                return CompletableFuture.completedFuture(null);
              }
              run.buckets = value.buckets();
              return followers(run, 0)
                  .thenCompose(done -> edges(run, 0))
                  .thenCompose(done -> posts(run, "posts"))
                  .thenCompose(done -> archives(run))
                  .thenCompose(done -> posts(run, "group_posts"))
                  .thenCompose(done -> owned(run, "lists"))
                  .thenCompose(done -> owned(run, "groups"))
                  .thenCompose(done -> favorites(run))
                  .thenCompose(done -> login(run, value))
                  .thenCompose(done -> delete(run, REST))
                  .thenCompose(done -> social.listed().remove(run.user))
                  .thenCompose(done -> delete(run, "user"));
            });
  }

  private CompletionStage<Void> followers(Run run, int source) {
    if (source == 2 * run.buckets) {
      return CompletableFuture.completedFuture(null);
    }
    int bucket = source % run.buckets;
    boolean isUsers = source < run.buckets;
    String kind = isUsers ? Followers.USERS : Followers.LISTS;
    return social
        .followers()
        .page(run.user.scope(), run.user, bucket, kind, null, STEP, false)
        .thenCompose(
            page ->
                page.isEmpty()
                    ? followers(run, source + 1)
                    : social
                        .ends()
                        .each(page, edge -> leave(run, isUsers, edge))
                        .thenCompose(
                            left -> social.followers().mirror(run.user, bucket, kind, false, page))
                        .thenCompose(mirrored -> saved(run, page.size()))
                        .thenCompose(saved -> followers(run, source)));
  }

  private CompletionStage<?> leave(Run run, boolean isUser, Edge edge) {
    Ref follower = new Ref(run.user.namespace(), isUser ? Ref.USER : Ref.LIST, edge.id());
    return quietly(social.graph().unfollow(run.user.scope(), follower, run.user.id(), true));
  }

  private CompletionStage<Void> edges(Run run, int index) {
    if (index == EDGES.size()) {
      return CompletableFuture.completedFuture(null);
    }
    String part = EDGES.get(index);
    String key = UserKeys.of(social.keyspace(), run.user).key(part);
    return social
        .followers()
        .edges(run.user.scope(), key, null, STEP, false)
        .thenCompose(
            page ->
                page.isEmpty()
                    ? edges(run, index + 1)
                    : social
                        .ends()
                        .each(page, edge -> end(run, part, edge))
                        .thenCompose(ended -> forget(run, key, page, Edge::id))
                        .thenCompose(forgotten -> saved(run, page.size()))
                        .thenCompose(saved -> edges(run, index)));
  }

  private CompletionStage<?> end(Run run, String part, Edge edge) {
    Ref other = run.user.other(edge.id());
    return switch (part) {
      case "following" ->
          run.user.kind() == Ref.GROUP
              ? CompletableFuture.completedFuture(null)
              : social
                  .values()
                  .find(other.scope(), other)
                  .thenCompose(
                      found ->
                          found == null
                              ? CompletableFuture.completedFuture(null)
                              : social
                                  .followers()
                                  .remove(other, found.buckets(), run.user, edge.millis()));
      case "blocks" -> social.blocks().forget(other, "blockers", run.user.id());
      case "blockers" -> social.blocks().forget(other, "blocks", run.user.id());
      case "requests" -> social.blocks().forget(other, "requested", run.user.id());
      default -> social.blocks().forget(other, "requests", run.user.id());
    };
  }

  private CompletionStage<Void> posts(Run run, String part) {
    String key = UserKeys.of(social.keyspace(), run.user).key(part);
    return social
        .refills()
        .texts(run.user.scope(), key, "", STEP, true)
        .thenCompose(
            page ->
                page.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : social
                        .ends()
                        .each(page, text -> social.statusTasks().end(run.task, new Entry(text)))
                        .thenCompose(ended -> forget(run, key, page, Function.identity()))
                        .thenCompose(forgotten -> saved(run, page.size()))
                        .thenCompose(saved -> posts(run, part)));
  }

  /** The user keeps nothing as a favorite any more. */
  private CompletionStage<Void> favorites(Run run) {
    String key = UserKeys.of(social.keyspace(), run.user).key("favorites");
    return social
        .followers()
        .edges(run.user.scope(), key, null, STEP, false)
        .thenCompose(
            page ->
                page.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : social
                        .ends()
                        .each(page, edge -> quietly(unfavorite(run, new Entry(edge.id()))))
                        .thenCompose(ended -> forget(run, key, page, Edge::id))
                        .thenCompose(forgotten -> saved(run, page.size()))
                        .thenCompose(saved -> favorites(run)));
  }

  private CompletionStage<?> unfavorite(Run run, Entry entry) {
    return social
        .reactions()
        .count(run.user.scope(), entry.statusId(), "favorites", run.user.id(), false);
  }

  private CompletionStage<?> login(Run run, UserValue value) {
    return run.user.isUser()
        ? social.logins().release(run.user.scope(), value.message().getLogin(), run.user.id())
        : CompletableFuture.completedFuture(null);
  }

  /** The lists of the user, or the groups it is in. */
  private CompletionStage<Void> owned(Run run, String part) {
    String key = UserKeys.of(social.keyspace(), run.user).key(part);
    return social
        .followers()
        .edges(run.user.scope(), key, null, STEP, false)
        .thenCompose(
            page ->
                page.isEmpty()
                    ? CompletableFuture.completedFuture(null)
                    : social
                        .ends()
                        .each(
                            page,
                            edge ->
                                part.equals("lists")
                                    ? quietly(
                                        social
                                            .lists()
                                            .end(
                                                run.user.scope(),
                                                new Ref(run.user.namespace(), Ref.LIST, edge.id())))
                                    : quietly(social.groups().forget(run.user, edge.id())))
                        .thenCompose(ended -> forget(run, key, page, Edge::id))
                        .thenCompose(forgotten -> saved(run, page.size()))
                        .thenCompose(saved -> owned(run, part)));
  }

  private CompletionStage<Void> archives(Run run) {
    return social
        .profiles()
        .unpackOne(run.user)
        .thenCompose(
            more ->
                more
                    ? posts(run, "posts").thenCompose(done -> archives(run))
                    : CompletableFuture.completedFuture(null));
  }

  private <T> CompletionStage<Void> forget(
      Run run, String key, List<T> page, Function<T, String> member) {
    return social.refills().forget(run.user.scope(), key, page.stream().map(member).toList());
  }

  private CompletionStage<Void> saved(Run run, int more) {
    run.removed += more;
    shown.computeIfPresent(run.user, (user, before) -> run.removed);
    return run.task.save(PROGRESS + run.removed);
  }

  private CompletionStage<?> delete(Run run, String... parts) {
    String[] keys = UserKeys.of(social.keyspace(), run.user).keys(parts);
    List<CompletionStage<?>> deleted = new ArrayList<>();
    for (String key : keys) {
      deleted.add(
          scripts.redis().call(run.user.scope(), commands -> commands.unlink(key), late -> {}));
    }
    return Futures.all(deleted);
  }

  /** Somebody who has ended meanwhile has nothing to leave. */
  static CompletionStage<Void> quietly(CompletionStage<?> stage) {
    return stage.handle(
        (done, failure) -> {
          if (failure != null && dev.quoin.server.errors.ErrorMapper.isStoreAway(failure)) {
            throw new java.util.concurrent.CompletionException(failure);
          }
          return null;
        });
  }
}
