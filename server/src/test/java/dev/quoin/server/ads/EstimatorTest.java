// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.quoin.ads.v1.BonusMode;
import dev.quoin.ads.v1.ClickCredit;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PriorMixing;
import dev.quoin.server.ads.Learned.Count;
import org.junit.jupiter.api.Test;

/** The formulas, with numbers that were worked out by hand. */
final class EstimatorTest {
  private static final Pricing CPM = Pricing.PRICING_CPM;
  private static final Pricing CPC = Pricing.PRICING_CPC;
  private static final Pricing CPA = Pricing.PRICING_CPA;

  @Test
  void cpmIsItsOwnEcpm() {
    assertThat(Estimator.ecpm(CPM, 1_250_000, 0.7)).isEqualTo(1_250_000);
  }

  /** 0.25 × 0.002 × 1000 = 0.50. */
  @Test
  void quarterForAClickAtTwoInAThousandIsHalf() {
    assertThat(Estimator.ecpm(CPC, 250_000, 0.002)).isCloseTo(500_000, within(1e-6));
  }

  /** Click-through rate 0.002, action rate 0.1, 3 an action: 0.002 × 0.1 × 3 × 1000 = 0.60. */
  @Test
  void threeForAnActionOfATenthOfTheClicksIsSixty() {
    double views = 10_000;
    double clicks = 20;
    double actions = 2;
    assertThat(clicks / views * (actions / clicks)).isCloseTo(0.0002, within(1e-15));
    assertThat(score(raw(), CPA, 3_000_000, learned(views, clicks, actions)).base())
        .isCloseTo(600_000, within(1e-6));
  }

  /** Before any data a thousand views with one event are assumed: the value times 1. */
  @Test
  void withoutDataAnAdIsWorthItsBidTimesTheAverage() {
    assertThat(score(NetworkConfig.DEFAULTS, CPC, 250_000, learned(0, 0, 0)).base())
        .isCloseTo(250_000, within(1e-6));
    assertThat(
            score(
                    NetworkConfig.DEFAULTS.toBuilder().setPriorPerThousand(4).build(),
                    CPA,
                    250_000,
                    learned(0, 0, 0))
                .base())
        .isCloseTo(1_000_000, within(1e-6));
  }

  /** 8 clicks of 4,000 views are 2 of a thousand. Of fewer than 1,000 views 1,000 are assumed. */
  @Test
  void averagesAreThoseOfThePricing() {
    Averages averages = new Averages(4_000, 8, 500, 5);
    assertThat(averages.rate(CPC, 1)).isEqualTo(0.002);
    assertThat(averages.rate(CPA, 1)).isEqualTo(0.005);
    assertThat(Averages.NONE.rate(CPC, 1)).isEqualTo(0.001);
    assertThat(new Averages(4_000, 0, 0, 0).rate(CPC, 1)).isEqualTo(0.00025);
  }

  /** A division by no views has to be guarded. */
  @Test
  void noViewsAndNoClicksAreNoFault() {
    for (NetworkSettings settings : new NetworkSettings[] {raw(), NetworkConfig.DEFAULTS}) {
      for (Pricing pricing : new Pricing[] {CPM, CPC, CPA}) {
        assertThat(score(settings, pricing, 1_000, learned(0, 0, 0)).base()).isFinite();
        assertThat(score(settings, pricing, 1_000, learned(0, 3, 3)).base()).isFinite();
      }
    }
  }

  /** 500 of 2,000 views: 3/4 of the average 0.001 and 1/4 of the own 0.008 are 0.00275. */
  @Test
  void linearMixing() {
    Estimator estimator = estimator(NetworkConfig.DEFAULTS);
    assertThat(estimator.priorWeight(500)).isEqualTo(0.75);
    assertThat(estimator.rate(0.001, 500, 4)).isCloseTo(0.00275, within(1e-15));
    assertThat(estimator.priorWeight(2_000)).isZero();
    assertThat(estimator.rate(0.001, 2_000, 4)).isCloseTo(0.002, within(1e-15));
  }

  /** In the middle both count the same; 1,200 views are (1,200 - 1,000) / 200 = 1: 1/(1 + e). */
  @Test
  void sigmoidMixing() {
    Estimator estimator =
        estimator(
            NetworkConfig.DEFAULTS.toBuilder()
                .setPriorMixing(PriorMixing.PRIOR_MIXING_SIGMOID)
                .build());
    assertThat(estimator.priorWeight(1_000)).isEqualTo(0.5);
    assertThat(estimator.priorWeight(1_200)).isCloseTo(0.268941, within(1e-6));
    assertThat(estimator.priorWeight(0)).isEqualTo(1);
  }

  /** Without a click the estimate stays, until one click would be less than the average. */
  @Test
  void silenceCountsWhenOneClickWouldBeLess() {
    Estimator estimator = estimator(NetworkConfig.DEFAULTS);
    assertThat(estimator.rate(0.001, 900, 0)).isCloseTo(0.001, within(1e-15));
    assertThat(estimator.rate(0.001, 2_000, 0)).isEqualTo(0.0005);
    assertThat(estimator.rate(0.001, 10_000, 0)).isEqualTo(0.0001);
  }

  /** Bonuses 0 and 0.3 on a base of 1: 1.15. */
  @Test
  void midpointOfTwoBonuses() {
    Learned learned =
        new Learned(
            new Count(1_000, 1, 0, 0, 0),
            new Count[] {new Count(1_000, 1.3, 0, 0, 0), new Count(1_000, 1, 0, 0, 0)},
            Count.NOTHING);
    AdScore score = score(raw(), CPC, 1_000_000, learned);
    assertThat(score.base()).isCloseTo(1_000_000, within(1e-3));
    assertThat(score.bonus(0)).isCloseTo(300_000, within(1e-3));
    assertThat(score.boosted(score.bonus(new int[] {0, 1}, 2))).isCloseTo(1_150_000, within(1e-3));
  }

  /** One word: base and bonus are what was learned for that word. */
  @Test
  void oneWordIsWorthWhatWasLearnedForIt() {
    Learned learned =
        new Learned(
            new Count(2_000, 4, 0, 0, 0), new Count[] {new Count(500, 2, 0, 0, 0)}, Count.NOTHING);
    AdScore score = score(raw(), CPC, 250_000, learned);
    assertThat(score.base()).isCloseTo(500_000, within(1e-3));
    assertThat(score.boosted(score.bonus(new int[] {0}, 1)))
        .isCloseTo(1000.0 * 250_000 * 2 / 500, within(1e-3));
  }

  /** Of 0.3 with 300 views and 0.1 with 100 views: (0.3 × 300 + 0.1 × 100) / 400 = 0.25. */
  @Test
  void meanByViews() {
    NetworkSettings weighted =
        raw().toBuilder().setBonusMode(BonusMode.BONUS_MODE_WEIGHTED).build();
    Learned learned =
        new Learned(
            new Count(1_000, 1, 0, 0, 0),
            new Count[] {new Count(300, 0.39, 0, 0, 0), new Count(100, 0.11, 0, 0, 0)},
            Count.NOTHING);
    AdScore score = score(weighted, CPC, 1_000_000, learned);
    // Less than one click: 0.39 / 300 = 1.3 in a thousand, 0.11 / 100 = 1.1.
    assertThat(score.bonus(new int[] {0, 1}, 2)).isCloseTo(250_000, within(1e-3));
  }

  /** A word that was never learned about pulls the midpoint to 0. */
  @Test
  void unknownWordsHaveNoBonus() {
    Learned learned =
        new Learned(
            new Count(1_000, 1, 0, 0, 0),
            new Count[] {new Count(1_000, 3, 0, 0, 0), Count.NOTHING},
            Count.NOTHING);
    AdScore score = score(raw(), CPC, 1_000_000, learned);
    assertThat(score.bonus(new int[] {0}, 1)).isCloseTo(2_000_000, within(1e-3));
    assertThat(score.bonus(new int[] {0, 1}, 2)).isCloseTo(1_000_000, within(1e-3));
  }

  /** The source never punishes a word with many views and no click; here 5,000 of them do. */
  @Test
  void wordWithoutClicksIsPunished() {
    Learned learned =
        new Learned(
            new Count(10_000, 20, 0, 0, 0),
            new Count[] {new Count(5_000, 0, 0, 0, 0)},
            Count.NOTHING);
    AdScore score = score(NetworkConfig.DEFAULTS, CPC, 1_000_000, learned);
    assertThat(score.base()).isCloseTo(2_000_000, within(1e-3));
    assertThat(score.bonus(0)).isCloseTo(200_000 - 2_000_000, within(1e-3));
  }

  /** One click on 3 views is no rate of a third: 1,997/2,000 of 0.002 and 3/2,000 of 1/3. */
  @Test
  void fewViewsOfAWordCountLittle() {
    Learned learned =
        new Learned(
            new Count(10_000, 20, 0, 0, 0), new Count[] {new Count(3, 1, 0, 0, 0)}, Count.NOTHING);
    AdScore score = score(NetworkConfig.DEFAULTS, CPC, 1_000_000, learned);
    assertThat(score.base() + score.bonus(0))
        .isCloseTo(1e9 * (0.9985 * 0.002 + 0.0015 / 3), within(1e-3));
  }

  /** Without a match: unlearned a penalty of a quarter, learned what 4,000 views have shown. */
  @Test
  void pagesWithoutAMatchHaveABonusOfTheirOwn() {
    NetworkSettings penalty = NetworkConfig.DEFAULTS.toBuilder().setNoMatchPenalty(0.25).build();
    Count all = new Count(10_000, 40, 0, 0, 0);
    AdScore unlearned =
        score(penalty, CPC, 1_000_000, new Learned(all, new Count[1], Count.NOTHING));
    assertThat(unlearned.base()).isCloseTo(4_000_000, within(1e-3));
    assertThat(unlearned.noMatchBonus()).isCloseTo(-1_000_000, within(1e-3));
    AdScore known =
        score(
            penalty, CPC, 1_000_000, new Learned(all, new Count[1], new Count(4_000, 4, 0, 0, 0)));
    assertThat(known.noMatchBonus()).isCloseTo(1_000_000 - 4_000_000, within(1e-3));
  }

  /** When an ad always matches the same words, their shares are its plain eCPM. */
  @Test
  void sharesOfTheSameWordsSumUp() {
    NetworkSettings split =
        raw().toBuilder().setClickCredit(ClickCredit.CLICK_CREDIT_SPLIT).build();
    Count word = new Count(3_000, 6, 0, 2, 0);
    Learned learned =
        new Learned(new Count(3_000, 6, 0, 0, 0), new Count[] {word, word, word}, Count.NOTHING);
    AdScore score = score(split, CPC, 500_000, learned);
    assertThat(score.base()).isCloseTo(1_000_000, within(1e-3));
    assertThat(score.boosted(score.bonus(new int[] {0, 1, 2}, 3)))
        .isCloseTo(1_000_000, within(1e-3));
    // One of them alone is worth its share.
    assertThat(score.boosted(score.bonus(new int[] {1}, 1)))
        .isCloseTo(1_000_000 / 3.0, within(1e-3));
    // What was never learned about is worth as much as the ad.
    AdScore fresh =
        score(
            NetworkConfig.DEFAULTS.toBuilder()
                .setClickCredit(ClickCredit.CLICK_CREDIT_SPLIT)
                .build(),
            CPC,
            500_000,
            Learned.parse(new byte[0], 3));
    assertThat(fresh.bonus(new int[] {0, 2}, 2)).isCloseTo(0, within(1e-6));
  }

  /** Half way to 2,000 views half of the boost is left. */
  @Test
  void newAdsAreRaised() {
    Estimator estimator = estimator(NetworkConfig.DEFAULTS.toBuilder().setNewAdBoost(0.5).build());
    assertThat(estimator.boost(0)).isEqualTo(1.5);
    assertThat(estimator.boost(1_000)).isEqualTo(1.25);
    assertThat(estimator.boost(5_000)).isEqualTo(1);
  }

  @Test
  void valueIsNeverNegative() {
    AdScore score = score(NetworkConfig.DEFAULTS, CPC, 1_000_000, learned(0, 0, 0));
    assertThat(score.boosted(-5_000_000)).isZero();
  }

  /** 10 of 100, after Wilson: 0.0552 to 0.1744. */
  @Test
  void intervalOfARate() {
    FigureMessages.Interval interval = FigureMessages.wilson(10, 100);
    assertThat(interval.low()).isCloseTo(0.0552, within(5e-5));
    assertThat(interval.high()).isCloseTo(0.1744, within(5e-5));
    assertThat(FigureMessages.wilson(0, 10).low()).isZero();
    assertThat(FigureMessages.wilson(0, 0).high()).isEqualTo(1);
  }

  /** Without priors: what was seen is all that counts. */
  private static NetworkSettings raw() {
    return NetworkConfig.DEFAULTS.toBuilder().setPriorViews(0).build();
  }

  private static Learned learned(double views, double clicks, double actions) {
    return new Learned(new Count(views, clicks, actions, 0, 0), new Count[0], Count.NOTHING);
  }

  private static Estimator estimator(NetworkSettings settings) {
    return new Estimator(settings, Averages.NONE);
  }

  private static AdScore score(
      NetworkSettings settings, Pricing pricing, long bid, Learned learned) {
    Count[] words = learned.words();
    for (int i = 0; i < words.length; i++) {
      words[i] = words[i] == null ? Count.NOTHING : words[i];
    }
    return new AdScore(estimator(settings), pricing, bid, learned);
  }
}
