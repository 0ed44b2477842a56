// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ads of a network as they were at one moment, by location and by word. The place of an ad is
 * its rank by what it is worth at most on a page with which it has no word in common, so that the
 * best are found without looking at the others. Never changes.
 */
final class CatalogueIndex {
  static final CatalogueIndex EMPTY = new CatalogueIndex(List.of());

  private static final int[] NOWHERE = {};
  private static final Comparator<AdEntry> BEST_FIRST =
      Comparator.comparingDouble((AdEntry ad) -> ad.score().bound())
          .reversed()
          .thenComparing(AdEntry::id);

  private final AdEntry[] ads;
  private final double[] bounds;
  private final double[] most;
  private final Map<String, int[]> byLocation;
  private final Map<String, int[]> byWord;

  /**
   * @param scored the ads, with their scores
   */
  CatalogueIndex(Collection<AdEntry> scored) {
    this.ads = scored.toArray(AdEntry[]::new);
    Arrays.sort(ads, BEST_FIRST);
    this.bounds = new double[ads.length];
    this.most = new double[ads.length];
    Map<String, Places> locations = new HashMap<>();
    Map<String, Places> words = new HashMap<>();
    for (int place = 0; place < ads.length; place++) {
      AdEntry ad = ads[place];
      bounds[place] = ad.score().bound();
      most[place] = ad.score().most();
      for (String location : ad.locations()) {
        locations.computeIfAbsent(location, l -> new Places()).add(place);
      }
      for (String word : ad.words()) {
        words.computeIfAbsent(word, w -> new Places()).add(place);
      }
    }
    this.byLocation = arrays(locations);
    this.byWord = arrays(words);
  }

  private static Map<String, int[]> arrays(Map<String, Places> places) {
    Map<String, int[]> arrays = new HashMap<>(places.size() * 2);
    places.forEach((name, of) -> arrays.put(name, of.toArray()));
    return arrays;
  }

  int size() {
    return ads.length;
  }

  AdEntry ad(int place) {
    return ads[place];
  }

  /** What an ad is worth at most on a page with which it has no word in common. */
  double bound(int place) {
    return bounds[place];
  }

  /** What an ad is worth at most on any page. */
  double most(int place) {
    return most[place];
  }

  /** The places of the ads for a location, best first. */
  int[] in(String location) {
    return byLocation.getOrDefault(location, NOWHERE);
  }

  /** The places of the ads with a word. */
  int[] with(String word) {
    return byWord.getOrDefault(word, NOWHERE);
  }

  /** The locations and words of all ads, each as one object. */
  Map<String, String> texts() {
    Map<String, String> texts = new HashMap<>(2 * (byLocation.size() + byWord.size()));
    byLocation.keySet().forEach(text -> texts.put(text, text));
    byWord.keySet().forEach(text -> texts.putIfAbsent(text, text));
    return texts;
  }

  private static final class Places {
    private int[] values = new int[4];
    private int size;

    void add(int place) {
      // A location or a word that an ad names twice counts once.
      if (size > 0 && values[size - 1] == place) {
        return;
      }
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = place;
    }

    int[] toArray() {
      return Arrays.copyOf(values, size);
    }
  }
}
