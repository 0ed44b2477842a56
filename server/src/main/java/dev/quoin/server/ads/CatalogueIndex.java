// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The ads of a network as they were at one moment, by location and by word. The ads of a location
 * are in order of what they are worth at most on a page with which they have no word in common, so
 * that the best are found without looking at the others. Never changes.
 */
final class CatalogueIndex {
  static final CatalogueIndex EMPTY = new CatalogueIndex(List.of());

  private static final AdEntry[] NO_ADS = {};
  private static final long[] NO_POSTINGS = {};
  private static final Comparator<AdEntry> BEST_FIRST =
      Comparator.comparingDouble((AdEntry ad) -> ad.score().bound())
          .reversed()
          .thenComparing(AdEntry::id);

  private final AdEntry[] ads;
  private final Map<String, AdEntry[]> byLocation = new HashMap<>();
  private final Map<String, long[]> byWord = new HashMap<>();

  /**
   * @param scored the ads, with their scores
   */
  CatalogueIndex(Collection<AdEntry> scored) {
    List<AdEntry> sorted = new ArrayList<>(scored);
    sorted.sort(BEST_FIRST);
    this.ads = new AdEntry[sorted.size()];
    Map<String, List<AdEntry>> locations = new HashMap<>();
    Map<String, LongList> words = new HashMap<>();
    for (int place = 0; place < ads.length; place++) {
      AdEntry ad = sorted.get(place).at(place);
      ads[place] = ad;
      for (int i = 0; i < ad.locations().length; i++) {
        locations.computeIfAbsent(ad.locations()[i], l -> new ArrayList<>()).add(ad);
      }
      for (int i = 0; i < ad.words().length; i++) {
        words.computeIfAbsent(ad.words()[i], w -> new LongList()).add((long) place << 32 | i);
      }
    }
    locations.forEach((location, of) -> byLocation.put(location, of.toArray(NO_ADS)));
    words.forEach((word, of) -> byWord.put(word, of.toArray()));
  }

  int size() {
    return ads.length;
  }

  AdEntry ad(int place) {
    return ads[place];
  }

  /** The ads for a location, best first. */
  AdEntry[] in(String location) {
    return byLocation.getOrDefault(location, NO_ADS);
  }

  /** The ads with a word: place of the ad in the upper half, place of the word in the lower. */
  long[] with(String word) {
    return byWord.getOrDefault(word, NO_POSTINGS);
  }

  private static final class LongList {
    private long[] values = new long[4];
    private int size;

    void add(long value) {
      if (size == values.length) {
        values = Arrays.copyOf(values, 2 * size);
      }
      values[size++] = value;
    }

    long[] toArray() {
      return Arrays.copyOf(values, size);
    }
  }
}
