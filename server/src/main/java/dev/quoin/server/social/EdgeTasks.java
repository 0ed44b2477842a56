// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.social.Deliveries.Op;
import dev.quoin.server.social.Followers.Edge;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/** What follows from an edge: its mirror with the user who is followed, and older statuses. */
final class EdgeTasks {
  private static final CompletableFuture<Void> NOTHING = CompletableFuture.completedFuture(null);

  private final Social social;

  EdgeTasks(Social social) {
    this.social = social;
  }

  /** "f other ms": it follows. */
  CompletionStage<Void> followed(Outbox.Task task) {
    Ref owner = task.owner();
    Ref other = owner.other(task.word(1));
    return social
        .values()
        .find(owner.scope(), other)
        .thenCompose(
            user -> {
              if (user == null) {
                return Outbox.done(
                    social.graph().unfollow(owner.scope(), owner, other.id(), false));
              }
              long since = Long.parseLong(task.word(2));
              return social
                  .followers()
                  .add(other, user.buckets(), owner, since)
                  .thenCompose(count -> grow(other, user, count))
                  .thenCompose(grown -> social.values().find(owner.scope(), other))
                  .thenCompose(
                      now -> now == null ? NOTHING : settled(owner, other, user, now, since));
            });
  }

  /**
   * Goes by what the other user is once the edge is noted with it: whoever began to merge its
   * posts, or to spread its followers, after that has found the edge.
   */
  private CompletionStage<Void> settled(
      Ref owner, Ref other, UserValue before, UserValue now, long since) {
    if (before.buckets() == now.buckets()) {
      return bring(owner, other, now);
    }
    return social
        .followers()
        .remove(other, before.buckets(), owner, since)
        .thenCompose(removed -> social.followers().add(other, now.buckets(), owner, since))
        .thenCompose(added -> bring(owner, other, now));
  }

  private CompletionStage<Void> bring(Ref owner, Ref other, UserValue user) {
    if (owner.kind() == Ref.GROUP) {
      return NOTHING;
    }
    return Outbox.done(
        user.isMerged()
            ? social
                .deliveries()
                .deliver(
                    owner,
                    social.deliveries().home(owner),
                    Op.MERGE_AUTHOR,
                    Entry.of(0, other.id()))
            : social.refills().backfill(owner, other.id()));
  }

  private CompletionStage<Void> grow(Ref other, UserValue user, long count) {
    List<CompletionStage<?>> entries = new ArrayList<>();
    if (count > social.bucketFollowers()) {
      entries.add(social.outbox().enqueue(other, "b " + user.buckets()));
    }
    if (!user.isMerged() && count * user.buckets() >= social.mergeFollowers()) {
      entries.add(social.outbox().enqueue(other, "m"));
    }
    return Futures.all(entries);
  }

  /** "u other ms": it does not follow any more. */
  CompletionStage<Void> unfollowed(Outbox.Task task) {
    Ref owner = task.owner();
    Ref other = owner.other(task.word(1));
    return social
        .values()
        .find(owner.scope(), other)
        .thenCompose(
            user ->
                user == null
                    ? NOTHING
                    : social
                        .followers()
                        .remove(other, user.buckets(), owner, Long.parseLong(task.word(2))));
  }

  /** "m": what it posts is merged in from now on. */
  CompletionStage<Void> merge(Outbox.Task task) {
    Ref author = task.owner();
    return social
        .values()
        .find(author.scope(), author)
        .thenCompose(
            user -> {
              if (user == null) {
                return NOTHING;
              }
              CompletionStage<Void> marked =
                  user.isMerged()
                      ? NOTHING
                      : Outbox.done(
                          social
                              .tickets()
                              .next()
                              .thenCompose(
                                  id ->
                                      social
                                          .users()
                                          .change(author)
                                          .merged(Tickets.millis(id))
                                          .run(author.scope())));
              return marked.thenCompose(
                  done ->
                      social
                          .fanOut()
                          .run(task, Op.MERGE_AUTHOR, Entry.of(0, author.id()), user.buckets()));
            });
  }

  /** "b buckets": twice as many buckets from now on. */
  CompletionStage<Void> split(Outbox.Task task) {
    Ref author = task.owner();
    int buckets = Integer.parseInt(task.word(1));
    return social
        .values()
        .find(author.scope(), author)
        .thenCompose(
            user -> {
              if (user == null || user.buckets() > 2 * buckets) {
                return NOTHING;
              }
              CompletionStage<Void> doubled =
                  user.buckets() == buckets
                      ? Outbox.done(
                          social.users().change(author).buckets(2 * buckets).run(author.scope()))
                      : NOTHING;
              List<Integer> old = new ArrayList<>();
              for (int bucket = 0; bucket < buckets; bucket++) {
                old.add(bucket);
              }
              return doubled.thenCompose(done -> moveEach(task, old, 0, 2 * buckets));
            });
  }

  private CompletionStage<Void> moveEach(
      Outbox.Task task, List<Integer> old, int index, int buckets) {
    if (index == old.size()) {
      return NOTHING;
    }
    int bucket = old.get(index);
    return move(task, bucket, Followers.USERS, null, buckets)
        .thenCompose(done -> move(task, bucket, Followers.LISTS, null, buckets))
        .thenCompose(done -> moveEach(task, old, index + 1, buckets));
  }

  private CompletionStage<Void> move(
      Outbox.Task task, int bucket, String kind, Edge after, int buckets) {
    Ref author = task.owner();
    return social
        .followers()
        .page(author.scope(), author, bucket, kind, after, FanOut.PAGE, false)
        .thenCompose(
            edges -> {
              Map<Integer, List<Edge>> moving = new HashMap<>();
              for (Edge edge : edges) {
                int to = Followers.bucket(edge.id(), buckets);
                if (to != bucket) {
                  moving.computeIfAbsent(to, b -> new ArrayList<>()).add(edge);
                }
              }
              return Futures.all(
                      moving.entrySet().stream()
                          .map(to -> moveTo(author, kind, bucket, to.getKey(), to.getValue()))
                          .toList())
                  .thenCompose(moved -> task.save(task.progress()))
                  .thenCompose(
                      saved ->
                          edges.size() < FanOut.PAGE
                              ? NOTHING
                              : move(task, bucket, kind, edges.get(edges.size() - 1), buckets));
            });
  }

  /** Copies, takes out of the copy who ended to follow meanwhile, and takes out the originals. */
  private CompletionStage<Void> moveTo(
      Ref author, String kind, int from, int to, List<Edge> edges) {
    Followers followers = social.followers();
    return followers
        .mirror(author, to, kind, true, edges)
        .thenCompose(
            copied ->
                social
                    .throttle()
                    .each(
                        edges,
                        edge -> isLive(author, kind, edge).thenApply(is -> is ? null : edge)))
        .thenCompose(
            ended -> {
              List<Edge> gone = ended.stream().filter(edge -> edge != null).toList();
              return gone.isEmpty()
                  ? NOTHING
                  : Outbox.done(followers.mirror(author, to, kind, false, gone));
            })
        .thenCompose(checked -> followers.mirror(author, from, kind, false, edges))
        .thenAccept(moved -> {});
  }

  private CompletionStage<Boolean> isLive(Ref author, String kind, Edge edge) {
    Ref follower =
        new Ref(author.namespace(), kind.equals(Followers.USERS) ? Ref.USER : Ref.LIST, edge.id());
    return social
        .graph()
        .relations(author.scope(), follower, List.of(author.id()))
        .thenApply(relations -> relations.get(0).follows());
  }
}
