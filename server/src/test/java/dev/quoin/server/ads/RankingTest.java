// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.Budget;
import dev.quoin.ads.v1.ClickCredit;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.server.ads.Learned.Count;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** That what is left out of looking could not have been among the best. */
final class RankingTest {
  private static final int ADS = 400;
  private static final int WORDS = 30;
  private static final int LOCATIONS = 6;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void bestAreThoseOfLookingAtAll(long seed) {
    Random random = new Random(seed);
    NetworkSettings settings =
        NetworkConfig.DEFAULTS.toBuilder()
            .setPriorViews(random.nextInt(3_000))
            .setNoMatchPenalty(random.nextInt(2) * 0.5)
            .setNewAdBoost(random.nextInt(2) * 0.7)
            .setReservePriceMicros(random.nextInt(2) * 1_000)
            .setClickCredit(
                seed % 2 == 0 ? ClickCredit.CLICK_CREDIT_SPLIT : ClickCredit.CLICK_CREDIT_FULL)
            .build();
    Catalogue catalogue = catalogue(random, settings);
    for (int i = 0; i < 200; i++) {
      PageRequest page =
          new PageRequest(
              some(random, "l", LOCATIONS, 3),
              Map.of(),
              Set.of(),
              i % 5 == 0 ? Set.of() : some(random, "w", WORDS, 8),
              "",
              1);
      List<String> all =
          Ranking.all(catalogue, page, ADS).candidates().stream()
              .filter(candidate -> candidate.loss() == null)
              .map(candidate -> candidate.ad().id())
              .toList();

      for (int limit : new int[] {1, 5, 50}) {
        assertThat(Ranking.best(catalogue, page, limit, ad -> false).candidates())
            .extracting(candidate -> candidate.ad().id())
            .isEqualTo(all.subList(0, Math.min(limit, all.size())));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ofAdsWithoutMoneyOnlyTheBestIsLookedAt(boolean hasWords) {
    NetworkSettings settings = NetworkConfig.DEFAULTS;
    Estimator estimator = new Estimator(settings, new Averages(10_000, 30, 0, 0));
    List<AdEntry> ads = new ArrayList<>();
    for (int i = 0; i < ADS; i++) {
      ads.add(closed(i, hasWords ? new String[] {"w"} : new String[0]).scored(estimator));
    }
    PageRequest page =
        new PageRequest(Set.of("l"), Map.of(), Set.of(), hasWords ? Set.of("w") : Set.of(), "", 1);

    Ranking.Found found =
        Ranking.best(catalogue(settings, estimator, ads, Map.of(), Map.of()), page, 5, ad -> false);

    assertThat(found.candidates()).isEmpty();
    assertThat(found.bestLoser().ad().id()).isEqualTo("ad" + (ADS - 1));
    assertThat(found.looked()).isEqualTo(1);
  }

  /** An ad without money; those with greater numbers are worth more. */
  private static AdEntry closed(int number, String... words) {
    Count[] counts = new Count[words.length];
    Arrays.fill(counts, Count.NOTHING);
    return AdEntry.of(
        Ad.newBuilder()
            .setId("ad" + number)
            .setPricing(Pricing.PRICING_CPM)
            .setBidMicros(1_000_000L + 1_000 * number)
            .addLocations("l")
            .build(),
        words,
        new Learned(Count.NOTHING, counts, Count.NOTHING),
        new AdEntry.Closed(Long.MAX_VALUE, 0, false),
        Budget.getDefaultInstance(),
        AdEntry.Negatives.of(List.of(), AdWords.of("standard")));
  }

  private static Catalogue catalogue(Random random, NetworkSettings settings) {
    Estimator estimator = new Estimator(settings, new Averages(10_000, 30, 0, 0));
    List<AdEntry> ads = new ArrayList<>();
    Map<String, AdEntry> changed = new HashMap<>();
    Map<String, AdEntry> byId = new HashMap<>();
    for (int i = 0; i < ADS; i++) {
      AdEntry ad = ad(random, i).scored(estimator);
      ads.add(ad);
      byId.put(ad.id(), ad);
      if (random.nextInt(10) == 0) {
        AdEntry newer = random.nextInt(4) == 0 ? null : ad(random, i).scored(estimator);
        changed.put(ad.id(), newer);
        byId.put(ad.id(), newer);
      }
    }
    return catalogue(settings, estimator, ads, changed, byId);
  }

  private static Catalogue catalogue(
      NetworkSettings settings,
      Estimator estimator,
      List<AdEntry> ads,
      Map<String, AdEntry> changed,
      Map<String, AdEntry> byId) {
    return new Catalogue(
        "epoch",
        1,
        NetworkConfig.of(settings),
        estimator,
        new CatalogueIndex(ads),
        changed,
        byId,
        Map.of(),
        Map.of(),
        new CapLevels(),
        new Effort(),
        0);
  }

  private static AdEntry ad(Random random, int number) {
    Pricing pricing = Pricing.forNumber(1 + random.nextInt(3));
    String[] words = some(random, "w", WORDS, 5).toArray(String[]::new);
    Count[] counts = new Count[words.length];
    for (int i = 0; i < counts.length; i++) {
      counts[i] = random.nextBoolean() ? Count.NOTHING : count(random);
    }
    // Few bids, so that many are equal.
    long bid = 1_000_000L * (1 + random.nextInt(3));
    return AdEntry.of(
        Ad.newBuilder()
            .setId("ad" + number)
            .setPricing(pricing)
            .setBidMicros(pricing == Pricing.PRICING_CPM ? bid * 3 : bid)
            .addAllLocations(some(random, "l", LOCATIONS, 3))
            .build(),
        words,
        new Learned(
            random.nextInt(3) == 0 ? Count.NOTHING : count(random),
            counts,
            random.nextBoolean() ? Count.NOTHING : count(random)),
        random.nextInt(8) == 0 ? new AdEntry.Closed(Long.MAX_VALUE, 0, false) : AdEntry.Closed.NOT,
        Budget.getDefaultInstance(),
        AdEntry.Negatives.of(List.of(), AdWords.of("standard")));
  }

  private static Count count(Random random) {
    double views = 1 + random.nextInt(5_000);
    double clicks = Math.floor(views * 0.01 * random.nextDouble());
    double actions = Math.floor(clicks * random.nextDouble());
    return new Count(views, clicks, actions, clicks / 3, actions / 3);
  }

  private static Set<String> some(Random random, String prefix, int of, int most) {
    Set<String> chosen = new HashSet<>();
    for (int i = 1 + random.nextInt(most); i > 0; i--) {
      chosen.add(prefix + random.nextInt(of));
    }
    return chosen;
  }
}
