// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;

import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.server.testing.TestRedis;
import dev.quoin.server.testing.TestServer;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Viewers whose true rates of clicks are known. */
@Tag("redis")
final class SimulationTest {
  private static final long BID = 1_000_000;

  private final Ads ads = Ads.at(TestServer.first());
  private final Ads elsewhere = Ads.at(TestServer.second());
  private final Map<String, Integer> shown = new HashMap<>();
  private final Random random = new Random(42);

  @BeforeEach
  void clear() {
    TestRedis.clear();
  }

  /** Three ads with 1, 3 and 6 clicks in a hundred views; 300 views are enough to know them. */
  @Test
  void learningFindsTheBestAd() {
    ads.put(
        Ads.settings()
            .setExplorationShare(0.2)
            .setPriorViews(300)
            .setPriorPerThousand(20)
            .setLearningInterval(20));
    Map<String, Double> rates = Map.of("bad", 0.01, "fair", 0.03, "best", 0.06);
    rates.keySet().forEach(ad -> ads.put(Ads.cpc(ad, BID)));

    double early = run(rates, 2_000);
    double late = run(rates, 4_000);

    // What is lost against always showing the best: a part of exploration in the long run.
    double regret = 1 - late / (4_000 * 0.06);
    assertThat(shown.get("best")).isGreaterThan(4_000 * 8 / 10);
    assertThat(regret).as("regret, early was %f", 1 - early / (2_000 * 0.06)).isLessThan(0.15);
  }

  /** An ad that comes later and is better is found, and without exploration it is not. */
  @Test
  void explorationFindsABetterNewAd() {
    Map<String, Double> rates = Map.of("old", 0.05, "new", 0.20);
    for (double share : new double[] {0.2, 0}) {
      TestRedis.clear();
      ads.put(
          Ads.settings()
              .setExplorationShare(share)
              .setPriorViews(200)
              .setPriorPerThousand(20)
              .setLearningInterval(20));
      ads.put(Ads.cpc("old", BID));
      run(rates, 600);
      // Averages say that an ad has 5 clicks in a hundred views; this one bids less.
      ads.put(Ads.cpc("new", BID * 6 / 10));
      run(rates, 2_500);
      run(rates, 500);
      if (share > 0) {
        assertThat(shown.get("new")).as("with exploration").isGreaterThan(350);
      } else {
        assertThat(shown.getOrDefault("new", 0)).as("without").isZero();
      }
    }
  }

  /** A word that brings clicks is worth more than one that does not. */
  @Test
  void bonusesFollowWhatViewersClick() {
    ads.put(
        Ads.settings()
            .setExplorationShare(0.3)
            .setPriorViews(200)
            .setPriorPerThousand(30)
            .setLearningInterval(20));
    ads.put(Ads.cpc("car", BID).addWords("sport").addWords("toy"));
    ads.put(Ads.cpc("doll", BID).addWords("sport").addWords("toy"));
    Map<String, Double> onSport = Map.of("car", 0.10, "doll", 0.01);
    Map<String, Double> onToy = Map.of("car", 0.01, "doll", 0.10);
    for (int i = 0; i < 15; i++) {
      run(onSport, 100, "sport");
      run(onToy, 100, "toy");
    }

    run(onSport, 300, "sport");
    assertThat(shown.get("car")).isGreaterThan(200);
    run(onToy, 300, "toy");
    assertThat(shown.get("doll")).isGreaterThan(200);
    assertThat(ads.stats("car").getWordStats(0).getWord()).isEqualTo("sport");
    assertThat(ads.stats("doll").getWordStats(0).getWord()).isEqualTo("toy");
  }

  @Test
  void budgetsEndWithinOneEventOfTheirLimit() {
    ads.put(Ads.settings());
    long limit = 123_456;
    Map<String, Double> rates = new HashMap<>();
    for (int i = 0; i < 5; i++) {
      ads.put(Ads.cpm("a" + i, 1_000_000 + 300_000 * i).setCampaign("c"));
      rates.put("a" + i, 0.1);
    }
    ads.set(ads.budget().setCampaign("c").setTotalMicros(limit));
    while (ads.target().getAdsCount() > 0) {
      run(rates, 50);
    }

    long used = ads.campaign("c").getBudgetStatus().getUsedMicros();

    assertThat(used).isLessThanOrEqualTo(limit).isGreaterThan(limit - 1_000);
  }

  /**
   * Shows ads to viewers, who click as often as their rates say.
   *
   * @return how many clicks there were to be expected
   */
  private double run(Map<String, Double> rates, int viewers, String... words) {
    shown.clear();
    double expected = 0;
    for (int i = 0; i < viewers; i++) {
      Ads server = i % 2 == 0 ? ads : elsewhere;
      TargetResponse decision = server.target(words);
      if (decision.getAdsCount() == 0) {
        return expected;
      }
      String ad = decision.getAds(0).getAdId();
      shown.merge(ad, 1, Integer::sum);
      expected += rates.get(ad);
      server.view(decision);
      if (random.nextDouble() < rates.get(ad)) {
        server.click(decision);
      }
    }
    return expected;
  }
}
