// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.BonusMode;
import dev.quoin.ads.v1.NetworkSettings;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PriorMixing;

/**
 * The formulas by which ads are compared. All of them are in micros of eCPM, the expected revenue
 * of a thousand views: the bid of a CPM ad; 1000 × bid × rate of a CPC ad, whose rate is clicks /
 * views, and of a CPA ad, whose rate is actions / views, because the clicks of click-through rate
 * and action rate cancel. The learning of bonuses for matched words follows "Redis in Action",
 * chapter 7; mixing an average with what was seen, by the number of views, is the usual shrinkage
 * of empirical Bayes estimates in its simplest form.
 */
record Estimator(NetworkSettings settings, Averages averages) {

  /** What a thousand views bring at a rate of events. */
  static double ecpm(Pricing pricing, long bidMicros, double rate) {
    return pricing == Pricing.PRICING_CPM ? bidMicros : 1000.0 * bidMicros * rate;
  }

  /** The average events of a view, of ads of a pricing. */
  double average(Pricing pricing) {
    return averages.rate(pricing, settings.getPriorPerThousand());
  }

  /** How much the average counts beside what was seen with so many views: 1 without any. */
  double priorWeight(double views) {
    double enough = settings.getPriorViews();
    if (views <= 0) {
      return 1;
    }
    if (enough == 0) {
      return 0;
    }
    return settings.getPriorMixing() == PriorMixing.PRIOR_MIXING_SIGMOID
        ? 1 / (1 + Math.exp((views - enough / 2) / (enough / 10)))
        : Math.max(0, 1 - views / enough);
  }

  /**
   * A rate of events, mixed of a prior and of what was seen. Without an event, what was seen is the
   * prior as long as one event would be a greater rate, and then the rate of one event: silence
   * counts, but never as a rate of 0, from which nothing could return.
   */
  double rate(double prior, double views, double events) {
    double weight = priorWeight(views);
    if (weight == 1) {
      return prior;
    }
    double seen = Math.max(events / views, Math.min(prior, 1 / views));
    return weight * prior + (1 - weight) * seen;
  }

  /** By what an ad with so many views is raised, so that it is seen: 1 for not at all. */
  double boost(double views) {
    double enough = settings.getPriorViews();
    double fresh = enough == 0 ? (views > 0 ? 0 : 1) : Math.max(0, 1 - views / enough);
    return 1 + settings.getNewAdBoost() * fresh;
  }

  /** Whether words make a difference for ads of a pricing: a CPM ad brings the same everywhere. */
  boolean hasBonuses(Pricing pricing) {
    return pricing != Pricing.PRICING_CPM && settings.getBonusMode() != BonusMode.BONUS_MODE_NONE;
  }

  double noMatchPenalty() {
    return settings.getNoMatchPenalty();
  }

  /** One bonus for those of several words: the least, the greatest, and all by their views. */
  double combine(double least, double greatest, double sumByViews, double views) {
    return settings.getBonusMode() == BonusMode.BONUS_MODE_WEIGHTED
        ? (views > 0 ? sumByViews / views : 0)
        : (least + greatest) / 2;
  }
}
