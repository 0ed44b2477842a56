// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import dev.quoin.server.redis.Arguments;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.LuaScript;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who follows a user, and on which lists it is, as noted with the user: in one bucket or, when
 * there are many, in 2, 4, 8 … by a hash of who follows. While their number is being doubled an
 * edge may stand in two buckets, or in the one it had before.
 */
final class Followers {
  /** The two kinds, by the keys they stand in. */
  static final String USERS = "followers";

  static final String LISTS = "listed";

  private static final LuaScript MIRROR = LuaScript.load("social/mirror");
  private static final LuaScript AMONG = LuaScript.load("social/among");
  private static final LuaScript EDGES = LuaScript.load("social/edges");

  /** More would hold Redis for too long. */
  private static final int AT_ONCE = 1_000;

  private final Scripts scripts;
  private final Keyspace keyspace;

  Followers(Scripts scripts, Keyspace keyspace) {
    this.scripts = scripts;
    this.keyspace = keyspace;
  }

  /** An edge: whose, and since when. */
  record Edge(String id, long millis) {
    static final Comparator<Edge> OLDEST_FIRST =
        Comparator.comparingLong(Edge::millis).thenComparing(Edge::id);

    /** As page tokens and progress have it. */
    String text() {
      return millis + ":" + id;
    }

    static Edge parse(String text) {
      int colon = text.indexOf(':');
      return new Edge(text.substring(colon + 1), Long.parseLong(text.substring(0, colon)));
    }
  }

  /** The bucket of a follower. */
  static int bucket(String follower, int buckets) {
    long hash = Long.parseLong(follower) * 0x9E3779B97F4A7C15L;
    hash = (hash ^ (hash >>> 32)) * 0xD6E8FEB86659FD93L;
    return (int) (hash >>> 33) & (buckets - 1);
  }

  static String kind(Ref follower) {
    return follower.isUser() ? USERS : LISTS;
  }

  /** Notes that somebody follows; answers how many the bucket has. */
  CompletionStage<Long> add(Ref user, int buckets, Ref follower, long millis) {
    int bucket = bucket(follower.id(), buckets);
    return mirror(user, bucket, kind(follower), true, List.of(new Edge(follower.id(), millis)));
  }

  /** Notes that somebody does not follow any more: the edge of that time, or an older one. */
  CompletionStage<Void> remove(Ref user, int buckets, Ref follower, long millis) {
    Set<Integer> possible = new HashSet<>();
    for (int level = 1; level <= buckets; level *= 2) {
      possible.add(bucket(follower.id(), level));
    }
    List<Edge> edge = List.of(new Edge(follower.id(), millis));
    return Futures.all(
        possible.stream().map(b -> mirror(user, b, kind(follower), false, edge)).toList());
  }

  CompletionStage<Long> mirror(Ref user, int bucket, String kind, boolean gives, List<Edge> edges) {
    Arguments arguments = Arguments.of(gives ? 1 : 0);
    edges.forEach(edge -> arguments.add(edge.millis(), edge.id()));
    return scripts
        .run(MIRROR, user.scope(), new String[] {key(user, bucket, kind)}, arguments.toArray())
        .thenApply(reply -> reply.integer());
  }

  /** Some edges of a bucket after another one, which is null to begin. */
  CompletionStage<List<Edge>> page(
      RequestContext scope,
      Ref user,
      int bucket,
      String kind,
      Edge after,
      int count,
      boolean newest) {
    return edges(scope, key(user, bucket, kind), after, count, newest);
  }

  /** Some edges of any key. */
  CompletionStage<List<Edge>> edges(
      RequestContext scope, String key, Edge after, int count, boolean newest) {
    return scripts
        .run(
            EDGES,
            scope,
            new String[] {key},
            after == null ? "" : Long.toString(after.millis()),
            after == null ? "" : after.id(),
            count,
            newest ? 1 : 0)
        .thenApply(
            reply -> {
              List<Edge> edges = new ArrayList<>();
              while (reply.hasMore()) {
                edges.add(new Edge(reply.text(), reply.integer()));
              }
              return edges;
            });
  }

  /** Some edges of all buckets together, in the order of time. */
  CompletionStage<List<Edge>> merged(
      RequestContext scope, Ref user, int buckets, Edge after, int count) {
    List<CompletionStage<List<Edge>>> pages = new ArrayList<>();
    for (int bucket = 0; bucket < buckets; bucket++) {
      pages.add(page(scope, user, bucket, USERS, after, count, true));
    }
    return Futures.each(pages)
        .thenApply(
            found ->
                found.stream()
                    .flatMap(List::stream)
                    .sorted(Edge.OLDEST_FIRST.reversed())
                    .distinct()
                    .limit(count)
                    .toList());
  }

  /** Which of some users follow a user. */
  CompletionStage<Set<String>> among(
      RequestContext scope, Ref user, int buckets, List<Edge> edges) {
    Map<Integer, List<String>> byBucket = new HashMap<>();
    edges.forEach(
        edge ->
            byBucket
                .computeIfAbsent(bucket(edge.id(), buckets), b -> new ArrayList<>())
                .add(edge.id()));
    Set<String> found = ConcurrentHashMap.newKeySet();
    List<CompletionStage<Void>> looks = new ArrayList<>();
    byBucket.forEach(
        (bucket, ids) -> {
          for (int from = 0; from < ids.size(); from += AT_ONCE) {
            List<String> some = ids.subList(from, Math.min(ids.size(), from + AT_ONCE));
            looks.add(among(scope, key(user, bucket, USERS), some, found));
          }
        });
    return Futures.all(looks).thenApply(done -> found);
  }

  private CompletionStage<Void> among(
      RequestContext scope, String key, List<String> ids, Set<String> found) {
    return scripts
        .run(AMONG, scope, new String[] {key}, ids.toArray())
        .thenAccept(
            reply -> {
              while (reply.hasMore()) {
                found.add(reply.text());
              }
            });
  }

  /** How many there are. */
  CompletionStage<Long> count(RequestContext scope, Ref user, int buckets) {
    List<CompletionStage<Long>> counts = new ArrayList<>();
    for (int bucket = 0; bucket < buckets; bucket++) {
      String key = key(user, bucket, USERS);
      counts.add(scripts.redis().call(scope, commands -> commands.zcard(key), late -> {}));
    }
    return Futures.each(counts).thenApply(all -> all.stream().mapToLong(Long::longValue).sum());
  }

  private String key(Ref user, int bucket, String kind) {
    return UserKeys.bucket(keyspace, user, bucket).key(kind);
  }
}
