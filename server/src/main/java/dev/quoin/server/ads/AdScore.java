// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.ClickCredit;
import dev.quoin.ads.v1.Pricing;

/** What an ad is worth on a page, worked out once for all pages from what was learned. */
final class AdScore {
  private final Estimator estimator;
  private final boolean splits;
  private final double perEvent;
  private final double rate;
  private final double base;
  private final double boost;
  private final boolean hasBonuses;
  private final double[] bonuses;
  private final double[] views;
  private final double[] shareWeights;
  private final double[] shares;
  private final double noMatch;

  AdScore(Estimator estimator, Pricing pricing, long bidMicros, Learned learned) {
    this.estimator = estimator;
    this.splits = estimator.settings().getClickCredit() == ClickCredit.CLICK_CREDIT_SPLIT;
    boolean isCpa = pricing == Pricing.PRICING_CPA;
    Learned.Count all = learned.all();
    this.rate =
        estimator.rate(
            estimator.average(pricing), all.views(), isCpa ? all.actions() : all.clicks());
    this.base = Estimator.ecpm(pricing, bidMicros, rate);
    this.perEvent = 1000.0 * bidMicros;
    this.boost = estimator.boost(all.views());
    this.hasBonuses = estimator.hasBonuses(pricing);
    int words = hasBonuses ? learned.words().length : 0;
    this.bonuses = new double[words];
    this.views = new double[words];
    this.shareWeights = new double[words];
    this.shares = new double[words];
    for (int i = 0; i < words; i++) {
      Learned.Count word = learned.words()[i];
      double events = isCpa ? word.actions() : word.clicks();
      bonuses[i] = perEvent * estimator.rate(rate, word.views(), events) - base;
      views[i] = word.views();
      shareWeights[i] = estimator.priorWeight(word.views());
      shares[i] = isCpa ? word.actionShares() : word.clickShares();
    }
    Learned.Count none = learned.none();
    double unknown = rate * (1 - estimator.noMatchPenalty());
    this.noMatch =
        hasBonuses
            ? perEvent
                    * estimator.rate(unknown, none.views(), isCpa ? none.actions() : none.clicks())
                - base
            : 0;
  }

  /** Whatever the page. */
  double base() {
    return base;
  }

  /** The greatest value on a page with which the ad has no word in common. */
  double bound() {
    return boosted(Math.max(0, noMatch));
  }

  /** The greatest value on any page. */
  double most() {
    double greatest = Math.max(0, noMatch);
    double split = 0;
    for (int i = 0; i < bonuses.length; i++) {
      greatest = Math.max(greatest, bonuses[i]);
      if (splits && views[i] > 0) {
        // A share of all of the prior at most, and what was seen of each word.
        split += perEvent * (1 - shareWeights[i]) * Math.max(shares[i] / views[i], rate);
      }
    }
    return boosted(Math.max(greatest, split));
  }

  /** The value with a bonus; never less than 0. */
  double boosted(double bonus) {
    return Math.max(0, base + bonus) * boost;
  }

  /** The bonus of one word. */
  double bonus(int word) {
    return hasBonuses ? bonuses[word] : 0;
  }

  /** The bonus for having no word in common with a page that has words. */
  double noMatchBonus() {
    return noMatch;
  }

  /**
   * The bonus for words that page and ad have in common.
   *
   * @param matched their places among the words of the ad
   * @param count how many there are, at least one
   */
  double bonus(int[] matched, int count) {
    if (!hasBonuses) {
      return 0;
    }
    if (splits) {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += perEvent * share(matched[i], count);
      }
      return sum - base;
    }
    double least = Double.POSITIVE_INFINITY;
    double greatest = Double.NEGATIVE_INFINITY;
    double sumByViews = 0;
    double sumOfViews = 0;
    for (int i = 0; i < count; i++) {
      double bonus = bonuses[matched[i]];
      least = Math.min(least, bonus);
      greatest = Math.max(greatest, bonus);
      sumByViews += bonus * views[matched[i]];
      sumOfViews += views[matched[i]];
    }
    return estimator.combine(least, greatest, sumByViews, sumOfViews);
  }

  /** The part of the rate that falls to a word, one of several. */
  private double share(int word, int count) {
    double prior = rate / count;
    double weight = shareWeights[word];
    if (weight == 1) {
      return prior;
    }
    double seen = Math.max(shares[word] / views[word], Math.min(prior, 1 / views[word]));
    return weight * prior + (1 - weight) * seen;
  }
}
