// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import com.google.protobuf.util.Timestamps;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdState;
import dev.quoin.ads.v1.Budget;
import dev.quoin.ads.v1.FrequencyCap;
import dev.quoin.ads.v1.Loss;
import dev.quoin.ads.v1.Pricing;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * An ad as this server knows it, worked out for ranking. Never changes.
 *
 * @param words in the order in which they are learned about
 * @param negativeWords for each negative that is no location or dimension the words that exclude
 *     the ad together
 * @param closed since when budgets have no room for it
 */
record AdEntry(
    String id,
    String campaign,
    String account,
    Pricing pricing,
    long bidMicros,
    String[] locations,
    Map<String, Set<String>> dimensions,
    Set<String> negatives,
    String[][] negativeWords,
    long startMillis,
    long endMillis,
    boolean paused,
    String[] words,
    Learned learned,
    Closed closed,
    List<FrequencyCap> caps,
    AdScore score) {
  private static final int[] NO_WORDS = {};

  /**
   * Until when, by the clock of Redis, a budget has no room for prices from one on.
   *
   * @param untilMillis 0 when it is open
   * @param paced whether it is the share of an hour that is used up
   */
  record Closed(long untilMillis, long fromMicros, boolean paced) {
    static final Closed NOT = new Closed(0, 0, false);

    boolean isFor(long price, long now) {
      return untilMillis > now && price >= fromMicros;
    }
  }

  /** An ad that has not been scored yet. */
  static AdEntry of(
      Ad ad, String[] words, Learned learned, Closed closed, Budget budget, Negatives negatives) {
    Map<String, Set<String>> dimensions = new HashMap<>();
    ad.getDimensionsMap()
        .forEach((name, values) -> dimensions.put(name, Set.copyOf(values.getValuesList())));
    return new AdEntry(
        ad.getId(),
        ad.getCampaign(),
        ad.getAccount(),
        ad.getPricing(),
        ad.getBidMicros(),
        ad.getLocationsList().toArray(String[]::new),
        dimensions.isEmpty() ? Map.of() : dimensions,
        negatives.exact(),
        negatives.words(),
        ad.hasStartTime() ? Timestamps.toMillis(ad.getStartTime()) : Long.MIN_VALUE,
        ad.hasEndTime() ? Timestamps.toMillis(ad.getEndTime()) : Long.MAX_VALUE,
        ad.getState() == AdState.AD_STATE_PAUSED,
        words,
        learned,
        closed,
        budget.getFrequencyCapsList(),
        null);
  }

  /** What excludes an ad: what is compared as it is, and words. */
  record Negatives(Set<String> exact, String[][] words) {
    static Negatives of(List<String> negatives, AdWords analyzer) {
      return new Negatives(
          Set.copyOf(negatives),
          negatives.stream()
              .map(analyzer::all)
              .filter(words -> words.length > 0)
              .toArray(String[][]::new));
    }
  }

  AdEntry scored(Estimator estimator) {
    return new AdEntry(
        id,
        campaign,
        account,
        pricing,
        bidMicros,
        locations,
        dimensions,
        negatives,
        negativeWords,
        startMillis,
        endMillis,
        paused,
        words,
        learned,
        closed,
        caps,
        new AdScore(estimator, pricing, bidMicros, learned));
  }

  /** Whether its views count for the same caps. */
  boolean isCappedAs(AdEntry other) {
    return caps.equals(other.caps)
        && campaign.equals(other.campaign)
        && account.equals(other.account);
  }

  /** How many entries it has in an index. */
  int postings() {
    return 1 + locations.length + words.length;
  }

  /** What its billable event costs at most: a view a thousandth of the bid. */
  long mostMicros() {
    return pricing == Pricing.PRICING_CPM ? bidMicros / 1000 : bidMicros;
  }

  /** Why it is no candidate for a page at a time; null when it is one. */
  Loss exclusion(PageRequest page, long now) {
    if (!isFor(page)) {
      return Loss.LOSS_LOCATION;
    } else if (paused) {
      return Loss.LOSS_PAUSED;
    } else if (now < startMillis || now >= endMillis) {
      return Loss.LOSS_NOT_IN_FLIGHT;
    } else if (!dimensions.isEmpty() && !fits(page)) {
      return Loss.LOSS_DIMENSION;
    }
    return negatives.isEmpty() || !isExcluded(page) ? null : Loss.LOSS_NEGATIVE;
  }

  private boolean isFor(PageRequest page) {
    for (String location : locations) {
      if (page.locations().contains(location)) {
        return true;
      }
    }
    return false;
  }

  private boolean fits(PageRequest page) {
    for (Map.Entry<String, Set<String>> needed : dimensions.entrySet()) {
      Set<String> has = page.dimensions().getOrDefault(needed.getKey(), Set.of());
      if (has.stream().noneMatch(needed.getValue()::contains)) {
        return false;
      }
    }
    return true;
  }

  private boolean isExcluded(PageRequest page) {
    for (String negative : negatives) {
      if (page.locations().contains(negative) || page.pairs().contains(negative)) {
        return true;
      }
    }
    for (String[] together : negativeWords) {
      if (page.words().containsAll(List.of(together))) {
        return true;
      }
    }
    return false;
  }

  /** The places of its words that are on a page. */
  int[] matched(PageRequest page) {
    if (page.words().isEmpty() || words.length == 0) {
      return NO_WORDS;
    }
    int[] found = new int[words.length];
    int count = 0;
    for (int i = 0; i < words.length; i++) {
      if (page.words().contains(words[i])) {
        found[count++] = i;
      }
    }
    return Arrays.copyOf(found, count);
  }
}
