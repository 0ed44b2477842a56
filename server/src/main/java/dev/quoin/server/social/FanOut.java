// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Throttle;
import dev.quoin.server.social.Deliveries.Op;
import dev.quoin.server.social.Deliveries.Outcome;
import dev.quoin.server.social.Followers.Edge;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Does something with an entry in the timelines of all who follow its author, and of all lists the
 * author is on: bucket by bucket, some beside each other, a page of each at a time. After each page
 * the place is noted, from which another server goes on.
 */
final class FanOut {
  static final int PAGE = 1_000;
  private static final int BESIDE = 4;
  private static final String DONE = "-";

  private final Followers followers;
  private final Deliveries deliveries;
  private final Throttle throttle;

  FanOut(Followers followers, Deliveries deliveries, Throttle throttle) {
    this.followers = followers;
    this.deliveries = deliveries;
    this.throttle = throttle;
  }

  /** Where a fan-out is: a place in each bucket, of users first and then of lists. */
  private static final class Run {
    final Outbox.Task task;
    final Op op;
    final Entry entry;
    final int buckets;
    final String[] places;
    long delivered;

    Run(Outbox.Task task, Op op, Entry entry, int buckets) {
      this.task = task;
      this.op = op;
      this.entry = entry;
      this.buckets = buckets;
      this.places = new String[2 * buckets];
      java.util.Arrays.fill(places, "");
      String[] known = task.progress().split(" ");
      if (known.length == places.length + 1) {
        delivered = Long.parseLong(known[0]);
        for (int i = 0; i < places.length; i++) {
          places[i] = known[i + 1].equals(".") ? "" : known[i + 1];
        }
      }
    }

    String progress() {
      StringBuilder text = new StringBuilder().append(delivered);
      for (String place : places) {
        text.append(' ').append(place.isEmpty() ? "." : place);
      }
      return text.toString();
    }
  }

  /** The number with which a progress begins. */
  static long delivered(String progress) {
    return progress.isEmpty() ? 0 : Long.parseLong(progress.split(" ", 2)[0]);
  }

  CompletionStage<Void> run(Outbox.Task task, Op op, Entry entry, int buckets) {
    return round(new Run(task, op, entry, buckets));
  }

  private CompletionStage<Void> round(Run run) {
    List<Integer> open = new ArrayList<>();
    for (int i = 0; i < run.places.length && open.size() < BESIDE; i++) {
      if (!run.places[i].equals(DONE)) {
        open.add(i);
      }
    }
    if (open.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return Futures.all(open.stream().map(source -> page(run, source)).toList())
        .thenCompose(
            done ->
                isOver(run)
                    ? CompletableFuture.<Void>completedFuture(null)
                    : run.task.save(run.progress()).thenCompose(saved -> round(run)));
  }

  private static boolean isOver(Run run) {
    for (String place : run.places) {
      if (!place.equals(DONE)) {
        return false;
      }
    }
    return true;
  }

  private CompletionStage<Void> page(Run run, int source) {
    Ref author = run.task.owner();
    int bucket = source % run.buckets;
    boolean isUsers = source < run.buckets;
    String kind = isUsers ? Followers.USERS : Followers.LISTS;
    Edge after = run.places[source].isEmpty() ? null : Edge.parse(run.places[source]);
    return followers
        .page(author.scope(), author, bucket, kind, after, PAGE, false)
        .thenCompose(
            edges ->
                throttle
                    .each(edges, edge -> deliver(run, isUsers, edge))
                    .thenAccept(
                        outcomes -> {
                          synchronized (run) {
                            run.delivered +=
                                outcomes.stream().filter(o -> o == Outcome.DONE).count();
                            run.places[source] =
                                edges.size() < PAGE ? DONE : edges.get(edges.size() - 1).text();
                          }
                        }));
  }

  private CompletionStage<Outcome> deliver(Run run, boolean isUser, Edge edge) {
    Ref author = run.task.owner();
    Ref owner = new Ref(author.namespace(), isUser ? Ref.USER : Ref.LIST, edge.id());
    return deliveries
        .deliver(owner, deliveries.home(owner), run.op, run.entry)
        .thenCompose(
            outcome ->
                outcome == Outcome.NOT_WANTED
                    // It ended to follow, and that was not noted here.
                    ? followers
                        .remove(author, run.buckets, owner, edge.millis())
                        .thenApply(removed -> outcome)
                    : CompletableFuture.completedFuture(outcome));
  }
}
