// SPDX-License-Identifier: Apache-2.0
package dev.quoin.bench;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Ads of which all rows about ads decide: CPC ads with 10 words of 5,000 and so many of 100
 * locations.
 */
record AdCatalogue(int ads, int locationsEach) {
  static final String NETWORK = "bench";

  private static final int WORDS_EACH = 10;
  private static final int VOCABULARY = 5_000;
  private static final int LOCATIONS = 100;

  /** An ad. */
  record BenchAd(String id, long bidMicros, List<String> locations, List<String> words) {}

  BenchAd ad(int number) {
    Random random = new Random(number);
    return new BenchAd(
        "ad-" + number,
        100_000 + random.nextInt(900_000),
        some(random, locationsEach, LOCATIONS, "location"),
        words(random, WORDS_EACH));
  }

  static String location(Random random) {
    return "location" + random.nextInt(LOCATIONS);
  }

  static List<String> words(Random random, int count) {
    return some(random, count, VOCABULARY, "word");
  }

  private static List<String> some(Random random, int count, int of, String prefix) {
    Set<String> chosen = new LinkedHashSet<>();
    while (chosen.size() < count) {
      chosen.add(prefix + random.nextInt(of));
    }
    return new ArrayList<>(chosen);
  }
}
