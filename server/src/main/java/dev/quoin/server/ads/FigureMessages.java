// SPDX-License-Identifier: Apache-2.0
package dev.quoin.server.ads;

import dev.quoin.ads.v1.AdStats;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.WordStats;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Says what was counted. */
final class FigureMessages {
  /** The 97.5th percentile of the normal distribution. */
  private static final double Z = 1.959964;

  private FigureMessages() {}

  /** An interval. */
  record Interval(double low, double high) {}

  /**
   * @param ad empty unless the figures are those of an ad
   */
  static AdStats of(Figures figures, Catalogue catalogue, String ad) {
    Interval interval = wilson(figures.clicks(), figures.views());
    AdStats.Builder stats =
        AdStats.newBuilder()
            .setViews(figures.views())
            .setClicks(figures.clicks())
            .setActions(figures.actions())
            .setSpendMicros(figures.spend())
            .setServedCount(figures.served())
            .setUnpaidCount(figures.unpaid())
            .setLateCount(figures.late())
            .setCtr(figures.views() == 0 ? 0 : (double) figures.clicks() / figures.views())
            .setCtrLow(interval.low())
            .setCtrHigh(interval.high())
            .setEcpmMicros(
                figures.views() == 0 ? 0 : Math.round(1000.0 * figures.spend() / figures.views()));
    if (figures.budget().length > 0) {
      stats.setBudgetStatus(figures.money().status(figures.budget(), catalogue.now()));
    }
    AdEntry entry = ad.isEmpty() ? null : catalogue.all().get(ad);
    if (entry != null) {
      addLearned(stats, figures, catalogue, entry);
    }
    return stats.build();
  }

  private static void addLearned(
      AdStats.Builder stats, Figures figures, Catalogue catalogue, AdEntry ad) {
    Learned learned = Learned.parse(figures.learned(), figures.words().length);
    AdScore score = new AdScore(catalogue.estimator(), ad.pricing(), ad.bidMicros(), learned);
    stats.setEcpmMicros(Math.round(score.boosted(0)));
    List<WordStats> words = new ArrayList<>();
    for (int i = 0; i < figures.words().length; i++) {
      add(words, figures.words()[i], score.bonus(new int[] {i}, 1), learned.words()[i], ad);
    }
    add(words, "", score.noMatchBonus(), learned.none(), ad);
    words.sort(Comparator.comparingLong(WordStats::getBonusMicros).reversed());
    stats.addAllWordStats(words);
  }

  private static void add(
      List<WordStats> words, String word, double bonus, Learned.Count count, AdEntry ad) {
    if (count.views() > 0) {
      words.add(
          WordStats.newBuilder()
              .setWord(word)
              .setBonusMicros(Math.round(bonus))
              .setSampleViews(count.views())
              .setSampleEvents(
                  ad.pricing() == Pricing.PRICING_CPA ? count.actions() : count.clicks())
              .build());
    }
  }

  /**
   * The interval that holds a true rate with 95 % confidence, after Wilson: it stays within 0 and
   * 1, and is right for few events, too.
   */
  static Interval wilson(double events, double trials) {
    if (trials == 0) {
      return new Interval(0, 1);
    }
    double rate = Math.min(1, events / trials);
    double spread = Z * Z / trials;
    double middle = rate + spread / 2;
    double half = Z * Math.sqrt((rate * (1 - rate) + spread / 4) / trials);
    return new Interval(
        Math.max(0, (middle - half) / (1 + spread)), Math.min(1, (middle + half) / (1 + spread)));
  }
}
