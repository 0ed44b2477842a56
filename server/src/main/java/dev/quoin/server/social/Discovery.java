// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.social;

import com.google.protobuf.util.Durations;
import com.google.protobuf.util.Timestamps;
import dev.quoin.server.redis.Futures;
import dev.quoin.server.redis.Keyspace;
import dev.quoin.server.redis.RequestContext;
import dev.quoin.server.redis.Scripts;
import dev.quoin.server.social.Followers.Edge;
import dev.quoin.social.v1.GetTopRequest;
import dev.quoin.social.v1.MutualsResponse;
import dev.quoin.social.v1.RankedStatus;
import dev.quoin.social.v1.Status;
import dev.quoin.social.v1.Suggestion;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/** What may interest a user: whom to follow, who is between two users, which statuses matter. */
final class Discovery {
  private static final int FRIENDS = 100;
  private static final int OF_EACH = 200;
  private static final int NEWEST = 200;
  private static final long HALF_LIFE_MILLIS = 6 * 3_600_000;

  private final Scripts scripts;
  private final Keyspace keyspace;
  private final Social social;

  Discovery(Scripts scripts, Keyspace keyspace, Social social) {
    this.scripts = scripts;
    this.keyspace = keyspace;
    this.social = social;
  }

  private CompletionStage<List<Edge>> following(RequestContext scope, Ref user, int most) {
    String key = UserKeys.of(keyspace, user).key("following");
    return social.followers().edges(scope, key, null, most, true);
  }

  /** Friends of friends, counted by how many friends follow them. */
  CompletionStage<List<Suggestion>> suggest(RequestContext scope, Ref user, int most) {
    return social
        .values()
        .user(scope, user)
        .thenCompose(exists -> following(scope, user, FRIENDS))
        .thenCompose(
            friends ->
                social
                    .looks()
                    .each(friends, friend -> following(scope, user.other(friend.id()), OF_EACH)))
        .thenCompose(
            found -> {
              Map<String, Integer> support = new HashMap<>();
              found.forEach(
                  edges -> edges.forEach(edge -> support.merge(edge.id(), 1, Integer::sum)));
              support.remove(user.id());
              // As many of the best as may have to be left out, and some more.
              List<String> best =
                  support.entrySet().stream()
                      .sorted(
                          Map.Entry.<String, Integer>comparingByValue()
                              .reversed()
                              .thenComparing(Map.Entry.comparingByKey()))
                      .map(Map.Entry::getKey)
                      .limit(social.mostFollowed() + most)
                      .toList();
              return social
                  .graph()
                  .relations(scope, user, best)
                  .thenApply(
                      relations -> {
                        List<String> fitting = new ArrayList<>();
                        for (int i = 0; i < best.size(); i++) {
                          if (relations.get(i).bits() == 0) {
                            fitting.add(best.get(i));
                          }
                        }
                        return fitting.subList(0, Math.min(fitting.size(), 2 * most));
                      })
                  .thenCompose(
                      fitting ->
                          social
                              .values()
                              .read(scope, List.of(), fitting)
                              .thenApply(
                                  values ->
                                      fitting.stream()
                                          .filter(id -> isShown(values.users().get(id)))
                                          .limit(most)
                                          .map(
                                              id ->
                                                  Suggestion.newBuilder()
                                                      .setUserId(Long.parseLong(id))
                                                      .setSupport(support.get(id))
                                                      .build())
                                          .toList()));
            });
  }

  private static boolean isShown(UserValue user) {
    return user != null && !user.isSuspended();
  }

  /** Who of those whom a user follows follows another one. */
  CompletionStage<MutualsResponse> mutuals(RequestContext scope, Ref user, Ref other, int most) {
    return social
        .values()
        .user(scope, user)
        .thenCompose(exists -> social.values().user(scope, other))
        .thenCombine(following(scope, user, social.mostFollowed()), Found::new)
        .thenCompose(
            found ->
                social
                    .followers()
                    .among(scope, other, found.other().buckets(), found.edges())
                    .thenApply(
                        both -> {
                          MutualsResponse.Builder response =
                              MutualsResponse.newBuilder().setCount(both.size());
                          found.edges().stream()
                              .filter(edge -> both.contains(edge.id()))
                              .limit(most)
                              .forEach(
                                  edge -> response.addSampleUserIds(Long.parseLong(edge.id())));
                          return response.build();
                        }));
  }

  private record Found(UserValue other, List<Edge> edges) {}

  /** The newest statuses of a home timeline by importance. */
  CompletionStage<List<RankedStatus>> top(
      RequestContext scope, Ref user, GetTopRequest request, int most) {
    return social
        .pages()
        .page(scope, user.id(), social.homes().open(scope, user), "", NEWEST, gone -> {})
        .thenCombine(social.tickets().next(), (page, now) -> new Newest(page.statuses(), now))
        .thenCompose(
            newest ->
                affinities(scope, user, newest.statuses())
                    .thenApply(
                        affinities ->
                            newest.statuses().stream()
                                .map(
                                    status ->
                                        RankedStatus.newBuilder()
                                            .setStatus(status)
                                            .setScore(
                                                score(
                                                    status,
                                                    Tickets.millis(newest.now()),
                                                    affinities.getOrDefault(
                                                        status.getAuthorId(), 0.0),
                                                    request))
                                            .build())
                                .sorted(
                                    Comparator.comparingDouble(RankedStatus::getScore).reversed())
                                .limit(most)
                                .toList()));
  }

  private record Newest(List<Status> statuses, long now) {}

  /** Exponential decay of a logarithmic count of votes, as news rankings commonly have it. */
  static double score(Status status, long nowMillis, double affinity, GetTopRequest request) {
    double votes =
        status.getLikeCount()
            + 2.0 * status.getFavoriteCount()
            + 3.0 * status.getRepostCount()
            + status.getReplyCount();
    double halfLife =
        request.hasHalfLife() ? Durations.toMillis(request.getHalfLife()) : HALF_LIFE_MILLIS;
    double age = Math.max(0, nowMillis - Timestamps.toMillis(status.getCreateTime()));
    double voteWeight = request.hasVoteWeight() ? request.getVoteWeight() : 1;
    double affinityWeight = request.hasAffinityWeight() ? request.getAffinityWeight() : 1;
    return (1 + voteWeight * Math.log1p(votes) + affinityWeight * Math.log1p(affinity))
        * Math.pow(0.5, age / halfLife);
  }

  private CompletionStage<Map<Long, Double>> affinities(
      RequestContext scope, Ref user, List<Status> statuses) {
    Set<Long> authors = new HashSet<>();
    statuses.forEach(status -> authors.add(status.getAuthorId()));
    String key = UserKeys.of(keyspace, user).key("affinity");
    List<Long> ids = List.copyOf(authors);
    return Futures.each(
            ids.stream()
                .map(
                    id ->
                        scripts
                            .redis()
                            .call(
                                scope,
                                commands -> commands.zscore(key, Long.toString(id).getBytes()),
                                late -> {}))
                .toList())
        .thenApply(
            scores -> {
              Map<Long, Double> byAuthor = new HashMap<>();
              for (int i = 0; i < ids.size(); i++) {
                byAuthor.put(ids.get(i), scores.get(i) == null ? 0.0 : scores.get(i));
              }
              return byAuthor;
            });
  }
}
