// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import dev.quoin.feeds.v1.Box;
import dev.quoin.feeds.v1.Conditions;
import dev.quoin.feeds.v1.Matched;
import dev.quoin.server.errors.InvalidRequest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** Conditions of a filter by kind, in the form in which they are compared. */
final class ConditionSet {
  /** All words of a phrase have to be in a status. */
  private record Phrase(String given, Set<String> words) {}

  private final List<Phrase> phrases = new ArrayList<>();

  /** What was given, by its folded form. */
  private final Map<String, String> authors = new HashMap<>();

  private final Map<String, String> languages = new HashMap<>();
  private final Map<String, String> tags = new HashMap<>();
  private final List<Area> areas = new ArrayList<>();

  private ConditionSet() {}

  /**
   * Reads conditions.
   *
   * @param path of the field they are in, with a dot behind it, or empty
   */
  static ConditionSet of(Conditions given, String path) {
    ConditionSet set = new ConditionSet();
    for (int i = 0; i < given.getTrackCount(); i++) {
      Set<String> words = StatusTerms.words(given.getTrack(i));
      if (words.isEmpty()) {
        throw InvalidRequest.of(path + "track[" + i + "]", "must have a word");
      }
      set.phrases.add(new Phrase(given.getTrack(i), words));
    }
    add(given.getFollowList(), StatusTerms::author, set.authors, path + "follow");
    add(given.getLanguagesList(), StatusTerms::language, set.languages, path + "languages");
    add(given.getTagsList(), StatusTerms::tag, set.tags, path + "tags");
    for (int i = 0; i < given.getLocationsCount(); i++) {
      set.areas.add(area(given.getLocations(i), path + "locations[" + i + "]"));
    }
    return set;
  }

  /** Adds names by what they are compared by; a sign alone names nothing. */
  private static void add(
      List<String> names, UnaryOperator<String> fold, Map<String, String> to, String path) {
    for (int i = 0; i < names.size(); i++) {
      String folded = fold.apply(names.get(i));
      if (folded.isBlank() || folded.equals("-")) {
        throw InvalidRequest.of(path + '[' + i + ']', "must have more than a sign or spaces");
      }
      to.putIfAbsent(folded, names.get(i));
    }
  }

  private static Area area(Box box, String path) {
    if (!box.hasMinLatitude()
        || !box.hasMinLongitude()
        || !box.hasMaxLatitude()
        || !box.hasMaxLongitude()) {
      throw InvalidRequest.of(path, "must have all four edges");
    }
    if (box.getMinLatitude() > box.getMaxLatitude()) {
      throw InvalidRequest.of(path + ".min_latitude", "must not be more than max_latitude");
    }
    return new Area(
        box.getMinLatitude(), box.getMinLongitude(), box.getMaxLatitude(), box.getMaxLongitude());
  }

  boolean isEmpty() {
    return phrases.isEmpty()
        && authors.isEmpty()
        && languages.isEmpty()
        && tags.isEmpty()
        && areas.isEmpty();
  }

  /** Adds the parts that a status matches; returns whether there are any. */
  boolean matchAny(StatusTerms status, Matched.Builder matched) {
    int before = count(matched);
    for (Phrase phrase : phrases) {
      if (status.words().containsAll(phrase.words())) {
        matched.addTrack(phrase.given());
      }
    }
    add(authors, status.author(), matched::addFollow);
    for (String name : status.mentions()) {
      if (!name.equals(status.author())) {
        add(authors, name, matched::addFollow);
      }
    }
    if (!status.language().isEmpty()) {
      add(languages, status.language(), matched::addLanguages);
      if (!status.mainLanguage().equals(status.language())) {
        add(languages, status.mainLanguage(), matched::addLanguages);
      }
    }
    status.tags().forEach(tag -> add(tags, tag, matched::addTags));
    for (int i = 0; status.place() != null && i < areas.size(); i++) {
      if (areas.get(i).contains(status.place())) {
        matched.addLocationIndexes(i);
      }
    }
    return count(matched) > before;
  }

  private static void add(Map<String, String> wanted, String found, Consumer<String> part) {
    String given = wanted.get(found);
    if (given != null) {
      part.accept(given);
    }
  }

  private static int count(Matched.Builder matched) {
    return matched.getTrackCount()
        + matched.getFollowCount()
        + matched.getLanguagesCount()
        + matched.getTagsCount()
        + matched.getLocationIndexesCount();
  }

  /** Whether a status matches every kind there are conditions of. */
  boolean matchAll(StatusTerms status) {
    return any(phrases, phrase -> status.words().containsAll(phrase.words()))
        && (authors.isEmpty()
            || authors.containsKey(status.author())
            || any(status.mentions(), authors::containsKey))
        && (tags.isEmpty() || any(status.tags(), tags::containsKey))
        && (languages.isEmpty()
            || languages.containsKey(status.language())
            || languages.containsKey(status.mainLanguage()))
        && (status.place() == null
            ? areas.isEmpty()
            : any(areas, area -> area.contains(status.place())));
  }

  /** Whether one fits, or there are none. */
  private static <T> boolean any(List<T> some, Predicate<T> fits) {
    return some.isEmpty() || some.stream().anyMatch(fits);
  }

  private static <T> boolean any(Set<T> some, Predicate<T> fits) {
    return some.stream().anyMatch(fits);
  }

  /** Keys of which a status has one if it matches any condition. */
  Set<String> keysOfAny() {
    Set<String> keys = new HashSet<>();
    addPhrases(keys);
    addAuthors(keys);
    addTags(keys);
    addAreas(keys);
    addLanguages(keys);
    return keys;
  }

  /** Keys of the kind that leaves least to look at; a status that matches all has one of them. */
  Set<String> keysOfAll() {
    Set<String> keys = new HashSet<>();
    if (!authors.isEmpty()) {
      addAuthors(keys);
    } else if (!tags.isEmpty()) {
      addTags(keys);
    } else if (!phrases.isEmpty()) {
      addPhrases(keys);
    } else if (!areas.isEmpty()) {
      addAreas(keys);
    } else {
      addLanguages(keys);
    }
    return keys;
  }

  /** The longest word of a phrase: it is rarest most of the time. */
  private void addPhrases(Set<String> keys) {
    Comparator<String> rarest = Comparator.comparingInt(String::length);
    phrases.forEach(
        phrase ->
            keys.add(
                FilterIndex.word(
                    phrase.words().stream()
                        .max(rarest.thenComparing(Comparator.naturalOrder()))
                        .orElseThrow())));
  }

  private void addAuthors(Set<String> keys) {
    authors.keySet().forEach(author -> keys.add(FilterIndex.author(author)));
  }

  private void addTags(Set<String> keys) {
    tags.keySet().forEach(tag -> keys.add(FilterIndex.tag(tag)));
  }

  private void addAreas(Set<String> keys) {
    areas.forEach(area -> area.cells().forEach(cell -> keys.add(FilterIndex.cell(cell))));
  }

  private void addLanguages(Set<String> keys) {
    languages.keySet().forEach(language -> keys.add(FilterIndex.language(language)));
  }
}
