// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * What a user has posted: the newest statuses in one key, older ones in archives of 1,000, over
 * which an index says where each ends.
 */
final class ProfileReader {
  /** How many statuses stay outside the archives. */
  static final int KEPT = 20_000;

  private static final LuaScript ARCHIVE = LuaScript.load("social/archive");
  private static final LuaScript UNARCHIVE = LuaScript.load("social/unarchive");
  private static final int MOVED = 1_000;
  private static final int MOST_SINCE = 200;

  /** So long what an author has posted may wait behind the mark that it is merged in. */
  private static final long MERGING_MILLIS = 600_000;

  private static final int MOST_ARCHIVES = 10_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Refills refills;
  private final Values values;

  ProfileReader(Scripts scripts, Keyspace keyspace, Refills refills, Values values) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.refills = refills;
    this.values = values;
  }

  /** All statuses of a user, the newest first. */
  Pages.Source source(RequestContext scope, Ref user) {
    String posts = UserKeys.of(keyspace, user).key("posts");
    return (from, count) ->
        refills
            .texts(scope, posts, from, count, true)
            .thenCompose(
                found ->
                    found.size() == count
                        ? CompletableFuture.completedFuture(found)
                        : withArchives(scope, user, from, count, found))
            .thenApply(
                found ->
                    new Pages.Read(
                        found.stream().map(Entry::new).toList(),
                        found.size() == count ? found.get(count - 1) : ""));
  }

  private CompletionStage<List<String>> withArchives(
      RequestContext scope, Ref user, String from, int count, List<String> found) {
    return archives(scope, user)
        .thenCompose(
            archives -> {
              List<String> all = new ArrayList<>(found);
              int first = 0;
              while (first + 1 < archives.size()
                  && !from.isEmpty()
                  && archives.get(first + 1).compareTo(from) >= 0) {
                first++;
              }
              return read(scope, user, archives, first, from, count, all);
            });
  }

  /** The index of the archives, the newest first. */
  private CompletionStage<List<String>> archives(RequestContext scope, Ref user) {
    String key = UserKeys.of(keyspace, user).key("archives");
    return refills.texts(scope, key, "", MOST_ARCHIVES, true);
  }

  private CompletionStage<List<String>> read(
      RequestContext scope,
      Ref user,
      List<String> archives,
      int index,
      String from,
      int count,
      List<String> all) {
    if (index >= archives.size() || all.size() == count) {
      return CompletableFuture.completedFuture(all);
    }
    return refills
        .texts(scope, archive(user, archives.get(index)), from, count - all.size(), true)
        .thenCompose(
            found -> {
              all.addAll(found);
              return read(scope, user, archives, index + 1, from, count, all);
            });
  }

  private String archive(Ref user, String indexed) {
    return UserKeys.of(keyspace, user).key("archive:" + new Entry(indexed).author());
  }

  /**
   * What an author has posted since it is followed and its posts are merged in when timelines are
   * read, the oldest first; with what it had posted shortly before and was not brought.
   */
  CompletionStage<List<String>> sinceMerged(RequestContext scope, Ref reader, Ref author) {
    String following = UserKeys.of(keyspace, reader).key("following");
    return values
        .find(scope, author)
        .thenCombine(
            scripts
                .redis()
                .call(
                    scope,
                    commands -> commands.zscore(following, author.id().getBytes()),
                    late -> {}),
            (user, since) ->
                user == null || since == null || !user.isMerged()
                    ? Long.MAX_VALUE
                    : Math.max(since.longValue(), user.mergedMillis() - MERGING_MILLIS))
        .thenCompose(
            millis ->
                millis == Long.MAX_VALUE
                    ? CompletableFuture.completedFuture(List.<String>of())
                    : since(scope, reader, author, millis));
  }

  private CompletionStage<List<String>> since(
      RequestContext scope, Ref reader, Ref author, long millis) {
    String home = UserKeys.of(keyspace, reader).key("home");
    return refills
        .texts(scope, UserKeys.of(keyspace, author).key("posts"), "", MOST_SINCE, true)
        .thenApply(
            found ->
                found.stream()
                    .filter(text -> Tickets.millis(new Entry(text).status()) >= millis)
                    .sorted()
                    .toList())
        .thenCompose(posts -> refills.missing(scope, home, posts));
  }

  /** "o": there is something to be archived. */
  CompletionStage<?> archive(Outbox.Task task) {
    Ref user = task.owner();
    UserKeys keys = UserKeys.of(keyspace, user);
    return archives(user.scope(), user)
        .thenCompose(
            archives -> {
              long number =
                  archives.isEmpty() ? 1 : Long.parseLong(new Entry(archives.get(0)).author()) + 1;
              return scripts.run(
                  ARCHIVE,
                  user.scope(),
                  keys.keys("posts", "archive:" + number, "archives", "archived"),
                  number,
                  MOVED,
                  KEPT);
            });
  }

  /** Takes statuses out that are gone. */
  CompletionStage<Void> forget(RequestContext scope, Ref user, List<String> entries) {
    UserKeys keys = UserKeys.of(keyspace, user);
    return refills
        .forget(scope, keys.key("posts"), entries)
        .thenCompose(done -> archives(scope, user))
        .thenCompose(
            archives -> {
              List<CompletionStage<?>> removed = new ArrayList<>();
              for (String archive : archives) {
                List<String> inside =
                    entries.stream()
                        .filter(e -> e.substring(0, 19).compareTo(archive.substring(0, 19)) <= 0)
                        .toList();
                if (!inside.isEmpty()) {
                  removed.add(
                      scripts.run(
                          UNARCHIVE,
                          scope,
                          new String[] {archive(user, archive), keys.key("archived")},
                          inside.toArray()));
                }
              }
              return Futures.all(removed);
            });
  }

  /**
   * Makes an archive part of the profile again, to be removed with it; answers whether there was
   * one.
   */
  CompletionStage<Boolean> unpackOne(Ref user) {
    UserKeys keys = UserKeys.of(keyspace, user);
    return archives(user.scope(), user)
        .thenCompose(
            archives -> {
              if (archives.isEmpty()) {
                return CompletableFuture.completedFuture(false);
              }
              String archive = archive(user, archives.get(0));
              return refills
                  .texts(user.scope(), archive, "", MOVED, true)
                  .thenCompose(entries -> put(user, keys.key("posts"), entries))
                  .thenCompose(
                      put ->
                          scripts
                              .redis()
                              .call(user.scope(), commands -> commands.unlink(archive), late -> {}))
                  .thenCompose(
                      gone ->
                          refills.forget(
                              user.scope(), keys.key("archives"), archives.subList(0, 1)))
                  .thenApply(done -> true);
            });
  }

  private CompletionStage<?> put(Ref user, String posts, List<String> entries) {
    if (entries.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    Object[] members = new Object[2 * entries.size()];
    for (int i = 0; i < entries.size(); i++) {
      members[2 * i] = 0.0;
      members[2 * i + 1] = entries.get(i).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
    return scripts
        .redis()
        .call(user.scope(), commands -> commands.zadd(posts, members), late -> {});
  }
}
