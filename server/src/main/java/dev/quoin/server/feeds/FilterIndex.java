// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.feeds;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds the readers that a status may concern by what it has: words, authors, tags, languages,
 * cells and its bucket. The cost of a status grows with what it has and with the readers it
 * concerns, not with the readers there are. Its hub synchronizes.
 *
 * @param <T> type of the readers
 */
final class FilterIndex<T> {
  static final String EVERYTHING = "*";

  private final Map<String, Set<T>> readers = new HashMap<>();

  /** Those of samples, by how many buckets they want. */
  private final TreeMap<Integer, Set<T>> samples = new TreeMap<>();

  static String word(String word) {
    return 'w' + word;
  }

  static String author(String author) {
    return 'a' + author;
  }

  static String tag(String tag) {
    return 't' + tag;
  }

  static String language(String language) {
    return 'l' + language;
  }

  static String cell(String cell) {
    return 'c' + cell;
  }

  void add(T reader, FeedFilter filter) {
    if (filter instanceof SampleFilter sample) {
      samples.computeIfAbsent(sample.buckets(), b -> new LinkedHashSet<>()).add(reader);
    }
    for (String key : filter.keys()) {
      readers.computeIfAbsent(key, k -> new LinkedHashSet<>()).add(reader);
    }
  }

  void remove(T reader, FeedFilter filter) {
    if (filter instanceof SampleFilter sample) {
      remove(samples, sample.buckets(), reader);
    }
    for (String key : filter.keys()) {
      remove(readers, key, reader);
    }
  }

  private static <K, T> void remove(Map<K, Set<T>> from, K key, T reader) {
    from.computeIfPresent(
        key,
        (k, some) -> {
          some.remove(reader);
          return some.isEmpty() ? null : some;
        });
  }

  /** The readers that a status may concern, each once. */
  Collection<T> candidates(StatusTerms status) {
    Map<T, Boolean> found = new IdentityHashMap<>();
    List<T> candidates = new ArrayList<>();
    collect(EVERYTHING, found, candidates);
    samples
        .tailMap(status.bucket(), false)
        .values()
        .forEach(some -> collect(some, found, candidates));
    status.words().forEach(word -> collect(word(word), found, candidates));
    status.tags().forEach(tag -> collect(tag(tag), found, candidates));
    status.mentions().forEach(name -> collect(author(name), found, candidates));
    collect(author(status.author()), found, candidates);
    if (!status.language().isEmpty()) {
      collect(language(status.language()), found, candidates);
      collect(language(status.mainLanguage()), found, candidates);
    }
    if (status.place() != null) {
      Area.cells(status.place()).forEach(cell -> collect(cell(cell), found, candidates));
    }
    return candidates;
  }

  private void collect(String key, Map<T, Boolean> found, List<T> candidates) {
    Set<T> some = readers.get(key);
    if (some != null) {
      collect(some, found, candidates);
    }
  }

  private static <T> void collect(Set<T> some, Map<T, Boolean> found, List<T> candidates) {
    for (T reader : some) {
      if (found.put(reader, true) == null) {
        candidates.add(reader);
      }
    }
  }
}
