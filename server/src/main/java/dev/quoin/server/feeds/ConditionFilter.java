// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Conditions;
import dev.quoin.feeds.v1.FilterRequest;
import dev.quoin.feeds.v1.Matched;
import dev.quoin.feeds.v1.StatusFilter;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;

/** Matches statuses by conditions, of which one is enough, and by groups of conditions. */
final class ConditionFilter implements FeedFilter {
  private static final int MOST_PHRASES = 400;
  private static final int MOST_AUTHORS = 5_000;
  private static final int MOST_AREAS = 25;

  /** A condition is kept as it was given, folded, and as a key of the index. */
  private static final int COPIES = 3;

  private static final int CONDITION_BYTES = 150;

  private final ConditionSet any;
  private final List<ConditionSet> groups = new ArrayList<>();
  private final Set<String> keys;
  private final long bytes;

  private ConditionFilter(Conditions given, List<Conditions> givenGroups, String path) {
    List<Conditions> all = new ArrayList<>(givenGroups);
    all.add(given);
    checkCount(all, Conditions::getTrackCount, MOST_PHRASES, path + "track");
    checkCount(all, Conditions::getFollowCount, MOST_AUTHORS, path + "follow");
    checkCount(all, Conditions::getLocationsCount, MOST_AREAS, path + "locations");
    this.any = ConditionSet.of(given, path);
    this.keys = new HashSet<>(any.keysOfAny());
    String group = path.isEmpty() ? "groups[" : "status_filter.groups[";
    for (int i = 0; i < givenGroups.size(); i++) {
      ConditionSet conditions = ConditionSet.of(givenGroups.get(i), group + i + "].");
      if (conditions.isEmpty()) {
        throw InvalidRequest.of(group + i + "]", "must have a condition");
      }
      groups.add(conditions);
      keys.addAll(conditions.keysOfAll());
    }
    this.bytes = all.stream().mapToLong(ConditionFilter::bytes).sum();
  }

  private static long bytes(Conditions conditions) {
    int count =
        conditions.getTrackCount()
            + conditions.getFollowCount()
            + conditions.getLocationsCount()
            + conditions.getLanguagesCount()
            + conditions.getTagsCount();
    return (long) COPIES * conditions.getSerializedSize() + (long) CONDITION_BYTES * count;
  }

  private static void checkCount(
      List<Conditions> all, ToIntFunction<Conditions> count, int most, String path) {
    if (all.stream().mapToInt(count).sum() > most) {
      throw InvalidRequest.of(path, "must be at most " + most + " with those of groups");
    }
  }

  static ConditionFilter of(FilterRequest request) {
    Conditions any =
        Conditions.newBuilder()
            .addAllTrack(request.getTrackList())
            .addAllFollow(request.getFollowList())
            .addAllLocations(request.getLocationsList())
            .addAllLanguages(request.getLanguagesList())
            .addAllTags(request.getTagsList())
            .build();
    ConditionFilter filter = new ConditionFilter(any, request.getGroupsList(), "");
    if (filter.any.isEmpty() && filter.groups.isEmpty()) {
      throw InvalidRequest.of(
          "track", "or follow, locations, languages, tags or groups must have a condition");
    }
    return filter;
  }

  static ConditionFilter of(StatusFilter filter) {
    return new ConditionFilter(filter.getAnyOf(), filter.getGroupsList(), "status_filter.any_of.");
  }

  @Override
  public Matched match(StatusTerms status) {
    Matched.Builder matched = Matched.newBuilder();
    boolean matches = any.matchAny(status, matched);
    for (int i = 0; i < groups.size(); i++) {
      if (groups.get(i).matchAll(status)) {
        matched.addGroupIndexes(i);
        matches = true;
      }
    }
    return matches ? matched.build() : null;
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public Set<String> keys() {
    return keys;
  }
}
