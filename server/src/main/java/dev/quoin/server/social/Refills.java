// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.redis.Throttle;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * Fills a timeline from the profiles of those who are followed, with the newest of all: after a
 * follow from one, after an unfollow or a long absence from all. What was deleted between reading a
 * profile and writing the timeline is looked for afterwards and taken out; whoever deletes later
 * finds the timeline among those to take it out of.
 */
final class Refills {
  private static final LuaScript ENTRIES = LuaScript.load("social/entries");
  private static final LuaScript MERGE = LuaScript.load("social/merge");
  private static final LuaScript MISSING = LuaScript.load("social/missing");
  private static final LuaScript FORGET = LuaScript.load("social/forget_entries");
  private static final int FEWEST_AT_ONCE = 20;
  private static final int WRITTEN_AT_ONCE = 500;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Followers followers;
  private final Throttle throttle;
  private final int mostFollowed;

  /**
   * What a refill did.
   *
   * @param added how many entries the timeline has more
   * @param authors how many profiles were read
   */
  record Result(long added, int authors) {}

  /** What is read of an author so far. */
  private static final class Reading {
    final String author;
    final List<Entry> entries = new ArrayList<>();
    boolean isComplete;

    Reading(String author) {
      this.author = author;
    }

    String last() {
      return entries.isEmpty() ? "" : entries.get(entries.size() - 1).text();
    }
  }

  Refills(
      Scripts scripts,
      Keyspace keyspace,
      Followers followers,
      Throttle throttle,
      int mostFollowed) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.followers = followers;
    this.throttle = throttle;
    this.mostFollowed = mostFollowed;
  }

  /** Fills it with the newest entries of all who are followed. */
  CompletionStage<Result> refill(Ref owner) {
    UserKeys keys = UserKeys.of(keyspace, owner);
    RequestContext scope = owner.scope();
    return followers
        .edges(scope, keys.key("following"), null, mostFollowed, true)
        .thenCombine(
            texts(scope, keys.key("merged"), "", mostFollowed, false),
            (edges, merged) -> {
              List<String> authors = new ArrayList<>();
              edges.forEach(edge -> authors.add(edge.id()));
              authors.removeAll(merged);
              if (owner.isUser()) {
                authors.add(owner.id());
              }
              return authors;
            })
        .thenCompose(authors -> from(owner, authors, true));
  }

  /** Adds the newest entries of an author. */
  CompletionStage<Result> backfill(Ref owner, String author) {
    return from(owner, List.of(author), false);
  }

  private CompletionStage<Result> from(Ref owner, List<String> authors, boolean isAll) {
    int most = Deliveries.HOME;
    int chunk = Math.min(most, Math.max(FEWEST_AT_ONCE, 2 * most / Math.max(1, authors.size())));
    List<Reading> readings = authors.stream().map(Reading::new).toList();
    return read(owner, readings, readings, chunk)
        .thenCompose(
            newest ->
                write(owner, newest, 0, 0, isAll)
                    .thenCompose(added -> takeOutDeleted(owner, newest).thenApply(done -> added)))
        .thenApply(added -> new Result(added, authors.size()));
  }

  /** Reads on where more of an author may belong to the newest of all. */
  private CompletionStage<List<Entry>> read(
      Ref owner, List<Reading> all, List<Reading> open, int chunk) {
    return throttle
        .each(open, reading -> readMore(owner, reading, chunk))
        .thenCompose(
            done -> {
              List<Entry> newest =
                  all.stream()
                      .flatMap(reading -> reading.entries.stream())
                      .sorted(Comparator.reverseOrder())
                      .limit(Deliveries.HOME)
                      .toList();
              Entry last = newest.size() < Deliveries.HOME ? null : newest.get(newest.size() - 1);
              List<Reading> next =
                  all.stream()
                      .filter(r -> !r.isComplete)
                      .filter(r -> last == null || r.last().compareTo(last.text()) > 0)
                      .toList();
              return next.isEmpty()
                  ? CompletableFuture.completedFuture(newest)
                  : read(owner, all, next, chunk);
            });
  }

  private CompletionStage<Void> readMore(Ref owner, Reading reading, int chunk) {
    String posts = UserKeys.of(keyspace, owner.other(reading.author)).key("posts");
    return texts(owner.scope(), posts, reading.last(), chunk, true)
        .thenAccept(
            found -> {
              found.forEach(text -> reading.entries.add(new Entry(text)));
              reading.isComplete =
                  found.size() < chunk || reading.entries.size() >= Deliveries.HOME;
            });
  }

  /** Members of a sorted set in the order of bytes. */
  CompletionStage<List<String>> texts(
      RequestContext scope, String key, String from, int count, boolean newest) {
    return scripts
        .run(ENTRIES, scope, new String[] {key}, from, count, newest ? 1 : 0)
        .thenApply(
            reply -> {
              List<String> texts = new ArrayList<>();
              while (reply.hasMore()) {
                texts.add(reply.text());
              }
              return texts;
            });
  }

  private CompletionStage<Long> write(
      Ref owner, List<Entry> entries, int from, long added, boolean isAll) {
    int to = Math.min(entries.size(), from + WRITTEN_AT_ONCE);
    boolean isLast = to == entries.size();
    return scripts
        .run(
            MERGE,
            owner.scope(),
            UserKeys.of(keyspace, owner).keys("following", "home", "warm"),
            Arguments.of(
                    owner.isUser() ? owner.id() : "",
                    Deliveries.HOME,
                    Deliveries.WARM_MILLIS,
                    isAll && isLast ? 1 : 0)
                .addAll(entries.subList(from, to).stream().map(Entry::text).toList())
                .toArray())
        .thenCompose(
            reply -> {
              long more = added + reply.integer();
              return isLast
                  ? CompletableFuture.completedFuture(more)
                  : write(owner, entries, to, more, isAll);
            });
  }

  private CompletionStage<Void> takeOutDeleted(Ref owner, List<Entry> written) {
    Map<String, List<String>> byAuthor = new HashMap<>();
    written.forEach(
        e -> byAuthor.computeIfAbsent(e.author(), a -> new ArrayList<>()).add(e.text()));
    return throttle
        .each(
            byAuthor.entrySet(),
            one ->
                missing(
                    owner.scope(),
                    UserKeys.of(keyspace, owner.other(one.getKey())).key("posts"),
                    one.getValue()))
        .thenCompose(
            gone ->
                forget(
                    owner.scope(),
                    UserKeys.of(keyspace, owner).key("home"),
                    gone.stream().flatMap(List::stream).toList()));
  }

  /** Which entries a timeline does not have, in their order. */
  CompletionStage<List<String>> missing(
      RequestContext scope, String timeline, List<String> entries) {
    if (entries.isEmpty()) {
      return CompletableFuture.completedFuture(List.of());
    }
    return scripts
        .run(MISSING, scope, new String[] {timeline}, entries.toArray())
        .thenApply(
            reply -> {
              List<String> missing = new ArrayList<>();
              while (reply.hasMore()) {
                missing.add(reply.text());
              }
              return missing;
            });
  }

  /** Takes entries out of a timeline. */
  CompletionStage<Void> forget(RequestContext scope, String timeline, Collection<String> entries) {
    if (entries.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    return scripts
        .run(FORGET, scope, new String[] {timeline}, entries.toArray())
        .thenAccept(reply -> {});
  }
}
